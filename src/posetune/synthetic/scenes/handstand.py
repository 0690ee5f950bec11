"""Handstands: legs together, split, stag or scissored, the back straight or hollow; kicking up from upside down."""

from __future__ import annotations

import numpy as np

from posetune.synthetic.pose import Poser, angles, unit
from posetune.synthetic.scene import Motion, Scene, mix


def draw(rng: np.random.Generator, poser: Poser) -> Motion:
    kind = str(rng.choice(["straight", "split", "straddle", "stag", "scissor"]))
    wide, arch, neck = rng.uniform(0.0, 0.14), rng.normal(-8, 14), rng.normal(0, 8, 3)
    tilt, spread = rng.normal(0, 8), rng.uniform(0.3, 1.1)
    first = str(rng.choice(["L", "R"]))
    bent, sway = rng.uniform(0, 0.06), rng.normal(0, 0.1, 2)

    def move(p: Poser, t: float) -> None:
        # Upside down: rotate by 180 degrees about x, so that the person still faces -y, towards the floor between the hands.
        lean = 180 + tilt * t
        p.spine(arch)
        p.pelvis(angles(bend=lean - 0.4 * arch), [0, 0, p.arm_length * (0.985 - bent) + 0.09 + 0.5])
        p.neck(-32 + neck[0], neck[1], neck[2])
        trunk = p.turned("root")
        for s, sign in (("L", 1), ("R", -1)):
            ahead = 1 if s == first else -1
            open_ = float(mix(0.35, 1, t))
            thigh = {"straight": [sign * wide, 0.02 * ahead, -1], "split": [0, -ahead * spread * open_, -1],
                     "straddle": [sign * spread * open_, -0.1, -1], "stag": [0, -ahead * spread * open_, -1],
                     "scissor": [sign * 0.05, -ahead * 0.45 * spread, -1]}[kind]  # fmt: skip
            d = trunk @ unit(np.array(thigh) + [sway[0] * 0.5, sway[1] * 0.5, 0])
            shin = d
            if kind == "stag" and s == first:
                shin = unit(trunk @ np.array([0, 0.9, -0.35]))
            elif kind == "split" and s != first:
                shin = unit(d + trunk @ np.array([0, 0.25, 0]))
            p.leg(s, d, shin)
            p.flex(s, 45)
            p.shrug(s, up=25)
        # Hands flat on the floor below the shoulders, then the whole body onto them.
        shoulders = [p.where(f"upperarm01.{s}") for s in "LR"]
        floor = min(x[2] for x in shoulders) - p.arm_length * (0.985 - bent)
        for s, sign, shoulder in (("L", 1, shoulders[0]), ("R", -1, shoulders[1])):
            mid = (shoulders[0] + shoulders[1]) / 2
            wrist = np.array([mid[0] + (shoulder[0] - mid[0]) * 1.05, mid[1] - 0.01, floor])
            p.arm(
                s,
                *p._bend(
                    f"upperarm01.{s}",
                    (f"upperarm01.{s}", f"lowerarm01.{s}", f"wrist.{s}"),
                    wrist,
                    unit([sign * 0.6, 1, 0]),
                ),
            )
            p.hand(s, unit([0.08 * np.sign(shoulder[0] - mid[0]), -1, -0.05]), [0, 0, -1])
            p.curl(s, 0.08)

    return Motion(move)


SCENE = Scene(
    draw, style=("sport", "yoga"), places=("gym", "outdoor", "studio", "room", "hall"), elevation=(-8, 18), company=0.3
)
