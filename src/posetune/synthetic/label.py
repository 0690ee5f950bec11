"""Truth about the people in a picture: where the 33 landmarks are, and what hides them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posetune import landmarks
from posetune.synthetic.body import Posed, load
from posetune.synthetic.camera import Camera
from posetune.synthetic.mesh import Mesh
from posetune.synthetic.renderer import Truth
from posetune.synthetic.surface import PARTS


@dataclass(frozen=True)
class Label:
    """``points_px`` (33, 2) image px, also outside the image; ``world`` (33, 3) m, hip-centred, MediaPipe's axes; ``hips`` (3,) m:
    the mid-hip from the camera in view axes. ``in_frame``, ``self_occluded``, ``object_occluded`` (33,) bool. ``bbox`` xywh px and
    ``area`` px² of what is seen of the person; ``covered`` px² of what something or somebody else hides; ``height`` px: how
    tall the whole person is in the image.
    """

    points_px: np.ndarray
    world: np.ndarray
    hips: np.ndarray
    in_frame: np.ndarray
    self_occluded: np.ndarray
    object_occluded: np.ndarray
    bbox: np.ndarray
    area: float
    covered: float
    height: float

    @property
    def visibility(self) -> np.ndarray:
        """(33,) COCO's v: 0 outside the image, 1 hidden, 2 to be seen."""
        hidden = self.self_occluded | self.object_occluded
        return np.where(self.in_frame, np.where(hidden, 1, 2), 0)


def world_landmarks(points: np.ndarray, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    """(33, 3) world m → (33, 3) hip-centred m as MediaPipe gives them, and the mid-hip (3,) in view axes.

    MediaPipe sees a crop around the person, so its z axis is the ray to the person and not the camera's own axis: the
    view is turned by the least rotation that brings the ray to the mid-hip onto z. x right, y down, z away.
    """
    view = camera.view(points)
    hips = (view[landmarks.LEFT_HIP] + view[landmarks.RIGHT_HIP]) / 2
    return (view - hips) @ ray_rotation(hips).T, hips


def ray_rotation(hips: np.ndarray) -> np.ndarray:
    """(3, 3) least rotation that takes the direction of ``hips`` (3,) to z."""
    d = hips / np.linalg.norm(hips)
    v = np.cross(d, [0.0, 0.0, 1.0])
    k = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
    return np.eye(3) + k + k @ k / (1 + d[2])


# Which body parts a ray to a landmark may meet first without the landmark counting as hidden, and how far in front
# of the point (m) that surface may lie: the point is inside the flesh.
def _allowed() -> tuple[list[set[int]], np.ndarray]:
    near = {"shoulder": ("torso", "{s}_upper_arm"), "elbow": ("{s}_upper_arm", "{s}_forearm"), "wrist": ("{s}_forearm", "{s}_hand"),
            "pinky": ("{s}_hand",), "index": ("{s}_hand",), "thumb": ("{s}_hand",), "hip": ("torso", "{s}_thigh"),
            "knee": ("{s}_thigh", "{s}_shin"), "ankle": ("{s}_shin", "{s}_foot"), "heel": ("{s}_foot", "{s}_shin"),
            "foot_index": ("{s}_foot",)}  # fmt: skip
    depth = {"shoulder": 0.16, "elbow": 0.08, "wrist": 0.11, "pinky": 0.09, "index": 0.09, "thumb": 0.09, "hip": 0.22, "knee": 0.11,
             "ankle": 0.09, "heel": 0.06, "foot_index": 0.07, "eye": 0.035, "nose": 0.05, "ear": 0.05, "mouth": 0.035}  # fmt: skip
    sets, reach = [], []
    for name in landmarks.NAMES:
        side = "left" if "left" in name else "right"
        part = next(p for p in depth if p in name)
        sets.append({PARTS.index(p.format(s=side)) for p in near.get(part, ("head",))})
        reach.append(depth[part])
    return sets, np.array(reach)


_ALLOWED, _REACH = _allowed()


def label_people(
    posed: Sequence[Posed], meshes: Sequence[Sequence[Mesh]], truth: Truth, renderer, camera: Camera
) -> list[Label]:
    """One label for each person, in the order given; ``truth`` is of everything, owners count people from 1."""
    labels = []
    for i, (person, own) in enumerate(zip(posed, meshes, strict=True)):
        points = load().landmarks(person)
        px = camera.project(points)
        world, hips = world_landmarks(points, camera)
        inside = (
            (px[:, 0] >= 0) & (px[:, 0] < camera.width) & (px[:, 1] >= 0) & (px[:, 1] < camera.height) & (px[:, 2] > 0)
        )
        x = np.clip(px[:, 0].astype(int), 0, camera.width - 1)
        y = np.clip(px[:, 1].astype(int), 0, camera.height - 1)
        owner, part, depth = truth.owner[y, x], truth.part[y, x], truth.depth[y, x]
        by_other = inside & (owner != i + 1) & (depth > 0) & (depth < px[:, 2] - 0.03)
        seen, covered = truth.owner == i + 1, 0
        if by_other.any():  # what of the body itself is there, behind the thing?
            alone = renderer.inspect(own, camera)
            part, depth = alone.part[y, x], alone.depth[y, x]
            covered = int(((alone.owner > 0) & ~seen).sum())
        reach = np.where([p in allowed for p, allowed in zip(part, _ALLOWED, strict=True)], _REACH, 0.02)
        by_self = inside & (depth > 0) & (px[:, 2] - depth > reach)
        if not by_other.any():
            by_self &= owner == i + 1
        rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
        bbox = (
            np.array([columns[0], rows[0], columns[-1] + 1 - columns[0], rows[-1] + 1 - rows[0]], float)
            if len(rows)
            else np.zeros(4)
        )
        tall = camera.project(person.vertices[::37])
        labels.append(Label(px[:, :2], world, hips, inside, by_self, by_other, bbox, float(seen.sum()), float(covered),
                            float(np.ptp(tall[:, :2], axis=0).max())))  # fmt: skip
    return labels
