"""Walking, from a stroll to a run."""

from __future__ import annotations

import numpy as np

from posetune.synthetic.pose import Poser, unit
from posetune.synthetic.scene import Motion, Scene


def draw(rng: np.random.Generator, poser: Poser) -> Motion:
    stride = rng.uniform(0.14, 0.36) * poser.leg_length
    lift, lean = rng.uniform(0.04, 0.16), rng.uniform(0, 12)
    swing, elbow = rng.uniform(0.15, 0.6), rng.uniform(-0.1, 0.9)
    width, neck = rng.uniform(0.03, 0.1), rng.normal(0, [8, 4, 15])
    start, curl = rng.random(), rng.uniform(0.2, 0.8)

    def move(p: Poser, t: float) -> None:
        phase = 2 * np.pi * (t + start)
        p.pelvis(np.eye(3), [0, 0, p.hips_over(stride * np.abs(np.sin(phase)), 0.004)])
        p.spine(lean, 0, 6 * np.sin(phase))
        p.neck(*(neck - [lean * 0.7, 0, 0]))
        for side, sign, at in (("L", 1, phase), ("R", -1, phase + np.pi)):
            forward, up = np.sin(at), max(np.cos(at), 0.0)  # on the ground while it goes back
            pitch = 35 * max(-forward, 0) * (0.4 + up) - 15 * max(forward, 0)
            height = p.ankle_height + lift * up + 0.10 * max(-forward, 0) * 0.8 + 0.01
            p.step(side, [sign * width, -forward * stride, height], toes=unit([sign * 0.1, -1, 0]), pitch=pitch)
            s = -np.sin(at) * swing
            p.arm(side, [sign * 0.18, -s, -1], [sign * 0.02, -s - elbow, -1 + 0.6 * elbow])
            p.curl(side, curl)

    return Motion(move, cyclic=True)


SCENE = Scene(draw, style=("casual", "casual", "sport", "work"), places=("outdoor", "outdoor", "hall", "room"),
              elevation=(-4, 25), company=0.6, ordinary=True)  # fmt: skip
