"""Squats: free, goblet, with a barbell on the back or in front; from standing to as deep as the hips go."""

from __future__ import annotations

import numpy as np

from posetune.synthetic import props
from posetune.synthetic.pose import Poser, angles, unit
from posetune.synthetic.scene import Motion, Scene, mix


def draw(rng: np.random.Generator, poser: Poser) -> Motion:
    stance, out = rng.uniform(0.13, 0.27), np.radians(rng.uniform(8, 40))
    depth = rng.uniform(0.25, 0.62)  # hip height at the bottom, share of standing
    kind = str(rng.choice(["free", "ahead", "back", "back", "front", "goblet", "overhead"]))
    lean, head = rng.uniform(25, 50), rng.normal(0, 7, 3)
    if kind in ("front", "goblet", "overhead"):
        lean *= 0.6
    seed, plates = int(rng.integers(1 << 30)), rng.random() < 0.9
    grip = rng.uniform(0.3, 0.45)

    def move(p: Poser, t: float) -> None:
        top = p.hips_over(stance * 0.6)
        height = float(mix(top, depth * top, t))
        back = 0.24 * float(np.sin(np.pi * min((top - height) / top / 0.75, 1) / 1.6)) * p.leg_length
        bend = float(mix(3, lean, t))
        p.pelvis(angles(bend=bend * 0.75), [0, back, height])
        p.spine(bend * 0.3)
        p.neck(-bend * 0.75 + head[0], head[1], head[2])
        for s, sign in (("L", 1), ("R", -1)):
            toes = np.array([sign * np.sin(out), -np.cos(out), 0])
            p.step(s, [sign * stance, 0.03, p.ankle_height], knee=unit(toes + [sign * 0.15, 0, 0.35]), toes=toes)
            _arm(p, s, sign, kind, grip, t)

    def things(p: Poser, t: float) -> list:
        wrist = (p.where("wrist.L") + p.where("wrist.R")) / 2
        if kind == "back":
            return props.barbell_like(
                seed, p.where("spine01") + p.turned("spine01") @ [0, 0.10, 0.10], [1, 0, 0], plates
            )
        if kind == "front":
            return props.barbell_like(
                seed, p.where("spine01") + p.turned("spine01") @ [0, -0.13, 0.06], [1, 0, 0], plates
            )
        if kind == "overhead":
            return props.barbell_like(seed, wrist + [0, 0, 0.07], [1, 0, 0], plates)
        if kind == "goblet":
            return props.kettlebell(seed, wrist + [0, -0.05, 0.06])
        return []

    return Motion(move, things)


def _arm(p: Poser, s: str, sign: int, kind: str, grip: float, t: float) -> None:
    trunk = p.turned("spine01")
    shoulder = p.where(f"upperarm01.{s}")
    if kind == "free":
        p.arm(s, trunk @ [sign * 0.3, -0.25, -1], trunk @ [-sign * 0.25, -1, 0.15])
        p.curl(s, 0.3)
    elif kind == "ahead":
        p.reach(
            s, shoulder + [-sign * 0.02, -p.arm_length * (0.4 + 0.58 * t), -0.02 - 0.4 * (1 - t)], elbow=[sign, 0, -0.4]
        )
        p.curl(s, 0.15)
    elif kind == "back":
        bar = p.where("spine01") + trunk @ [sign * (grip + 0.02), 0.04, 0.10]
        p.reach(s, bar, elbow=trunk @ [sign * 0.25, 0.5, -1])
        p.hand(s, unit(trunk @ [-sign * 0.1, 0.15, 1]), trunk @ [0, -1, 0.2])
        p.curl(s, 0.8)
    elif kind == "front":
        p.reach(s, p.where("spine01") + trunk @ [sign * 0.2, -0.17, 0.07], elbow=trunk @ [sign * 0.15, -1, -0.15])
        p.curl(s, 0.6)
    elif kind == "goblet":
        p.reach(s, p.where("spine01") + trunk @ [sign * 0.055, -0.26, -0.06], elbow=trunk @ [sign * 0.3, 0.1, -1])
        p.hand(s, unit(trunk @ [-sign * 0.1, -0.3, 1]), trunk @ [-sign, 0, 0])
        p.curl(s, 0.6)
    else:
        p.reach(s, [sign * (grip + 0.12), shoulder[1] + 0.02, shoulder[2] + 0.92 * p.arm_length], elbow=[sign, 0.3, 0])
        p.hand(s, [0, 0.25, 1], [0, -1, 0.2])
        p.curl(s, 0.85)


SCENE = Scene(draw, style=("sport", "sport", "yoga", "casual"), places=("gym", "gym", "room", "studio", "outdoor"),
              elevation=(-6, 22), company=0.35, moment=(0.1, 1.0))  # fmt: skip
