"""Standing about: arms hanging, on the hips, folded, waving, reaching, carrying, on the phone."""

from __future__ import annotations

import numpy as np

from posetune.synthetic.pose import UP, Poser, about, angles
from posetune.synthetic.scene import Motion, Scene


def arms(rng: np.random.Generator, poser: Poser, side: str, kind: str | None = None):
    """A random arm for someone upright: a function that poses it, world directions turned by ``yaw``."""
    s = 1 if side == "L" else -1
    kind = kind or str(rng.choice(["hang", "hip", "bent", "reach", "up", "wave", "phone", "chest", "back", "side", "pocket"],
                                  p=[0.3, 0.08, 0.14, 0.12, 0.07, 0.05, 0.05, 0.07, 0.03, 0.05, 0.04]))  # fmt: skip
    j, curl, roll = rng.normal(0, 0.12, 6), float(rng.uniform(0.1, 0.6)), float(rng.normal(0, 25))
    table = {
        "hang": ([s * 0.16, -0.02, -1], [s * 0.06, -0.22, -1]),
        "hip": ([s * 0.75, 0.35, -0.75], [-s * 0.75, -0.45, -0.45]),
        "bent": ([s * 0.2, -0.12, -1], [-s * 0.1, -1, 0.05 + rng.normal(0, 0.3)]),
        "reach": ([s * 0.25, -0.85, -0.35 + rng.normal(0, 0.45)], [s * rng.normal(0, 0.25), -1, rng.normal(0, 0.4)]),
        "up": ([s * 0.35, -0.25, 0.9], [s * rng.normal(0.05, 0.25), -0.15, 1]),
        "wave": ([s * 0.85, -0.2, -0.25], [s * 0.35, -0.3, 1]),
        "phone": ([s * 0.45, -0.35, -0.9], [-s * 0.5, -0.25, 0.9]),
        "chest": ([s * 0.3, -0.3, -0.9], [-s * 0.85, -0.5, 0.2]),
        "back": ([s * 0.25, 0.45, -0.9], [-s * 0.6, 0.35, -0.6]),
        "side": ([s, rng.normal(0, 0.25), rng.normal(0, 0.25)], [s, -0.1 + rng.normal(0, 0.3), rng.normal(0.1, 0.35)]),
        "pocket": ([s * 0.4, 0.25, -0.9], [-s * 0.15, -0.35, -0.9]),
    }
    upper, fore = (np.array(d) + n for d, n in zip(table[kind], (j[:3], j[3:]), strict=True))

    def pose(p: Poser, turn: np.ndarray) -> None:
        if kind in ("up", "wave", "reach"):
            p.shrug(side, up=22 if kind == "up" else 8)
        p.arm(side, turn @ upper, turn @ fore, roll=roll)
        p.curl(side, curl)

    return pose


def draw(rng: np.random.Generator, poser: Poser) -> Motion:
    yaw, width = rng.normal(0, 12), rng.uniform(0.06, 0.2)
    spine, neck = rng.normal(0, [5, 4, 8]), rng.normal(0, [10, 6, 22])
    shift, ahead = rng.normal(0, 0.03), rng.normal(0, 0.06)
    pose_arm = {s: arms(rng, poser, s) for s in "LR"}
    out = rng.uniform(0, 25, 2)
    sag = rng.uniform(0.0005, 0.006)

    def move(p: Poser, t: float) -> None:
        turn = about(UP, yaw)
        sway = 0.02 * np.sin(np.pi * t)
        p.pelvis(angles(twist=yaw), turn @ [shift + sway, 0, p.hips_over(width * 0.5, sag)])
        p.spine(*spine)
        p.neck(*(neck + [0, 0, 15 * (t - 0.5)]))
        for s, sign, o in (("L", 1, out[0]), ("R", -1, out[1])):
            toes = about(UP, yaw + sign * o) @ [0, -1, 0]
            p.step(s, turn @ [sign * width, -sign * ahead, p.ankle_height], toes=toes)
            pose_arm[s](p, turn)

    return Motion(move)


SCENE = Scene(draw, style=("casual", "casual", "sport", "work"), places=("room", "outdoor", "studio", "gym", "hall"),
              elevation=(-5, 25), company=0.6, ordinary=True)  # fmt: skip
