"""Animals on four legs, coarse as toys: what has limbs, a head and a coat, and is nobody."""

from __future__ import annotations

import numpy as np

from posetune.synthetic import props
from posetune.synthetic.mesh import Material, Mesh
from posetune.synthetic.pose import UP, about
from posetune.synthetic.shapes import ball, tube


def quadruped(rng: np.random.Generator, at, height: float) -> list[Mesh]:
    """A dog, a horse, a cow, or none of them; about ``height`` m at the shoulder, standing at ``at`` (3,), turned anyhow."""
    coat = np.array([0.3, 0.19, 0.1]) * rng.uniform(0.1, 2.4) if rng.random() < 0.6 else props.shade(rng, 0.01, 0.8)
    fur = Material(str(rng.choice(["fine", "blotches", "strands", "wrinkles"])), scale=2 / max(height, 0.2), shade=0.4,
                   color_b=tuple(props.shade(rng, 0.02, 0.8)), fuzz=0.3, specular=0.02)  # fmt: skip

    def part(path, radius) -> Mesh:
        return tube(height * np.asarray(path, float), height * np.asarray(radius, float), 10, coat, fur)

    long, thick = rng.uniform(0.9, 1.6), rng.uniform(0.16, 0.3)
    belly = 1 - thick
    spine = np.array([[0, t * long - long / 2, belly + 0.06 * np.sin(3 * t)] for t in np.linspace(0, 1, 7)])
    made = [part(spine, thick * np.array([0.5, 0.9, 1, 0.95, 0.95, 0.9, 0.5]))]
    for x in (-0.6 * thick, 0.6 * thick):
        for y in (-0.4 * long, 0.4 * long):
            made.append(
                part([[x, y, belly], [x, y, 0.45 * belly], [x, y + rng.normal(0, 0.12), 0]], [0.09, 0.055, 0.05])
            )
    head = np.array([0, -long / 2 - 0.3, belly + rng.uniform(-0.1, 0.7)])
    made.append(part([spine[0], (spine[0] + head) / 2 + [0, 0, 0.05], head], [0.14, 0.11, 0.1]))
    made.append(props.put(ball(height * np.array([0.1, 0.2, 0.12]), coat, fur), height * (head + [0, -0.08, 0])))
    made += [
        props.put(ball(height * np.array([0.04, 0.03, 0.1]), coat, fur), height * (head + [x, 0.03, 0.12]))
        for x in (-0.07, 0.07)
    ]
    tail = spine[-1] + np.array([[0, 0, 0], [0, 0.15, rng.uniform(-0.2, 0.2)], [0, 0.25, rng.uniform(-0.5, 0.4)]])
    made.append(part(tail, [0.05, 0.035, 0.02]))
    turn = about(UP, rng.uniform(-180, 180))
    return [props.put(mesh, at, turn) for mesh in props.things(made)]
