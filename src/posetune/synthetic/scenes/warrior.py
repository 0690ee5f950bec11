"""Warrior poses: I (arms up, hips square), II (arms out, hips open), reverse."""

from __future__ import annotations

import numpy as np

from posetune.synthetic import props
from posetune.synthetic.pose import Poser, angles, unit
from posetune.synthetic.scene import Motion, Scene, mix


def draw(rng: np.random.Generator, poser: Poser) -> Motion:
    kind, front = str(rng.choice(["one", "two", "two", "reverse"])), str(rng.choice(["L", "R"]))
    sign_front = 1 if front == "L" else -1
    length, low = rng.uniform(1.05, 1.4) * poser.leg_length, rng.uniform(0.6, 0.8)
    neck, lean, droop = rng.normal(0, 7, 3), rng.normal(0, 5, 2), rng.normal(0, 0.08, 2)
    mat = props.mat(rng, 2.0, along=(1, 0, 0)) if rng.random() < 0.7 else []

    def move(p: Poser, t: float) -> None:
        # The stance runs along x, the front foot towards the side of the front leg; the pelvis faces -y (two) or along (one).
        way = np.array([sign_front, 0.0, 0.0])
        face = -90 * -sign_front if kind == "one" else 12 * sign_front
        top = p.hips_over(length * 0.5)
        height = float(mix(top * 0.995, min(low * p.hips_over(), top * 0.98), t))
        p.pelvis(angles(bend=lean[0] * 0.3, twist=face), way * 0.1 * t * length + [0, 0, height])
        p.spine(-6 if kind == "one" else 0, 28 * -sign_front * t if kind == "reverse" else lean[1])
        p.neck(
            neck[0],
            neck[1],
            neck[2] + (70 * sign_front if kind == "two" else 20 * sign_front if kind == "reverse" else 0),
        )
        for i, (s, sign) in enumerate((("L", 1), ("R", -1))):
            offset = np.array([0, -0.05 * sign if kind == "one" else 0.0, 0])
            if s == front:
                p.step(s, way * length * 0.5 + offset + [0, 0, p.ankle_height], knee=way + [0, 0, 0.6], toes=way)
            else:
                toes = (
                    unit([sign_front * (0.6 if kind == "one" else 0.15), -1, 0])
                    if kind != "one"
                    else unit([sign_front, -0.9 * sign_front * sign_front, 0])
                )
                p.step(
                    s, -way * length * 0.5 + offset + [0, 0, p.ankle_height], knee=unit(toes + [0, 0, 0.2]), toes=toes
                )
            shoulder = p.where(f"upperarm01.{s}")
            if kind == "one":
                p.reach(
                    s,
                    shoulder + p.turned("spine01") @ np.array([-sign * 0.07, 0.0, 0.97]) * p.arm_length,
                    elbow=[0, 0.5, 0],
                )
            elif kind == "two":
                p.shrug(s, up=4)
                d = p.turned("spine01") @ np.array([sign, 0, 0.05 + droop[i]])
                p.arm(s, d, d + [0, -0.03, 0], roll=-35)
                p.hand(s, d, [0, 0, -1])
            elif s == front:
                p.reach(s, shoulder + np.array([-sign * 0.25, 0, 0.95]) * p.arm_length, elbow=[sign, 0.3, 0])
            else:
                p.reach(
                    s,
                    p.where(f"lowerleg01.{s}") * 0.8 + p.where(f"upperleg01.{s}") * 0.2 + [0, -0.09, 0.04],
                    elbow=[0, 0.5, 0],
                )

    return Motion(move, lambda p, t: mat)


SCENE = Scene(draw, style=("yoga", "yoga", "sport"), places=("room", "studio", "gym", "outdoor"), elevation=(-3, 25), company=0.25,
              moment=(0.3, 1.0))  # fmt: skip
