"""The fallback without EGL: the same pictures in numpy, plainer and many times slower.

A z-buffer per view, then shading once per pixel with the renderer's own material model. Differences to ``renderer``: hair is one
layer, edges are smoothed by rendering at 1.5 times the size, and shadows are sampled once.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posetune.opencv import cv2
from posetune.synthetic import textures
from posetune.synthetic.camera import Camera, light_matrix
from posetune.synthetic.mesh import Mesh
from posetune.synthetic.renderer import OVERSAMPLE, Stage, Truth

_SHADOW_SIDE = 512
_Map = tuple[np.ndarray, np.ndarray]  # a light's clip matrix and its depth picture


class SoftwareRenderer:
    """The interface of ``renderer.Renderer`` without OpenGL."""

    def render(self, stage: Stage) -> tuple[np.ndarray, Truth]:
        """The picture, (H, W, 3) uint8 sRGB, and who and what is nearest in each of its pixels."""
        width, height = round(stage.camera.width * OVERSAMPLE), round(stage.camera.height * OVERSAMPLE)
        solid = [m for m in stage.meshes if m.material.catcher == 0]
        maps = [
            (matrix, _shadow_map([m for m in solid if m.shadow], matrix))
            for matrix in (light_matrix(stage.light.direction, stage.centre, stage.radius),
                           light_matrix(np.array([0.0, 0.0, 1.0]), stage.centre, stage.radius))
        ]  # fmt: skip
        backdrop = cv2.resize(stage.backdrop, (width, height), interpolation=cv2.INTER_LINEAR).astype(np.float32) / 255
        picture = backdrop.copy()
        depth, which, weights = _rasterise(solid, stage.camera.matrix(), width, height)
        hit = which >= 0
        picture[hit] = _shade(solid, which[hit], weights[hit], stage, maps)
        catchers = [m for m in stage.meshes if m.material.catcher > 0]
        if catchers:
            over, which, weights = _rasterise(catchers, stage.camera.matrix(), width, height)
            hit = (which >= 0) & (over < depth)
            picture[hit] *= 1 - _caught(catchers, which[hit], weights[hit], maps)[:, None]
        small = cv2.resize(picture, (stage.camera.width, stage.camera.height), interpolation=cv2.INTER_AREA)
        return np.clip(np.round(small * 255), 0, 255).astype(np.uint8), self.inspect(stage.meshes, stage.camera)

    def inspect(self, meshes: Sequence[Mesh], camera: Camera) -> Truth:
        """Who and what is nearest in every pixel of ``meshes``."""
        solid = [m for m in meshes if m.material.catcher == 0]
        shape = (camera.height, camera.width)
        _, which, weights = _rasterise(solid, camera.matrix(), camera.width, camera.height)
        hit = which >= 0
        owner, part, depth = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8), np.zeros(shape, np.float32)
        corners = _gather(solid, "parts")
        owner[hit] = np.concatenate([np.full(len(m.triangles), m.owner, np.uint8) for m in solid])[which[hit]]
        part[hit] = corners[which[hit], 2, 0].astype(np.uint8)
        positions = np.einsum("nk,nkc->nc", weights[hit], _gather(solid, "positions")[which[hit]])
        depth[hit] = camera.view(positions)[:, 2]
        return Truth(owner, part, depth)


def _attribute(mesh: Mesh, name: str) -> np.ndarray:
    if name == "normals":
        return mesh.own_normals()
    if name == "parts":
        return (np.zeros(len(mesh.positions)) if mesh.parts is None else np.asarray(mesh.parts))[:, None]
    if name == "rest":
        return mesh.positions if mesh.rest is None else mesh.rest
    if name == "rest_normals":
        return mesh.own_normals() if mesh.rest_normals is None else mesh.rest_normals
    return getattr(mesh, name)


def _gather(meshes: Sequence[Mesh], name: str) -> np.ndarray:
    """(T, 3, C) the attribute at the corners of every triangle of every mesh."""
    return np.concatenate([_attribute(m, name)[m.triangles] for m in meshes]).astype(np.float32)


def _clip_near(corners: np.ndarray, near: float = 0.05) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Triangles (T, 3, 4) in clip space cut at w = near: pieces (P, 3, 4), the triangle each is of (P,), and the pieces'
    corners as weights of the triangle's corners (P, 3, 3)."""
    inside = corners[..., 3] > near
    whole = np.flatnonzero(inside.all(1))
    pieces, sources, weights = [corners[whole]], [whole], [np.broadcast_to(np.eye(3), (len(whole), 3, 3))]
    for t in np.flatnonzero(inside.any(1) & ~inside.all(1)):
        polygon = []
        for k in range(3):
            a, b = k, (k + 1) % 3
            if inside[t, a]:
                polygon.append(np.eye(3)[a])
            if inside[t, a] != inside[t, b]:
                s = (near - corners[t, a, 3]) / (corners[t, b, 3] - corners[t, a, 3])
                polygon.append((1 - s) * np.eye(3)[a] + s * np.eye(3)[b])
        for k in range(1, len(polygon) - 1):
            w = np.stack([polygon[0], polygon[k], polygon[k + 1]])
            pieces.append((w @ corners[t])[None])
            sources.append(np.array([t]))
            weights.append(w[None])
    return np.concatenate(pieces), np.concatenate(sources), np.concatenate(weights)


def _rasterise(meshes: Sequence[Mesh], matrix: np.ndarray, width: int, height: int):
    """Nearest triangle in every pixel: depth (H, W) in clip space, triangle (H, W), -1 where none, and the perspective-correct
    weights of its corners (H, W, 3). What a mesh's cut removes is not drawn."""
    depth = np.full((height, width), np.inf, np.float32)
    which = np.full((height, width), -1, np.int64)
    weight = np.zeros((height, width, 3), np.float32)
    if not meshes:
        return depth, which, weight
    positions, cuts = _gather(meshes, "positions"), _gather(meshes, "colors")[..., 3]
    clip = np.concatenate([positions, np.ones((*positions.shape[:2], 1))], -1) @ matrix.T
    pieces, source, base = _clip_near(clip)
    ndc = pieces[..., :3] / pieces[..., 3:]
    x, y = (ndc[..., 0] + 1) * width / 2, (1 - ndc[..., 1]) * height / 2
    left, right = np.floor(x.min(1)), np.ceil(x.max(1))
    top, bottom = np.floor(y.min(1)), np.ceil(y.max(1))
    seen = (right > 0) & (bottom > 0) & (left < width) & (top < height) & (ndc[..., 2].min(1) < 1)
    left, right, top, bottom = left.clip(0), right.clip(max=width), top.clip(0), bottom.clip(max=height)
    extent = np.maximum(right - left, bottom - top)
    surface = (x, y, ndc, pieces, source, base, cuts, left, top)
    for low, high in ((0, 2), (2, 4), (4, 8), (8, 16), (16, 48)):
        chosen = np.flatnonzero(seen & (extent > low) & (extent <= high))
        batch = max(4_000_000 // (high * high), 1)  # keeps a batch below some 200 MB
        for start in range(0, len(chosen), batch):
            _fill(chosen[start : start + batch], high, high, surface, depth, which, weight)
    for piece in np.flatnonzero(seen & (extent > 48)):
        columns, rows = int(right[piece] - left[piece]), int(bottom[piece] - top[piece])
        _fill(np.array([piece]), columns, rows, surface, depth, which, weight)
    return depth, which, weight


def _fill(
    chosen: np.ndarray,
    columns: int,
    rows: int,
    surface: tuple,
    depth: np.ndarray,
    which: np.ndarray,
    weight: np.ndarray,
) -> None:
    """Draw the ``chosen`` pieces, each within a window of ``columns`` × ``rows`` px from its left top corner."""
    x, y, ndc, pieces, source, base, cuts, left, top = surface
    height, width = depth.shape
    gx = (left[chosen, None] + np.arange(columns))[:, None, :] + 0.5
    gy = (top[chosen, None] + np.arange(rows))[:, :, None] + 0.5
    ax, ay, bx, by, cx, cy = (v[chosen, k][:, None, None] for k in range(3) for v in (x, y))
    area = (bx - ax) * (cy - ay) - (cx - ax) * (by - ay)
    with np.errstate(divide="ignore", invalid="ignore"):
        area = np.where(area == 0, np.nan, area)
        wb = ((gx - ax) * (cy - ay) - (cx - ax) * (gy - ay)) / area
        wc = ((bx - ax) * (gy - ay) - (gx - ax) * (by - ay)) / area
    wa = 1 - wb - wc
    inside = (wa >= 0) & (wb >= 0) & (wc >= 0) & (gx < width) & (gy < height)
    n, r, c = np.nonzero(inside)
    if not len(n):
        return
    screen = np.stack([wa[n, r, c], wb[n, r, c], wc[n, r, c]], 1)
    piece = chosen[n]
    z = (screen * ndc[piece, :, 2]).sum(1).astype(np.float32)
    correct = screen / pieces[piece, :, 3]
    correct /= correct.sum(1, keepdims=True)
    corner = np.einsum("nk,nkj->nj", correct, base[piece])
    row, column = (top[piece] + r).astype(int), (left[piece] + c).astype(int)
    keep = ((corner * cuts[source[piece]]).sum(1) >= 0) & (z > -1) & (z < depth[row, column])
    row, column, z, corner, triangle = row[keep], column[keep], z[keep], corner[keep], source[piece][keep]
    order = np.argsort(-z, kind="stable")  # the nearest is written last
    row, column = row[order], column[order]
    depth[row, column], which[row, column], weight[row, column] = z[order], triangle[order], corner[order]


def _shadow_map(meshes: Sequence[Mesh], matrix: np.ndarray) -> np.ndarray:
    depth, _, _ = _rasterise(meshes, matrix, _SHADOW_SIDE, _SHADOW_SIDE)
    return cv2.GaussianBlur(np.where(np.isfinite(depth), depth, 1.0).astype(np.float32), (0, 0), 0.6)


def _lit(at: np.ndarray, light: _Map, blur: float) -> np.ndarray:
    """(N,) 0..1 how much of a light reaches ``at`` (N, 3)."""
    matrix, depth = light
    q = np.column_stack([at, np.ones(len(at))]) @ matrix.T
    x, y = (q[:, 0] + 1) * 0.5 * _SHADOW_SIDE, (1 - q[:, 1]) * 0.5 * _SHADOW_SIDE
    total = np.zeros(len(at))
    offsets = ((-0.5, -0.5), (0.5, -0.5), (-0.5, 0.5), (0.5, 0.5), (0, 0))
    for dx, dy in offsets:
        column = np.clip((x + dx * blur).astype(int), 0, _SHADOW_SIDE - 1)
        row = np.clip((y + dy * blur).astype(int), 0, _SHADOW_SIDE - 1)
        total += q[:, 2] <= depth[row, column] + 0.003
    outside = (np.abs(q[:, :2]) > 1).any(1)
    return np.where(outside, 1.0, total / len(offsets))


def _texture(name: str, rest: np.ndarray, normal: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """(N, 4) of a tile, on the plane that the surface faces at rest; nearest texel of a slightly smoothed tile."""
    a = np.abs(normal)
    first = (a[:, 0] > a[:, 1]) & (a[:, 0] > a[:, 2])
    second = ~first & (a[:, 1] > a[:, 2])
    uv = np.where(first[:, None], rest[:, [1, 2]], np.where(second[:, None], rest[:, [0, 2]], rest[:, [0, 1]])) * scale
    tile = cv2.GaussianBlur(textures.tile(name), (0, 0), 1.0)
    column, row = ((uv % 1) * textures.SIDE).astype(int).T % textures.SIDE
    return tile[row, column] / 255.0


def _shade(
    meshes: Sequence[Mesh], which: np.ndarray, weights: np.ndarray, stage: Stage, maps: list[_Map]
) -> np.ndarray:
    """(N, 3) sRGB 0..1 of the pixels that show triangle ``which`` at corner ``weights``; the model of ``shaders``."""
    light = stage.light
    at, normal, rest, rest_normal, color = (
        np.einsum("nk,nkc->nc", weights, _gather(meshes, name)[which])
        for name in ("positions", "normals", "rest", "rest_normals", "colors")
    )
    mesh_of = np.concatenate([np.full(len(m.triangles), i) for i, m in enumerate(meshes)])[which]
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-6)
    to_eye = stage.camera.eye - at
    to_eye /= np.linalg.norm(to_eye, axis=1, keepdims=True)
    normal = np.where((normal * to_eye).sum(1, keepdims=True) < 0, -normal, normal)
    albedo = color[:, :3].copy()
    specular, gloss, soft, emission, fuzz = (np.zeros(len(at)) for _ in range(5))
    for i, mesh in enumerate(meshes):
        rows = np.flatnonzero(mesh_of == i)
        if not len(rows):
            continue
        m = mesh.material
        t = _texture(m.pattern, rest[rows], rest_normal[rows], m.scale * np.array(m.stretch))
        albedo[rows] = (albedo[rows] * (1 - t[:, :1]) + np.asarray(m.color_b) * t[:, :1]) * np.maximum(
            1 + m.shade * (2 * t[:, 1:2] - 1), 0
        )
        specular[rows], gloss[rows], soft[rows], emission[rows], fuzz[rows] = (
            m.specular,
            m.gloss,
            m.translucent,
            m.emission,
            m.fuzz,
        )
    lit, open_ = (
        _lit(at + normal * 0.012, maps[0], 2.0),
        _lit(at + normal * 0.02 + np.array([0, 0, 0.01]), maps[1], 16.0),
    )
    facing = normal @ light.direction
    wrap = np.array([0.30, 0.12, 0.08]) * soft[:, None]
    direct = np.maximum(facing[:, None] + wrap, 0) / (1 + wrap)
    half = light.direction + to_eye
    half /= np.linalg.norm(half, axis=1, keepdims=True)
    ambient = (light.ground + (light.sky - light.ground) * (0.5 + 0.5 * normal[:, 2:3])) * (
        0.45 + 0.55 * open_[:, None]
    )
    fresnel = (1 - np.clip((normal * to_eye).sum(1), 0, 1)) ** 4
    shine = specular * np.clip((normal * half).sum(1), 0, 1) ** np.maximum(gloss, 1) * (gloss + 8) / 25
    out = albedo * (direct * light.sun * lit[:, None] + ambient)
    out += light.sun * (lit * np.maximum(facing, 0) * shine)[:, None]
    out += (
        (specular[:, None] + fuzz[:, None] * albedo) * fresnel[:, None] * light.sky * (0.4 + 0.6 * open_[:, None]) * 0.6
    )
    out = (out * (1 - emission[:, None]) + albedo * emission[:, None]) * light.exposure
    return np.clip((out * (2.51 * out + 0.03)) / (out * (2.43 * out + 0.59) + 0.14), 0, 1) ** (1 / 2.2)


def _caught(meshes: Sequence[Mesh], which: np.ndarray, weights: np.ndarray, maps: list[_Map]) -> np.ndarray:
    """(N,) how dark a shadow on a photograph is."""
    at = np.einsum("nk,nkc->nc", weights, _gather(meshes, "positions")[which])
    cut = np.einsum("nk,nkc->nc", weights, _gather(meshes, "colors")[which])[:, 3]
    dark = (1 - _lit(at + np.array([0, 0, 0.01]), maps[0], 2.0) * 0.9) * 0.55 + (
        1 - _lit(at + np.array([0, 0, 0.02]), maps[1], 16.0)
    ) * 0.45
    return np.clip(dark * meshes[0].material.catcher, 0, 0.8) * np.clip(cut * 4, 0, 1)
