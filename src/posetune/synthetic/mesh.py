"""What can be drawn: a triangle mesh with a material. Frame: world m, z up."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np


@dataclass(frozen=True)
class Material:
    """How a surface looks. One model for everything; colours are linear RGB in 0..1.

    ``pattern``: name of a texture (see ``textures``), repeated every 1/``scale`` metres, ``stretch`` in u and v.
    ``color_b``: where the pattern's first channel is 1; elsewhere the vertex colour. ``shade``: contrast of its second
    channel. ``bump``: metres of relief of its third. ``specular`` 0..1 and ``gloss`` (Blinn exponent).
    ``translucent``: skin. ``fuzz``: cloth's bright edge. ``emission``: 1 ignores light. ``jag``: how far the pattern moves
    the cut where the vertex colour's alpha passes 0. ``shells`` > 1 draws hair: that many layers over ``shell_depth``
    metres, combed by ``shell_drop`` (3,), with ``density`` of strands. ``catcher``: draw nothing but the shadow.
    """

    pattern: str = "fine"
    scale: float = 1.0
    stretch: tuple[float, float] = (1.0, 1.0)
    color_b: tuple[float, float, float] = (0.5, 0.5, 0.5)
    shade: float = 0.0
    bump: float = 0.0
    specular: float = 0.02
    gloss: float = 20.0
    translucent: float = 0.0
    fuzz: float = 0.0
    emission: float = 0.0
    jag: float = 0.0
    shells: int = 1
    shell_depth: float = 0.0
    shell_drop: tuple[float, float, float] = (0.0, 0.0, 0.0)
    density: float = 1.0
    catcher: float = 0.0


@dataclass(frozen=True)
class Mesh:
    """``positions`` (N, 3) world m, ``triangles`` (M, 3), ``colors`` (N, 4): linear RGB and a cut (drawn where ≥ 0).

    ``rest``, ``rest_normals`` (N, 3): where the texture is looked up, m. ``parts`` (N,): body part, 0 for things.
    ``owner``: 0 surroundings, 1… a person, ``THING`` and up a prop or an occluder.
    ``closed``: its inside is never seen (faces wound counter-clockwise from outside).
    """

    positions: np.ndarray
    triangles: np.ndarray
    colors: np.ndarray
    material: Material = field(default_factory=Material)
    normals: np.ndarray | None = None
    rest: np.ndarray | None = None
    rest_normals: np.ndarray | None = None
    parts: np.ndarray | None = None
    owner: int = 0
    shadow: bool = True
    closed: bool = False

    def owned_by(self, owner: int) -> Mesh:
        return replace(self, owner=owner)

    def transformed(self, rotation: np.ndarray, offset: np.ndarray) -> Mesh:
        """The same thing elsewhere; its texture goes with it."""
        positions = self.positions @ np.asarray(rotation, np.float32).T + np.asarray(offset, np.float32)
        rest = self.positions if self.rest is None else self.rest
        own = self.own_normals()
        rest_normals = own if self.rest_normals is None else self.rest_normals
        normals = own @ np.asarray(rotation, np.float32).T
        return replace(self, positions=positions.astype(np.float32), rest=rest, rest_normals=rest_normals,
                       normals=normals.astype(np.float32))  # fmt: skip

    def own_normals(self) -> np.ndarray:
        return vertex_normals(self.positions, self.triangles) if self.normals is None else self.normals

    def trimmed(self) -> Mesh:
        """The same surface without what its cut removes: triangles on the edge are divided. Spares the renderer the cutting,
        which is slow; not for meshes whose pattern moves the cut (``jag``)."""
        cut = self.colors[:, 3]
        inside = cut >= 0
        count = inside[self.triangles].sum(1)
        kept, extra = [self.triangles[count == 3]], list[np.ndarray]()
        for wanted in (1, 2):  # corners that stay; turned so that the odd one comes first
            triangles = self.triangles[count == wanted]
            odd = (inside[triangles] == (wanted == 1)).argmax(1)
            a, b, c = (np.take_along_axis(triangles, ((odd + k) % 3)[:, None], 1)[:, 0] for k in range(3))
            first = len(self.positions) + sum(map(len, extra))
            extra += [np.stack([a, b], 1), np.stack([a, c], 1)]
            ab, ac = first + np.arange(len(a)), first + len(a) + np.arange(len(a))
            if wanted == 1:
                kept.append(np.stack([a, ab, ac], 1))
            else:
                kept += [np.stack([ab, b, c], 1), np.stack([ab, c, ac], 1)]
        pairs = np.concatenate(extra)
        share = (
            cut[pairs[:, 0]] / np.where(cut[pairs[:, 0]] == cut[pairs[:, 1]], 1, cut[pairs[:, 0]] - cut[pairs[:, 1]])
        )[:, None]

        def grow(values: np.ndarray | None) -> np.ndarray | None:
            if values is None:
                return None
            return np.concatenate([values, values[pairs[:, 0]] * (1 - share) + values[pairs[:, 1]] * share])

        colors = grow(self.colors)
        assert colors is not None
        colors[:, 3] = 1.0
        parts = (
            None
            if self.parts is None
            else np.concatenate([self.parts, self.parts[np.where(inside[pairs[:, 0]], *pairs.T)]])
        )
        positions = grow(self.positions)
        assert positions is not None
        return replace(self, positions=positions, triangles=np.concatenate(kept), colors=colors, normals=grow(self.own_normals()),
                       rest=grow(self.rest), rest_normals=grow(self.rest_normals), parts=parts)  # fmt: skip


#: Owners from here on are things, not people.
THING = 100


def triangles_of(quads: np.ndarray) -> np.ndarray:
    """(2F, 3) triangles of (F, 4) quads."""
    return np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def vertex_normals(positions: np.ndarray, faces: np.ndarray) -> np.ndarray:
    """(N, 3) unit normals, the mean over the touching triangles or quads weighted by their area."""
    # Coordinate by coordinate over long rows, which is several times as fast as over rows of three.
    corners = np.ascontiguousarray(faces.T)
    at = np.ascontiguousarray(positions.T)[:, corners]  # (3, corners, F)
    (ax, ay, az), (bx, by, bz) = (at[:, 2] - at[:, 0], at[:, 3] - at[:, 1]) if len(corners) == 4 else (
        at[:, 1] - at[:, 0], at[:, 2] - at[:, 0])  # fmt: skip
    index, count = corners.ravel(), len(positions)
    normals = np.stack([np.bincount(index, np.tile(c, len(corners)), minlength=count)
                        for c in (ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx)])  # fmt: skip
    length = np.sqrt(normals[0] ** 2 + normals[1] ** 2 + normals[2] ** 2)
    return (normals / np.maximum(length, 1e-12)).T.astype(np.float32)
