"""The measures: errors of points, PCK, joint angles, depth. Pure functions over arrays; docs/reference/measures.md
defines them.

N people, 33 landmarks. A prediction is NaN throughout for a person that was not found; a label is 0 where
there is none.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posetune.data.people import Person
from posetune.geometry import SIZE, SMALLEST_TORSO, joint_angles
from posetune.landmarks import LEFT_HIP, RIGHT_HIP
from posetune.skeleton import BLAZEPOSE, Skeleton

ANGLE_TOLERANCE_DEG = 10.0


@dataclass(frozen=True, eq=False)
class Labels:
    """What is known of N people, as arrays.

    ``keypoints`` (N, 33, 3) image px and v; ``labelled`` (N, 33) bool; ``side`` (N,) of the label crop,
    image px; ``torso`` (N,) image px; ``groups`` (N,) str; ``world`` (N, 33, 3) true hip-centred metres,
    NaN where unknown. ``skeleton``: what the points are; for a set of the user's own, K instead of 33.
    """

    keypoints: np.ndarray
    labelled: np.ndarray
    side: np.ndarray
    torso: np.ndarray
    groups: np.ndarray
    world: np.ndarray
    skeleton: Skeleton = BLAZEPOSE

    @classmethod
    def of(cls, people: Sequence[Person]) -> Labels:
        """Collect the labels of ``people``, all of whom have a crop."""
        skeleton = people[0].skeleton if people else BLAZEPOSE
        count, unknown = skeleton.count, np.full((skeleton.count, 3), np.nan)
        # Measures in depth are centred on the hips: only for MediaPipe's own points.
        known = [p.keypoints_3d if skeleton is BLAZEPOSE else None for p in people]
        return cls(
            keypoints=np.array([p.keypoints for p in people]).reshape(-1, count, 3),
            labelled=np.array([p.labelled for p in people]).reshape(-1, count),
            side=np.array([p.crop.side for p in people if p.crop is not None]),
            torso=np.array([p.torso for p in people]),
            groups=np.array([p.group for p in people], dtype=object),
            world=np.array([unknown if k is None else k for k in known]).reshape(-1, count, 3),
            skeleton=skeleton,
        )

    def only(self, given: np.ndarray) -> Labels:
        """The same labels where ``given`` (K,) bool, as if the other points had none: a network is not asked for points
        that it does not have.
        """
        if given.all():
            return self
        return dataclasses.replace(self, labelled=self.labelled & given)


def scorable(person: Person) -> bool:
    """Whether a person takes part in scoring: not ignored, labels that imply a crop, a torso of more than
    10 px.
    """
    large = person.torso > SMALLEST_TORSO
    # Points of a set without hips or shoulders: the crop is the detector's, and there is no torso to measure by.
    large |= person.seen_crop is not None and bool(np.isnan(person.torso))
    return not person.ignore and person.crop is not None and large


def point_errors(predicted: np.ndarray, labels: Labels) -> np.ndarray:
    """(N, 33) Euclidean distance in image px; NaN where unlabelled or not found. ``predicted``: (N, 33, ≥2)
    image px.
    """
    distance = np.linalg.norm(predicted[..., :2] - labels.keypoints[..., :2], axis=-1)
    return np.where(labels.labelled, distance, np.nan)


def in_crop_px(errors_px: np.ndarray, labels: Labels) -> np.ndarray:
    """Image px → crop px of the label crop: × 256 / side, whatever the input size of the network."""
    return errors_px * (SIZE / labels.side)[:, None]


def pck_hits(errors_px: np.ndarray, labels: Labels, alpha: float) -> np.ndarray:
    """(N, 33) 1 where a labelled point is within ``alpha`` × torso, 0 where not or not found, NaN where
    unlabelled or without a torso to measure by.
    """
    with np.errstate(invalid="ignore"):
        hit = errors_px <= alpha * labels.torso[:, None]
    return np.where(labels.labelled & np.isfinite(labels.torso)[:, None], hit.astype(float), np.nan)


def angle_errors(predicted: np.ndarray, labels: Labels) -> tuple[np.ndarray, np.ndarray]:
    """``(errors, labelled)``, both (N, 8): |difference| in degrees, NaN where not measurable; which angles
    have labels.
    """
    angles = labels.skeleton.angles
    true = joint_angles(labels.keypoints, angles)
    known = np.isfinite(true)
    for i, t in enumerate(angles):
        known[:, i] &= labels.labelled[:, [t.a, t.b, t.c]].all(axis=1)
    return np.where(known, np.abs(joint_angles(predicted, angles) - true), np.nan), known


def angle_hits(errors_deg: np.ndarray, known: np.ndarray, tolerance: float = ANGLE_TOLERANCE_DEG) -> np.ndarray:
    """(N, 8) 1 where a labelled angle is within ``tolerance``, 0 where not or not found, NaN where
    unlabelled.
    """
    with np.errstate(invalid="ignore"):
        return np.where(known, (errors_deg <= tolerance).astype(float), np.nan)


def hip_centred(world: np.ndarray) -> np.ndarray:
    """(N, 33, 3) metres, shifted so that the middle of the hips is the origin (networks miss it by a
    little).
    """
    return world - world[:, [LEFT_HIP, RIGHT_HIP]].mean(axis=1, keepdims=True)


def depth_errors_cm(world: np.ndarray, labels: Labels) -> np.ndarray:
    """(N, 33) |z error| of hip-centred world landmarks in cm; NaN where there is no truth or no answer."""
    return 100 * np.abs(hip_centred(world) - hip_centred(labels.world))[..., 2]


def mpjpe_cm(world: np.ndarray, labels: Labels) -> np.ndarray:
    """(N, 33) distance of hip-centred world landmarks in cm; NaN where there is no truth or no answer."""
    return 100 * np.linalg.norm(hip_centred(world) - hip_centred(labels.world), axis=-1)


def pa_mpjpe_cm(world: np.ndarray, labels: Labels) -> np.ndarray:
    """As :func:`mpjpe_cm` after the best rotation, scale and shift of each person (Procrustes)."""
    errors = np.full(world.shape[:2], np.nan)
    for i, (answer, truth) in enumerate(zip(world, labels.world, strict=True)):
        known = np.isfinite(answer).all(axis=1) & np.isfinite(truth).all(axis=1)
        if known.sum() >= 3:
            errors[i, known] = 100 * np.linalg.norm(align(answer[known], truth[known]) - truth[known], axis=1)
    return errors


def align(points: np.ndarray, target: np.ndarray) -> np.ndarray:
    """``points`` (K, 3) after the similarity transform, without mirroring, that brings it nearest to
    ``target`` (K, 3).

    Umeyama, "Least-squares estimation of transformation parameters between two point patterns", PAMI 1991.
    """
    mean_a, mean_b = points.mean(axis=0), target.mean(axis=0)
    a, b = points - mean_a, target - mean_b
    u, s, vt = np.linalg.svd(b.T @ a)
    signs = np.array([1.0, 1.0, np.sign(np.linalg.det(u @ vt))])
    spread = (a**2).sum()
    scale = (s * signs).sum() / spread if spread > 0 else 1.0
    return scale * a @ (u * signs @ vt).T + mean_b


def mean_or_none(values: np.ndarray) -> float | None:
    """The mean over all that is not NaN, or None if nothing is left."""
    values = values[np.isfinite(values)]
    return float(values.mean()) if values.size else None


def percentile_or_none(values: np.ndarray, percent: float) -> float | None:
    """A percentile over all that is not NaN, or None if nothing is left."""
    values = values[np.isfinite(values)]
    return float(np.percentile(values, percent)) if values.size else None
