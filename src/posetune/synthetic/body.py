"""The body: random builds out of one small file, linear blend skinning, and where the 33 landmarks lie in it.

Frame: *world m*, right-handed; at rest x is the person's left, -y the way they face, z up, and the feet stand near
z = 0. ``assets/CREDITS.md`` says where the file comes from; ``scripts/distill_body.py`` makes it.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from importlib import resources

import numpy as np

from posetune import landmarks

#: Points that anny's COCO regressors give directly (Apache-2.0), and points that are the head of a bone. Chosen by
#: distance to what MediaPipe finds on renders (docs/reference/synthetic.md).
_REGRESSED = ("nose", *(f"{s}_{p}" for s in ("left", "right")
                        for p in ("ear", "shoulder", "elbow", "wrist", "hip", "ankle")))  # fmt: skip
_BONES = {"eye": "eye", "knee": "lowerleg01", "thumb": "finger1-2", "index": "finger2-1", "pinky": "finger5-1"}


@dataclass(frozen=True)
class Shape:
    """One person at rest: ``vertices`` (V, 3) and ``heads`` (B, 3) of the bones, world m, float32."""

    vertices: np.ndarray
    heads: np.ndarray


@dataclass(frozen=True)
class Posed:
    """One person in a pose: ``vertices`` (V, 3), bone ``heads`` (B, 3), global bone ``rotations`` (B, 3, 3); world m."""

    vertices: np.ndarray
    heads: np.ndarray
    rotations: np.ndarray

    def moved(self, offset: np.ndarray) -> Posed:
        """The same, shifted by ``offset`` (3,) metres."""
        offset = np.asarray(offset, np.float32)
        return Posed(self.vertices + offset, self.heads + offset, self.rotations)


class Body:
    """The distilled model. Get it with :func:`load`; it is read-only and shared."""

    def __init__(self, arrays: dict[str, np.ndarray]) -> None:
        a = arrays
        self._mean = (a["vertex_mean"] * a["vertex_mean_step"]).astype(np.float32)
        components = (a["vertex_components"] * a["vertex_components_step"][:, None, None]).astype(np.float32)
        self._components = components.reshape(len(components), -1)  # (K, 3V)
        self._head_mean, self._head_components = a["head_mean"], a["head_components"]
        #: (N, K) shape scores of the sampled population and (N, T) their traits, by ``trait_names``.
        self.people_scores = a["people_scores"].astype(np.float32)
        self.people_traits = a["people_traits"].astype(np.float32)
        self.trait_names = [str(n) for n in a["trait_names"]]
        self.bones = [str(n) for n in a["bone_names"]]
        self.bone: dict[str, int] = {n: i for i, n in enumerate(self.bones)}
        self.parents = a["bone_parents"].astype(int)
        self.descendants = [[b] for b in range(len(self.bones))]  # each bone itself and all that hang on it
        for b in range(len(self.bones) - 1, 0, -1):
            self.descendants[self.parents[b]] += self.descendants[b]
        weights = a["skin_weights"].astype(np.float32)
        weights /= weights.sum(1, keepdims=True)
        dense = np.zeros((len(weights), len(self.bones)), np.float32)
        np.add.at(dense, (np.arange(len(weights))[:, None], a["skin_bones"]), weights)
        self.weights = dense  # (V, B)
        self._by_bone = np.ascontiguousarray(dense.T)
        starts = a["group_starts"]
        self.groups = {str(n): slice(int(starts[i]), int(starts[i + 1])) for i, n in enumerate(a["group_names"])}
        self.quads = {n: a[f"faces_{n}"].astype(np.int32) for n in self.groups}
        self.masks = {n: a[f"mask_{n}"].astype(np.float32) / 255 for n in ("face", "lips", "eyelids", "ears")}
        self._points = {str(n): (a["regressor_vertices"][i], a["regressor_weights"][i])
                        for i, n in enumerate(a["regressor_names"])}  # fmt: skip

    def shape(self, scores: np.ndarray) -> Shape:
        """The person with these shape scores, (K,), in standard deviations; feet on z = 0."""
        vertices = self._mean + (np.asarray(scores, np.float32) @ self._components).reshape(-1, 3)
        heads = self._head_mean + np.tensordot(scores, self._head_components, 1)
        drop = np.array([0, 0, vertices[self.groups["body"], 2].min()])
        return Shape((vertices - drop).astype(np.float32), (heads - drop).astype(np.float32))

    def forward(self, shape: Shape, local: np.ndarray, root: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Bone heads (B, 3) and global rotations (B, 3, 3) for local rotations (B, 3, 3) in the parent's axes.

        A bone's axes at rest are the world's, so an identity is "as at rest". ``root`` (3,): where the root bone is.
        """
        rotations = np.empty_like(local)
        heads = np.empty((len(local), 3), local.dtype)
        for b, parent in enumerate(self.parents):
            if parent < 0:
                rotations[b], heads[b] = local[b], root
            else:
                rotations[b] = rotations[parent] @ local[b]
                heads[b] = heads[parent] + rotations[parent] @ (shape.heads[b] - shape.heads[parent])
        return heads, rotations

    def skin(self, shape: Shape, heads: np.ndarray, rotations: np.ndarray) -> Posed:
        """Every vertex, by linear blend skinning."""
        moved = self.deform(shape.vertices, slice(None), shape, heads, rotations)
        return Posed(moved, heads.astype(np.float32), rotations.astype(np.float32))

    def deform(
        self, points: np.ndarray, group: slice, shape: Shape, heads: np.ndarray, rotations: np.ndarray
    ) -> np.ndarray:
        """(N, 3) ``points`` at rest, moved as the vertices of ``group`` are by bones with these ``heads`` (B, 3) and global
        ``rotations`` (B, 3, 3)."""
        offsets = heads - np.einsum("bij,bj->bi", rotations, shape.heads)
        affine = np.concatenate([rotations.reshape(-1, 9), offsets], axis=1).astype(np.float32)
        # Coordinate by coordinate over long rows: a fifth of the time of so many small products.
        m = affine.T @ self._by_bone[:, group]  # (12, N)
        x, y, z = np.ascontiguousarray(points.T, np.float32)
        return np.stack([m[3 * i] * x + m[3 * i + 1] * y + m[3 * i + 2] * z + m[9 + i] for i in range(3)], axis=1)

    def forehead(self, vertices: np.ndarray) -> np.ndarray:
        """(3,) the middle of the forehead of ``vertices`` (V, 3) at rest: where hair and hats are measured from."""
        eyes = vertices[self.groups["left_eye"]].mean(0) + vertices[self.groups["right_eye"]].mean(0)
        return (eyes / 2 * [0, 1, 1] + [0, -0.025, 0.046]).astype(np.float32)

    def regress(self, vertices: np.ndarray, name: str) -> np.ndarray:
        """(3,) the named surface point of posed ``vertices``."""
        index, weight = self._points[name]
        return weight @ vertices[index]

    def landmarks(self, posed: Posed) -> np.ndarray:
        """The 33 landmarks, (33, 3) world m. What each one is stands in docs/reference/synthetic.md."""
        v, heads = posed.vertices, posed.heads
        at = {n: self.regress(v, n) for n in self._points}
        points = {n: at[n] for n in _REGRESSED}
        for side, letter in (("left", "L"), ("right", "R")):
            for part, bone in _BONES.items():
                points[f"{side}_{part}"] = heads[self.bone[f"{bone}.{letter}"]]
            points[f"{side}_eye_inner"], points[f"{side}_eye_outer"] = at[f"{side}_eye_inner"], at[f"{side}_eye_outer"]
            points[f"mouth_{side}"] = at[f"mouth_{side}"]
            points[f"{side}_heel"] = 0.8 * at[f"{side}_heel"] + 0.2 * at[f"{side}_ankle"]
            toe = heads[self.bone[f"toe2-2.{letter}"]]
            points[f"{side}_foot_index"] = 0.4 * at[f"{side}_big_toe"] + 0.6 * toe
        return np.array([points[n] for n in landmarks.NAMES])


@functools.cache
def load() -> Body:
    """The body that posetune ships."""
    file = resources.files("posetune.synthetic") / "assets" / "body.npz"
    with resources.as_file(file) as path, np.load(path) as arrays:
        return Body(dict(arrays))
