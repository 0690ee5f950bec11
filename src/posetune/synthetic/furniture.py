"""What stands and hangs about: furniture, gym gear, windows, pictures, trees. World m, z up."""

from __future__ import annotations

import numpy as np

from posetune.synthetic import props
from posetune.synthetic.mesh import Material, Mesh
from posetune.synthetic.shapes import ball, box, rod


def yaw(degrees: float) -> np.ndarray:
    """(3, 3) rotation about the vertical."""
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]])


def hang(
    foot: np.ndarray, n: np.ndarray, along: float, z: float, size, color, material: Material, depth: float = 0.04
) -> Mesh:
    """Something flat on a wall: ``size`` (width, height)."""
    across = np.cross(n, [0, 0, 1])
    turn = np.stack([across, n, [0, 0, 1.0]], 1)
    return box([size[0], depth, size[1]], color, material).transformed(
        turn, foot + across * along + n * depth / 2 + [0, 0, z]
    )


def decorate(rng: np.random.Generator, feet, window: float = 0.5) -> list[Mesh]:
    """Skirting, windows, doors and pictures on walls given by a point at their foot and their inward normal."""
    made: list[Mesh] = []
    for foot, n in feet:
        if rng.random() < 0.6:
            made.append(hang(foot, n, 0, 0, (26, 0.1), props.shade(rng, 0.05, 0.8), props.PAINT, 0.02))
        for _ in range(int(rng.integers(1, 5))):
            along = rng.normal(0, 2.2)
            if rng.random() < window:
                size = (rng.uniform(0.8, 2.2), rng.uniform(1.0, 1.6))
                made.append(
                    hang(
                        foot,
                        n,
                        along,
                        rng.uniform(0.7, 1.0),
                        np.add(size, 0.12),
                        props.shade(rng, 0.05, 0.9),
                        props.PAINT,
                        0.05,
                    )
                )
                pane = Material("clouds", scale=0.4, color_b=(0.95, 0.97, 1.0), emission=0.85, shade=0.2)
                z = made[-1].positions[:, 2].min() + 0.06
                made.append(
                    hang(foot, n, along, z, size, np.array([0.55, 0.68, 0.9]) * rng.uniform(0.5, 1.2), pane, 0.07)
                )
            elif rng.random() < 0.35:
                made.append(
                    hang(
                        foot,
                        n,
                        along,
                        0,
                        (0.9, 2.05),
                        props.bright(rng),
                        props.WOOD if rng.random() < 0.5 else props.PAINT,
                        0.05,
                    )
                )
            else:
                picture = Material(
                    str(rng.choice(["blotches", "clouds", "checks", "leaves", "stripes", "stone"])),
                    scale=float(rng.uniform(0.6, 3)),
                    color_b=tuple(props.bright(rng)),
                    shade=0.5,
                )
                made.append(
                    hang(foot, n, along, rng.uniform(1.0, 1.6), rng.uniform(0.3, 1.2, 2), props.bright(rng), picture)
                )
    return made


def clutter(rng: np.random.Generator, feet, count: int, makers) -> list[Mesh]:
    """Things along the walls."""
    made: list[Mesh] = []
    for _ in range(count if feet else 0):
        foot, n = feet[int(rng.integers(len(feet)))]
        at = foot + np.cross(n, [0, 0, 1]) * rng.normal(0, 2.0) + n * rng.uniform(0.3, 0.9)
        made += makers[int(rng.integers(len(makers)))](rng, at)
    return [m.owned_by(0) for m in made]


def shelf(rng: np.random.Generator, at) -> list[Mesh]:
    """A filled shelf."""
    w, d, h = rng.uniform([0.6, 0.3, 0.7], [1.8, 0.5, 2.1])
    material = Material("windows", scale=float(rng.uniform(0.6, 1.4)), color_b=tuple(props.bright(rng)), shade=0.7)
    return [props.put(box([w, d, h], props.shade(rng, 0.05, 0.6), material), at, yaw(rng.uniform(-8, 8)))]


def sofa(rng: np.random.Generator, at) -> list[Mesh]:
    """A sofa."""
    color, turn = props.bright(rng), yaw(rng.uniform(0, 360))
    made = [box([1.7, 0.8, 0.42], color, props.PAD), props.put(box([1.7, 0.22, 0.85], color, props.PAD), (0, 0.35, 0))]
    return [props.put(m, at, turn) for m in made]


def boxes(rng: np.random.Generator, at) -> list[Mesh]:
    """A stack of crates."""
    size, made, z = rng.uniform(0.3, 0.7, 3), [], 0.0
    for _ in range(int(rng.integers(1, 4))):
        made += props.crate(rng, size, np.add(at, [0, 0, z]), float(rng.uniform(0, 90)))
        z += size[2]
        size = size * rng.uniform(0.7, 1.0)
    return made


def gym_ball(rng: np.random.Generator, at) -> list[Mesh]:
    """A ball on the floor."""
    r = rng.uniform(0.12, 0.36)
    return [props.put(ball(r, props.bright(rng), Material("fine", specular=0.1, gloss=40)), np.add(at, [0, 0, r]))]


def rack(rng: np.random.Generator, at) -> list[Mesh]:
    """A squat rack, perhaps with its bar."""
    color, turn = props.bright(rng), yaw(rng.uniform(-15, 15))
    posts = [rod((x, y, 0), (x, y, 2.2), 0.035, color, props.METAL, 8) for x in (-0.6, 0.6) for y in (-0.5, 0.5)]
    posts += [rod((-0.6, y, z), (0.6, y, z), 0.03, color, props.METAL, 8) for y in (-0.5, 0.5) for z in (0.1, 2.15)]
    bar = props.barbell(rng, (0, -0.5, 1.3), (1, 0, 0)) if rng.random() < 0.6 else []
    return [props.put(m, at, turn) for m in posts + bar]


def weights(rng: np.random.Generator, at) -> list[Mesh]:
    """A row of dumbbells on a stand."""
    made = [box([1.8, 0.4, 0.5], props.shade(rng, 0.02, 0.1), props.METAL)]
    seed = int(rng.integers(1 << 30))
    made += [m for k in range(6) for m in props.dumbbell(seed, (-0.75 + 0.3 * k, 0, 0.57), (0, 1, 0))]
    return [props.put(m, at, yaw(rng.uniform(-10, 10))) for m in made]


def gym_bench(rng: np.random.Generator, at) -> list[Mesh]:
    """A padded bench."""
    turn = yaw(rng.uniform(0, 360))
    return [props.put(m, at, turn) for m in props.bench(rng)]


def pot_plant(rng: np.random.Generator, at) -> list[Mesh]:
    """A plant of up to 1.6 m."""
    return props.plant(rng, np.asarray(at), float(rng.uniform(0.5, 1.6)))


def table(rng: np.random.Generator, at) -> list[Mesh]:
    """A table."""
    w, d, h = rng.uniform([0.7, 0.6, 0.45], [1.6, 0.9, 0.8])
    color = props.bright(rng)
    made = [props.put(box([w, d, 0.04], color, props.WOOD), (0, 0, h - 0.04))]
    made += [
        rod((x * w / 2.2, y * d / 2.3, 0), (x * w / 2.2, y * d / 2.3, h), 0.025, color, props.PAINT, 8)
        for x in (-1, 1)
        for y in (-1, 1)
    ]
    return [props.put(m, at, yaw(rng.uniform(0, 90))) for m in made]


def tree(rng: np.random.Generator, at, size: float) -> list[Mesh]:
    """A tree ``size`` m high."""
    green = np.array([0.06, 0.13, 0.03]) * rng.uniform(0.5, 1.6) * rng.uniform(0.8, 1.2, 3)
    leaf = Material(
        "leaves",
        scale=float(rng.uniform(0.5, 0.9)),
        shade=0.8,
        color_b=tuple(green * [1.7, 1.3, 1]),
        bump=0.05,
        jag=1.5,
        fuzz=0.3,
    )
    made = [
        rod(
            at,
            np.add(at, [0, 0, size * 0.55]),
            0.05 * size,
            (0.12, 0.08, 0.05),
            Material("stone", scale=1, shade=0.5),
            8,
        )
    ]
    for _ in range(int(rng.integers(4, 8))):
        blob = ball(rng.uniform(0.14, 0.26, 3) * size, green, leaf)
        blob.colors[:, 3] = 0.3
        made.append(props.put(blob, np.add(at, [*rng.normal(0, 0.17 * size, 2), rng.uniform(0.5, 0.95) * size])))
    return made
