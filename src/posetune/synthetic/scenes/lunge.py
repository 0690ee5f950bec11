"""Lunges: forward or split, trunk upright, arms on the hips, hanging, with dumbbells or overhead."""

from __future__ import annotations

import numpy as np

from posetune.synthetic import props
from posetune.synthetic.pose import Poser, angles, unit
from posetune.synthetic.scene import Motion, Scene, mix


def draw(rng: np.random.Generator, poser: Poser) -> Motion:
    front = str(rng.choice(["L", "R"]))
    length, low = rng.uniform(0.75, 1.15) * poser.leg_length, rng.uniform(0.42, 0.75)
    kind, lean = str(rng.choice(["hips", "hang", "dumbbells", "up", "chest"])), rng.normal(6, 7)
    width, neck, seed = rng.uniform(0.05, 0.12), rng.normal(0, 8, 3), int(rng.integers(1 << 30))
    twist = rng.normal(0, 8)

    def move(p: Poser, t: float) -> None:
        top = p.hips_over(0.5 * length)
        height = float(mix(top * 0.99, low * p.hips_over(), t)) if low * p.hips_over() < top else top * 0.99
        p.pelvis(angles(bend=lean * 0.5), [0, 0.02, height])
        p.spine(lean * 0.5 - 4, 0, twist)
        p.neck(*(neck - [lean * 0.5, 0, 0]))
        for s, sign in (("L", 1), ("R", -1)):
            if s == front:
                p.step(
                    s,
                    [sign * width, -length * 0.52, p.ankle_height],
                    knee=[sign * 0.05, -1, 0.5],
                    toes=[sign * 0.1, -1, 0],
                )
            else:
                lift = 20 + 40 * t
                ankle = [
                    sign * width,
                    length * 0.48 + 0.02,
                    p.ankle_height + 0.13 * np.sin(np.radians(lift)) * p.height / 1.7,
                ]
                p.step(s, ankle, knee=[sign * 0.05, -0.7, -0.7], toes=[sign * 0.05, -1, 0], pitch=lift)
            _arm(p, s, sign, kind)

    def things(p: Poser, t: float) -> list:
        if kind != "dumbbells":
            return []
        return [
            m
            for k, s in enumerate("LR")
            for m in props.dumbbell(seed, p.where(f"finger3-1.{s}") - [0, 0, 0.03], [0, 1, 0])
        ]

    return Motion(move, things)


def _arm(p: Poser, s: str, sign: int, kind: str) -> None:
    if kind == "hips":
        p.reach(s, p.where(f"upperleg01.{s}") + [sign * 0.08, -0.02, 0.16], elbow=[sign, 0.7, 0])
    elif kind == "up":
        p.reach(s, p.where(f"upperarm01.{s}") + np.array([-sign * 0.08, 0, 0.97]) * p.arm_length, elbow=[sign, 0.2, 0])
    elif kind == "chest":
        p.reach(s, p.where("spine01") + [sign * 0.03, -0.24, 0.04], elbow=[sign, 0, -0.6])
        p.hand(s, [0, -0.2, 1], [-sign, 0, 0])
    else:
        p.arm(s, [sign * 0.14, 0, -1], unit([sign * 0.04, -0.08, -1]), roll=20)
        p.curl(s, 0.85 if kind == "dumbbells" else 0.3)


SCENE = Scene(draw, style=("sport", "yoga", "sport", "casual"), places=("gym", "room", "studio", "outdoor"), elevation=(-5, 22),
              company=0.35, moment=(0.25, 1.0))  # fmt: skip
