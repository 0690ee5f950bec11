"""Simple solids as meshes: boxes, tubes, balls, domes, planes. World m, z up, made at the origin unless said otherwise."""

from __future__ import annotations

import functools

import numpy as np

from posetune.synthetic.mesh import Material, Mesh
from posetune.synthetic.pose import cross, unit

Color = np.ndarray | tuple[float, float, float]


def _colored(count: int, color: Color, cut: float = 1.0) -> np.ndarray:
    return np.tile(np.array([*np.asarray(color, float), cut]), (count, 1))


def box(size, color: Color, material: Material | None = None) -> Mesh:
    """``size`` (3,) m, standing on z = 0, the middle of its base at the origin; sharp edges."""
    half = np.asarray(size, float) / 2
    positions, triangles, normals = _cube()
    p = positions * half + [0, 0, half[2]]
    return Mesh(p.astype(np.float32), triangles, _colored(24, color), material or Material(), normals=normals)


@functools.cache
def _cube() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Corners (24, 3) at ±1, triangles (12, 3) and normals (24, 3) of a cube with sharp edges."""
    positions: list[np.ndarray] = []
    normals: list[np.ndarray] = []
    triangles: list[list[int]] = []
    for axis in range(3):
        for sign in (-1, 1):
            n = np.zeros(3)
            n[axis] = sign
            u, v = np.roll(n, 1), np.roll(n, 2)
            start = len(positions)
            positions += [n + a * u + b * v for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
            normals += [n] * 4
            triangles += [[start, start + 1, start + 2], [start, start + 2, start + 3]]
    return np.array(positions), np.array(triangles), np.array(normals, np.float32)


def plane(size, color: Color, material: Material | None = None, cells: int = 1, fade: bool = False) -> Mesh:
    """A floor of ``size`` (2,) m at z = 0; with ``fade`` its cut falls to 0 at the rim (for shadow catchers)."""
    t = np.linspace(-0.5, 0.5, cells + 1)
    gx, gy = np.meshgrid(t, t)
    p = np.stack([gx.ravel() * size[0], gy.ravel() * size[1], np.zeros(gx.size)], 1)
    i = np.arange(cells * (cells + 1)).reshape(cells, cells + 1)[:, :-1].ravel()
    triangles = np.concatenate([np.stack([i, i + 1, i + cells + 2], 1), np.stack([i, i + cells + 2, i + cells + 1], 1)])
    colors = _colored(len(p), color)
    if fade:
        colors[:, 3] = 1 - 2 * np.maximum(np.abs(gx), np.abs(gy)).ravel()
    return Mesh(p.astype(np.float32), triangles, colors, material or Material(), shadow=False,
                normals=np.tile(np.array([0, 0, 1], np.float32), (len(p), 1)))  # fmt: skip


def tube(
    path: np.ndarray, radius, sides: int, color: Color, material: Material | None = None, capped: bool = True
) -> Mesh:
    """Along ``path`` (N, 3) with ``radius`` (N,) or one number."""
    path = np.asarray(path, float)
    radii = np.broadcast_to(radius, (len(path),))
    along = np.gradient(path, axis=0) if len(path) > 2 else np.repeat(path[1:] - path[:1], 2, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    away = [0.0, 0.0, 1.0] if abs(along[0, 2]) < 0.9 else [1.0, 0.0, 0.0]
    side, other = np.empty_like(along), np.empty_like(along)
    for k in range(len(side)):  # carried along the path, so that it never turns over
        side[k] = unit(side[k - 1] - along[k] * (along[k] @ side[k - 1]) if k else cross(along[k], away))
        other[k] = cross(along[k], side[k])
    a = np.arange(sides) / sides * 2 * np.pi
    ring = np.cos(a)[None, :, None] * side[:, None] + np.sin(a)[None, :, None] * other[:, None]
    p = path[:, None] + ring * radii[:, None, None]
    triangles = _tube_triangles(len(path), sides, capped)
    positions, normals = p.reshape(-1, 3), ring.reshape(-1, 3)
    if capped:
        caps = np.repeat(np.stack([-along[0], along[-1]]), sides + 1, axis=0)
        positions = np.concatenate([positions, p[0], path[:1], p[-1], path[-1:]])
        normals = np.concatenate([normals, caps])
    rest = np.column_stack([positions[:, :2] * 0, np.zeros(len(positions))])
    lengths = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(path, axis=0), axis=1))])
    turn = np.tile(a / (2 * np.pi), len(path)) * 2 * np.pi * float(np.mean(radii))
    rest[: len(turn), 0], rest[: len(turn), 2] = turn, np.repeat(lengths, sides)
    rest[len(turn) :] = positions[len(turn) :]
    rest_normals = normals.copy()
    rest_normals[: len(turn)] = [0, 1, 0]
    return Mesh(positions.astype(np.float32), triangles, _colored(len(positions), color), material or Material(),
                normals=normals.astype(np.float32), rest=rest, rest_normals=rest_normals)  # fmt: skip


@functools.cache
def _tube_triangles(rings: int, sides: int, capped: bool) -> np.ndarray:
    """(M, 3) triangles of a tube: ring after ring, then for each cap its rim and its middle."""
    i, j = np.meshgrid(np.arange(rings - 1), np.arange(sides), indexing="ij")
    q = np.stack(
        [i * sides + j, i * sides + (j + 1) % sides, (i + 1) * sides + (j + 1) % sides, (i + 1) * sides + j], -1
    )
    q = q.reshape(-1, 4)
    triangles = [q[:, [0, 1, 2]], q[:, [0, 2, 3]]]
    if capped:
        around = np.arange(sides)
        triangles += [np.stack([start + around, start + (around + 1) % sides, np.full(sides, start + sides)], 1)
                      for start in (rings * sides, rings * sides + sides + 1)]  # fmt: skip
    return np.concatenate(triangles)


def rod(a, b, radius: float, color: Color, material: Material | None = None, sides: int = 12) -> Mesh:
    """A straight bar from ``a`` to ``b``."""
    return tube(np.array([a, b], float), radius, sides, color, material)


@functools.cache
def _sphere(rows: int, columns: int, top: float = np.pi / 2, bottom: float = -np.pi / 2):
    lat, lon = np.meshgrid(np.linspace(top, bottom, rows), np.linspace(0, 2 * np.pi, columns + 1)[:-1], indexing="ij")
    p = np.stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)], -1).reshape(-1, 3)
    i, j = np.meshgrid(np.arange(rows - 1), np.arange(columns), indexing="ij")
    q = np.stack(
        [
            i * columns + j,
            (i + 1) * columns + j,
            (i + 1) * columns + (j + 1) % columns,
            i * columns + (j + 1) % columns,
        ],
        -1,
    )
    q = q.reshape(-1, 4)
    return p, np.concatenate([q[:, [0, 1, 2]], q[:, [0, 2, 3]]])


def ball(radius, color: Color, material: Material | None = None) -> Mesh:
    """An ellipsoid around the origin; ``radius`` one number or (3,)."""
    p, triangles = _sphere(13, 20)
    r = np.broadcast_to(radius, (3,)).astype(float)
    normals = p / r
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    return Mesh((p * r).astype(np.float32), triangles, _colored(len(p), color), material or Material(),
                normals=normals.astype(np.float32))  # fmt: skip


def dome(half, color: Color, material: Material, brim: float, peak: float) -> Mesh:
    """The upper half of an ellipsoid with half axes ``half`` (3,), and a brim; the peak points to -y."""
    p, triangles = _sphere(9, 28, bottom=-0.12)
    columns = 28
    rim = p[-columns:].copy()
    ahead = np.clip(-rim[:, 1], 0, 1) ** 2
    out = rim * [1, 1, 0] / np.linalg.norm(rim[:, :2], axis=1, keepdims=True)
    p = p * half
    edge = p[-columns:] + out * (brim + peak * ahead)[:, None] - [0, 0, 0.008]
    positions = np.concatenate([p, edge])
    if brim + peak > 0:
        start = len(p) - columns
        k = np.arange(columns)
        q = np.stack(
            [start + k, start + columns + k, start + columns + (k + 1) % columns, start + (k + 1) % columns], -1
        )
        triangles = np.concatenate([triangles, q[:, [0, 1, 2]], q[:, [0, 2, 3]]])
    return Mesh(positions.astype(np.float32), triangles, _colored(len(positions), color), material)
