"""Things: mats, barbells, dumbbells, benches, boxes, chairs, tools. Each function gives meshes in world m, z up."""

from __future__ import annotations

import numpy as np

from posetune.synthetic.mesh import THING, Material, Mesh
from posetune.synthetic.pose import unit
from posetune.synthetic.shapes import ball, box, plane, rod, tube

METAL = Material("fine", scale=8, stretch=(1, 0.1), shade=0.15, specular=0.25, gloss=50)
RUBBER = Material("speckles", scale=6, shade=0.2, color_b=(0.3, 0.3, 0.32), specular=0.03, gloss=15)
WOOD = Material("planks", scale=1.6, shade=0.5, color_b=(0.05, 0.03, 0.02), bump=0.002, specular=0.03, gloss=20)
PAINT = Material("fine", scale=2, shade=0.08, specular=0.06, gloss=30)
PAD = Material("weave", scale=4, shade=0.15, specular=0.05, gloss=15, bump=0.002)


def bright(rng: np.random.Generator) -> np.ndarray:
    """A random colour, linear RGB, from black to loud."""
    hue, value, colour = rng.uniform(0, 6), rng.uniform(0.02, 0.55), rng.random()
    return np.clip(
        value * (1 - colour + colour * np.clip(np.abs((hue + np.array([0, 4, 2])) % 6 - 3) - 1, 0, 1)), 0.005, 0.9
    )


def shade(rng: np.random.Generator, low: float, high: float, tint: float = 0.12) -> np.ndarray:
    """A greyish colour."""
    return np.clip(rng.uniform(low, high) * rng.uniform(1 - tint, 1 + tint, 3), 0.004, 0.95)


def things(meshes: list[Mesh]) -> list[Mesh]:
    return [m.owned_by(THING) for m in meshes]


def put(mesh: Mesh, at, turn: np.ndarray | None = None) -> Mesh:
    return mesh.transformed(np.eye(3) if turn is None else turn, np.asarray(at, float))


def beam(a, b, width: float, depth: float, color, material: Material | None = None) -> Mesh:
    """A square timber from ``a`` to ``b``."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    z = unit(b - a)
    x = unit(np.cross([0.31, 0.95, 0.1] if abs(z[2]) > 0.8 else [0, 0, 1], z))
    return put(box([width, depth, np.linalg.norm(b - a)], color, material), a, np.stack([x, np.cross(z, x), z], 1))


def mat(
    rng: np.random.Generator, length: float = 1.8, width: float = 0.65, along=(0, 1, 0), at=(0, 0, 0)
) -> list[Mesh]:
    d = unit(along)
    turn = np.stack([np.cross(d, [0, 0, 1]), d, [0, 0, 1]], 1)
    m = Material(
        str(rng.choice(["fine", "speckles", "weave"])), scale=5, shade=0.12, color_b=tuple(bright(rng)), specular=0.02
    )
    return things([put(box([width, length, 0.006], bright(rng), m), at, turn)])


def barbell(rng: np.random.Generator, middle, along, plates: bool = True) -> list[Mesh]:
    """A bar of 2 m through ``middle`` along direction ``along``; plates 0.15–0.225 m in radius."""
    middle, d = np.asarray(middle, float), unit(along)
    made = [rod(middle - d * 1.05, middle + d * 1.05, 0.014, (0.35, 0.35, 0.36), METAL)]
    if not plates:
        return things(made)
    color, radius = bright(rng), float(rng.choice([0.225, 0.225, 0.19, 0.15]))
    for sign in (-1, 1):
        for k in range(int(rng.integers(1, 4))):
            start = middle + sign * d * (0.68 + 0.05 * k)
            made.append(
                rod(
                    start,
                    start + sign * d * 0.042,
                    radius,
                    color if rng.random() < 0.6 else (0.02, 0.02, 0.02),
                    RUBBER,
                    28,
                )
            )
        made.append(rod(middle + sign * d * 0.64, middle + sign * d * 0.67, 0.035, (0.3, 0.3, 0.3), METAL))
    return things(made)


def barbell_like(seed: int, middle, along, plates: bool = True) -> list[Mesh]:
    """The same barbell every time for one ``seed``."""
    return barbell(np.random.default_rng(seed), middle, along, plates)


def dumbbell(seed: int, middle, along) -> list[Mesh]:
    rng, m, d = np.random.default_rng(seed), np.asarray(middle, float), unit(along)
    radius = float(rng.uniform(0.04, 0.08))
    made = [rod(m - d * 0.09, m + d * 0.09, 0.014, (0.3, 0.3, 0.3), METAL)]
    return things(made + [rod(m + s * d * 0.06, m + s * d * 0.15, radius, bright(rng), RUBBER, 8) for s in (-1, 1)])


def kettlebell(seed: int, handle, down=(0, 0, -1)) -> list[Mesh]:
    rng, at, d = np.random.default_rng(seed), np.asarray(handle, float), unit(down)
    x = unit(np.cross(d, [0.1, 1, 0.2]))
    a = np.linspace(0, np.pi, 9)
    path = at + 0.06 * (np.cos(a)[:, None] * x - np.sin(a)[:, None] * d) + 0.05 * d
    return things(
        [
            put(ball(float(rng.uniform(0.08, 0.11)), bright(rng), RUBBER), at + d * 0.15),
            tube(path, 0.016, 8, (0.1, 0.1, 0.1), METAL),
        ]
    )


def bench(
    rng: np.random.Generator, length: float = 1.2, height: float = 0.44, width: float = 0.32, at=(0, 0, 0)
) -> list[Mesh]:
    """A bench along y, its top at ``height``."""
    pad, frame = bright(rng), shade(rng, 0.02, 0.4)
    made = [put(box([width, length, 0.07], pad, PAD), np.add(at, [0, 0, height - 0.07]))]
    for y in (-0.4, 0.4):
        made.append(put(box([0.06, 0.06, height - 0.07], frame, METAL), np.add(at, [0, y * length, 0])))
        made.append(put(box([width * 1.2, 0.06, 0.05], frame, METAL), np.add(at, [0, y * length, 0])))
    return things(made)


def crate(rng: np.random.Generator, size, at=(0, 0, 0), yaw: float = 0.0) -> list[Mesh]:
    """A box: cardboard, wood, plastic or foam."""
    kind = rng.integers(4)
    color = [
        np.array([0.42, 0.27, 0.14]) * rng.uniform(0.7, 1.2),
        np.array([0.4, 0.25, 0.12]),
        bright(rng),
        shade(rng, 0.02, 0.5),
    ][kind]
    material = [Material("fine", scale=2, shade=0.15), WOOD, PAINT, RUBBER][kind]
    c, s = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    return things([put(box(size, color, material), at, np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]]))])


def seat(rng: np.random.Generator, height: float) -> list[Mesh]:
    """A chair, a stool, a bench or a box under someone who sits at the origin facing -y."""
    kind, color = str(rng.choice(["chair", "chair", "stool", "box", "bench"])), bright(rng)
    material = WOOD if rng.random() < 0.4 else PAINT
    if kind == "box":
        return crate(rng, [0.5, 0.45, height], (0, 0.02, 0))
    if kind == "bench":
        return bench(rng, 0.36, height, float(rng.uniform(1.0, 2.0)), (0, 0.0, 0))
    leg = 0.02 if rng.random() < 0.5 else 0.035
    made = [put(box([0.45, 0.44, 0.045], color, PAD if rng.random() < 0.4 else material), (0, 0.0, height - 0.045))]
    for x in (-0.2, 0.2):
        for y in (-0.19, 0.19):
            made.append(rod((x, y, 0), (x, y, height - 0.03), leg / 2 + 0.004, shade(rng, 0.02, 0.5), METAL, 8))
    if kind == "chair":
        made.append(put(box([0.44, 0.035, 0.42], color, material), (0, 0.21, height + 0.08)))
        made += [
            rod((x, 0.21, height - 0.04), (x, 0.21, height + 0.1), 0.014, (0.1, 0.1, 0.1), METAL, 8)
            for x in (-0.18, 0.18)
        ]
    return things(made)


def tool(seed: int, grip, along) -> list[Mesh]:
    """A hammer, a broom or a drill held at ``grip``, its length along ``along``."""
    rng, g, d = np.random.default_rng(seed), np.asarray(grip, float), unit(along)
    side = unit(np.cross(d, [0.2, 0.1, 1]))
    kind = rng.integers(3)
    if kind == 0:
        return things(
            [
                rod(g - d * 0.06, g + d * 0.26, 0.013, (0.4, 0.25, 0.1), WOOD, 8),
                beam(g + d * 0.26 - side * 0.06, g + d * 0.26 + side * 0.06, 0.03, 0.03, (0.2, 0.2, 0.2), METAL),
            ]
        )
    if kind == 1:
        return things([rod(g - d * 0.5, g + d * 0.9, 0.013, bright(rng), WOOD, 8),
                       beam(g + d * 0.9 - side * 0.18, g + d * 0.9 + side * 0.18, 0.06, 0.06, bright(rng), PAINT)])  # fmt: skip
    return things(
        [
            beam(g, g + d * 0.2, 0.05, 0.06, bright(rng), PAINT),
            rod(g + d * 0.2, g + d * 0.3, 0.008, (0.3, 0.3, 0.3), METAL, 8),
            beam(g + d * 0.03, g + d * 0.03 + np.array([0, 0, -0.14]), 0.04, 0.05, (0.02, 0.02, 0.02), RUBBER),
        ]
    )


def occluders(rng: np.random.Generator, spot: np.ndarray, towards: np.ndarray, count: int) -> list[Mesh]:
    """Things that stand between the camera and ``spot``: bars, boxes, a rail, a plant. ``towards`` (3,) points to the camera."""
    made: list[Mesh] = []
    d = unit(np.asarray(towards) * [1, 1, 0])
    room = float(np.clip(0.45 * np.linalg.norm(np.asarray(towards)[:2]), 0.46, 1.1))
    across = np.array([-d[1], d[0], 0])
    for _ in range(count):
        at = spot * [1, 1, 0] + d * rng.uniform(0.45, room) + across * rng.normal(0, 0.35)
        kind = rng.integers(4)
        if kind == 0:
            made.append(
                rod(at, at + [0, 0, rng.uniform(0.8, 2.4)], float(rng.uniform(0.015, 0.06)), bright(rng), METAL, 10)
            )
        elif kind == 1:
            made += crate(rng, rng.uniform([0.2, 0.2, 0.15], [0.6, 0.5, 0.6]), at, float(rng.uniform(0, 90)))
        elif kind == 2:
            z = rng.uniform(0.25, 1.1)
            made.append(
                rod(
                    at - across * 1.2 + [0, 0, z],
                    at + across * 1.2 + [0, 0, z],
                    float(rng.uniform(0.012, 0.04)),
                    bright(rng),
                    METAL,
                    10,
                )
            )
        else:
            made += plant(rng, at, float(rng.uniform(0.4, 1.0)))
    return things(made)


def plant(rng: np.random.Generator, at, height: float) -> list[Mesh]:
    """A pot plant or a bush."""
    green = np.array([0.05, 0.14, 0.03]) * rng.uniform(0.5, 1.8)
    leaf = Material(
        "leaves", scale=3.0, shade=0.7, color_b=tuple(green * [1.8, 1.3, 1.0]), bump=0.02, jag=1.6, fuzz=0.3
    )
    made = [rod(at, np.add(at, [0, 0, 0.25 * height]), 0.13 * height + 0.03, bright(rng), PAINT, 14)]
    for _ in range(4):
        blob = ball(rng.uniform(0.14, 0.26, 3) * height, green, leaf)
        blob.colors[:, 3] = 0.25
        made.append(put(blob, np.add(at, [*rng.normal(0, 0.1 * height, 2), rng.uniform(0.35, 0.8) * height])))
    return made


__all__ = ["barbell", "bench", "box", "plane"]
