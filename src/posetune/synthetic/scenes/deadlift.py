"""Deadlifts: the bar from the floor to the hips; also Romanian with nearly straight legs, sumo, or a box picked up."""

from __future__ import annotations

import numpy as np

from posetune.synthetic import props
from posetune.synthetic.pose import Poser, angles, unit
from posetune.synthetic.scene import Motion, Scene, mix


def draw(rng: np.random.Generator, poser: Poser) -> Motion:
    kind = str(rng.choice(["bar", "bar", "romanian", "sumo", "kettlebell", "box"]))
    stance = rng.uniform(0.33, 0.45) if kind == "sumo" else rng.uniform(0.09, 0.16)
    bend = rng.uniform(52, 80) - (20 if kind == "sumo" else 0)
    low = {"romanian": rng.uniform(0.86, 0.95), "sumo": rng.uniform(0.55, 0.72)}.get(kind, rng.uniform(0.6, 0.82))
    grip = 0.16 if kind in ("sumo", "kettlebell") else rng.uniform(0.24, 0.33)
    round_back, neck, seed = rng.uniform(0, 18), rng.normal(0, 6, 3), int(rng.integers(1 << 30))
    size = rng.uniform([0.3, 0.25, 0.2], [0.5, 0.4, 0.4])
    if kind == "box":
        grip = size[0] / 2 - 0.01

    def move(p: Poser, t: float) -> None:
        a = float(mix(2, bend, t))
        top = p.hips_over(stance * 0.6)
        height = float(mix(top, low * top, t))
        p.pelvis(angles(bend=a), [0, (0.26 * np.sin(np.radians(a)) + 0.02) * p.leg_length, height])
        p.spine(round_back * t)
        p.neck(-a * 0.45 + neck[0], neck[1], neck[2])
        for s, sign in (("L", 1), ("R", -1)):
            toes = unit([sign * (0.7 if kind == "sumo" else 0.25), -1, 0])
            p.step(s, [sign * stance, 0.04, p.ankle_height], knee=unit(toes + [0, 0, 0.3]), toes=toes)
            shoulder = p.where(f"upperarm01.{s}")
            drop = 0.985 * p.arm_length
            wrist = np.array([sign * grip, -0.09, 0.0])
            level = np.sqrt(max(drop**2 - (wrist[0] - shoulder[0]) ** 2 - (wrist[1] - shoulder[1]) ** 2, 0.01))
            wrist[2] = max(shoulder[2] - level, 0.30 if kind != "box" else 0.2)
            wrist[1] = min(wrist[1], -0.09 - 0.07 * (1 - t))
            p.reach(s, wrist, elbow=[sign * 0.3, 1, 0])
            p.hand(s, [0, 0.05, -1], [0, 1, 0] if kind not in ("box",) else [-sign, 0, 0])
            p.curl(s, 0.85 if kind != "box" else 0.25)

    def things(p: Poser, t: float) -> list:
        hands = (p.where("finger3-1.L") + p.where("finger3-1.R")) / 2
        if kind == "box":
            return props.crate(np.random.default_rng(seed), size, hands - [0, 0, size[2] * 0.55])
        if kind == "kettlebell":
            return props.kettlebell(seed, hands - [0, 0, 0.02])
        return props.barbell_like(seed, hands - [0, -0.01, 0.03], [1, 0, 0])

    return Motion(move, things)


SCENE = Scene(draw, style=("sport", "sport", "work", "casual"), places=("gym", "gym", "hall", "studio", "room"), elevation=(-6, 22),
              company=0.35, moment=(0.15, 1.0))  # fmt: skip
