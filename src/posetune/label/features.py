"""What makes two frames alike: the poses of their people, and the picture to the squint eye."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posetune.geometry import side_torso_px, torso_px
from posetune.landmarks import INDEX, LEFT_HIP, RIGHT_HIP

#: The points that make a pose.
JOINTS = [
    INDEX[f"{side}_{joint}"]
    for joint in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle")
    for side in ("left", "right")
]


def pose_feature(points_px: np.ndarray, known: np.ndarray | None = None) -> np.ndarray | None:
    """(12, 2) float32: :data:`JOINTS` in torsos from the middle of the hips, image axes, NaN where unknown; None for somebody
    without a torso or a hip. ``points_px``: (33, ≥2) image px; ``known``: (33,) bool, None for all.
    """
    known = np.ones(len(points_px), bool) if known is None else known
    torso = torso_px(points_px, known)
    torso = torso if np.isfinite(torso) else side_torso_px(points_px, known)
    hips = [i for i in (LEFT_HIP, RIGHT_HIP) if known[i]]
    if not hips or not torso > 0:
        return None
    feature = (points_px[JOINTS, :2] - points_px[hips, :2].mean(axis=0)) / torso
    return np.where(known[JOINTS, None], feature, np.nan).astype(np.float32)


def pose_distances(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(N,) mean distance of the joints that both know, torsos; infinite where there is none. ``one``: (12, 2); ``others``:
    (N, 12, 2).
    """
    apart = np.linalg.norm(others - one, axis=-1)
    known = np.isfinite(apart)
    total = np.where(known, apart, 0).sum(axis=-1)
    count = known.sum(axis=-1)
    return np.where(count > 0, total / np.maximum(count, 1), np.inf)


def likeness(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """(N,) −1…1: how alike pictures are, by the cells of ``checks.pictures.look_of``; 1 where neither shows anything at all.
    ``one``: (C,); ``others``: (N, C); NaN for a picture of a single brightness.
    """
    plain = np.isnan(one[0]) & np.isnan(others[:, 0])
    return np.where(plain, 1.0, np.nan_to_num(others @ one, nan=-1.0))


def stacked(features: Sequence[np.ndarray]) -> np.ndarray:
    """(N, 12, 2) of N features."""
    return np.array(features, np.float32).reshape(-1, len(JOINTS), 2)
