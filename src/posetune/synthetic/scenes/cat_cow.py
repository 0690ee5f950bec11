"""Cat and cow: on hands and knees, the back from hollow (0) to round (1)."""

from __future__ import annotations

import numpy as np

from posetune.synthetic import props
from posetune.synthetic.pose import Poser, angles, unit
from posetune.synthetic.scene import Motion, Scene, mix


def draw(rng: np.random.Generator, poser: Poser) -> Motion:
    hollow, rounded = rng.uniform(18, 48), rng.uniform(25, 65)
    knees, thigh, wide = rng.uniform(0.07, 0.16), rng.normal(0, 8), rng.uniform(0.14, 0.2)
    neck, ahead = rng.normal(0, 7, 3), rng.normal(0, 0.05)
    mat = props.mat(rng) if rng.random() < 0.75 else []

    def move(p: Poser, t: float) -> None:
        bend = float(mix(-hollow, rounded, t))
        upper_leg = p.length("upperleg01.L", "lowerleg01.L")
        hips = np.array(
            [0, 0.22 + upper_leg * np.sin(np.radians(thigh)), 0.055 + upper_leg * np.cos(np.radians(thigh))]
        )
        p.spine(bend)
        p.neck(float(mix(-45, 40, t)) + neck[0], neck[1], neck[2])
        # Tip the pelvis until the shoulders come to where straight arms hold them.
        tip = 90.0
        for _ in range(12):
            p.pelvis(angles(bend=tip - bend * 0.45), hips)
            shoulders = (p.where("upperarm01.L") + p.where("upperarm01.R")) / 2
            tip += np.clip(np.degrees((shoulders[2] - 0.98 * p.arm_length - 0.06) / 0.5), -15, 15) * 0.7
        for s, sign in (("L", 1), ("R", -1)):
            knee = np.array([sign * knees, 0.22, 0.055])
            hip = p.where(f"upperleg01.{s}")
            p.leg(s, unit(knee - hip), unit([0, 1, 0.03]), hinge=[1, 0, 0])
            p.flex(s, 72)
            p.reach(s, [sign * wide, shoulders[1] + ahead, 0.06], elbow=[sign, 0.4, 0])
            p.hand(s, unit([sign * 0.08, -1, -0.05]), [0, 0, -1])

    return Motion(move, lambda p, t: mat)


SCENE = Scene(
    draw, style=("yoga", "yoga", "sport"), places=("room", "studio", "gym", "outdoor"), elevation=(0, 32), company=0.25
)
