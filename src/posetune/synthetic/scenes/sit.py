"""Sitting on a chair, a box or a bench; upright, leaning back or forward, legs crossed or stretched."""

from __future__ import annotations

import numpy as np

from posetune.synthetic import props
from posetune.synthetic.pose import Poser, angles, unit
from posetune.synthetic.scene import Motion, Scene
from posetune.synthetic.scenes.stand import arms


def draw(rng: np.random.Generator, poser: Poser) -> Motion:
    seat = float(rng.uniform(0.40, 0.52))
    lean = float(rng.normal(2, 12))
    spine, neck = rng.normal([8, 0, 0], [8, 4, 8]), rng.normal(0, [10, 5, 20])
    kind = str(rng.choice(["lap", "knees", "free", "table"], p=[0.35, 0.2, 0.3, 0.15]))
    spread = rng.uniform(0.06, 0.22, 2)
    stretch = rng.uniform(-0.08, 0.35, 2) + rng.uniform(0, 0.1)
    free = {s: arms(rng, poser, s, str(rng.choice(["bent", "chest", "phone", "reach", "wave", "up"]))) for s in "LR"}
    chair = props.seat(rng, seat)
    curl = rng.uniform(0.1, 0.5)

    def move(p: Poser, t: float) -> None:
        # The flesh below the hip joint, about 9 cm, rests on the seat.
        p.pelvis(angles(bend=-8 + lean * 0.5), [0, 0.0, seat + 0.088 * p.height / 1.7])
        p.spine(spine[0] + lean * 0.5 + 6 * t, spine[1], spine[2])
        p.neck(neck[0] - lean * 0.5, neck[1], neck[2] + 25 * (t - 0.5))
        thigh = p.length("upperleg01.L", "lowerleg01.L")
        for i, (s, sign) in enumerate((("L", 1), ("R", -1))):
            ankle = [sign * spread[i], -thigh * 0.96 - stretch[i], p.ankle_height]
            p.step(
                s,
                ankle,
                knee=[sign * 0.25, -0.6, 1],
                toes=unit([sign * 0.25, -1, 0]),
                pitch=-20 * max(stretch[i] - 0.2, 0),
            )
            if kind == "free":
                free[s](p, np.eye(3))
                continue
            knee = p.where(f"lowerleg01.{s}")
            hip = p.where(f"upperleg01.{s}")
            goal = {"lap": hip * 0.45 + knee * 0.55 + [-sign * 0.04, 0, 0.10], "knees": knee + [0, 0.05, 0.09],
                    "table": hip * 0.2 + knee * 0.8 + [-sign * 0.02, 0, 0.27]}[kind]  # fmt: skip
            p.reach(s, goal, elbow=[sign * 0.8, 0.4, -0.6])
            p.hand(s, unit(knee - hip + [-sign * 0.12, 0, -0.1]), [0, 0, -1])
            p.curl(s, curl)

    return Motion(move, lambda p, t: chair, floor=None)


SCENE = Scene(draw, style=("casual", "casual", "work"), places=("room", "hall", "studio", "outdoor"), elevation=(-2, 30),
              azimuth=(-120, 120), company=0.5, ordinary=True)  # fmt: skip
