"""Push-ups and planks: on the hands or the knees, arms from straight to bent; on a mat or not."""

from __future__ import annotations

import numpy as np

from posetune.synthetic import props
from posetune.synthetic.pose import Poser, about, angles, unit
from posetune.synthetic.scene import Motion, Scene, mix


def draw(rng: np.random.Generator, poser: Poser) -> Motion:
    wide, down = rng.uniform(0.16, 0.36), rng.uniform(0.35, 0.75)
    sag, neck, knees = rng.normal(0, 5), rng.normal(-5, 12, 3), rng.random() < 0.2
    feet, ahead = rng.uniform(0.04, 0.16), rng.normal(0, 0.05)
    mat = props.mat(rng) if rng.random() < 0.5 else []
    flare = rng.uniform(0.3, 1.0)

    def move(p: Poser, t: float) -> None:
        body_length = p.rest("upperarm01.L")[2] - (p.rest("lowerleg01.L")[2] if knees else p.ankle_height)
        low = max(p.arm_length * down * 0.75, 0.10 * p.height)  # the chest is in the way
        high = float(mix(p.arm_length * 0.97, low, t)) + 0.02  # shoulders above the wrists
        base = 0.028 if knees else 0.18 * p.height / 1.7  # of the knee or the ankle
        slope = np.degrees(np.arcsin(np.clip((high - base) / body_length, -0.5, 0.9)))
        turn = angles(bend=90 - slope)
        along = turn @ [0, 0, 1]
        foot = np.array([0, 0.55 * p.height, base])
        hips = (
            foot
            + along * ((p.hips_height - p.rest("lowerleg01.L")[2]) if knees else p.leg_length * 0.985)
            + [0, 0, 0.02 + 0.002 * sag]
        )
        p.pelvis(turn, hips)
        p.spine(-sag)
        p.neck(-15 + neck[0], neck[1] * 0.5, neck[2])
        for s, sign in (("L", 1), ("R", -1)):
            if knees:
                p.leg(s, -along + [sign * 0.03, 0, 0], unit([sign * 0.02, 0.75, 0.65]))
            else:
                p.step(s, foot + [sign * feet, 0, 0], knee=-(turn @ [0, 1, 0]), toes=[0, -0.35, -1])
                p.foot(s, unit([sign * 0.03, -0.45, -1]), 0)
                for i in range(1, 6):
                    p._turn(f"toe{i}-1.{s}", about([-1, 0, 0], 50))
            shoulder = p.where(f"upperarm01.{s}")
            wrist = np.array([sign * (abs(shoulder[0]) + wide * 0.6), shoulder[1] + ahead + 0.02, 0.068])
            p.reach(s, wrist, elbow=[sign * flare, 1 - 0.6 * flare, 0.3])
            p.hand(s, unit([sign * 0.1, -1, -0.05]), [0, 0, -1])
            p.curl(s, 0.05)

    return Motion(move, lambda p, t: mat)


SCENE = Scene(
    draw, style=("sport", "yoga"), places=("gym", "room", "outdoor", "studio"), elevation=(2, 35), company=0.3
)
