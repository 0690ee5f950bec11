"""One person of a picture, where somebody points: in a worker."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from posetune.runtime.boxes import boxes_of
from posetune.runtime.images import read_image
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.pose import Pose
from posetune.serve.pool.context import Context, Network, Refused

#: So many people of a picture are looked at to find the one that was pointed at.
_MOST = 20
#: A point this visible is labelled as visible, others as occluded.
VISIBLE = 0.5
#: A person who is not found gets a square of this share of the picture's shorter side.
_SIDE = 0.6


def one_person(context: Context, payload: dict[str, Any]) -> dict[str, Any]:
    """The person in ``box`` (x, y, width, height) or at ``point`` (x, y), px of the picture ``path``, by ``network``.

    A person is always given; ``score`` says how surely it is one. Raises Refused for a box of no size, PosetuneError for what is no
    picture.
    """
    rgb = read_image(Path(payload["path"]))
    network = msgspec.convert(payload["network"], Network)
    landmarker = context.landmarker(network)
    if payload.get("box") is not None:
        pose = _in_box(landmarker, rgb, payload["box"])
    else:
        pose = _at(landmarker, rgb, payload["point"])
    if pose is None:
        raise Refused(422, "There is nothing of a picture in this box; draw it around a person.")
    height, width = rgb.shape[:2]
    xy = pose.landmarks_px[:, :2].astype(np.float64)
    inside = (xy >= 0).all(axis=1) & (xy < [width, height]).all(axis=1)
    v = np.where(inside, np.where(pose.visibility >= VISIBLE, 2, 1), 0)
    low, high = xy.min(axis=0).clip(0, [width, height]), xy.max(axis=0).clip(0, [width, height])
    box = payload.get("box") or [*low.tolist(), *(high - low).tolist()]
    return {
        "network": {"name": network.name, "sha256": network.sha256},
        "points": [[round(x, 3), round(y, 3), int(k)] for (x, y), k in zip(xy.tolist(), v, strict=True)],
        "confidence": np.round(np.clip(pose.visibility.astype(np.float64), 0, 1), 4).tolist(),
        "box": [round(value, 2) for value in box],
        "score": round(float(pose.score), 4),
    }


def _in_box(landmarker: Landmarker, rgb: np.ndarray, box: list[float]) -> Pose | None:
    for wanted in boxes_of([box]):
        found = next(iter(landmarker.poses_in(rgb, [wanted])), None)
        if found is not None:
            return found
        crop = wanted.crop((rgb.shape[1], rgb.shape[0]))
        return None if crop is None else landmarker.predict_crop(rgb, crop)
    return None


def _at(landmarker: Landmarker, rgb: np.ndarray, point: list[float]) -> Pose | None:
    """Of the people found the one whose points lie around ``point`` and nearest to it, else whoever may be there."""
    x, y = point
    best: tuple[float, Pose] | None = None
    for pose in landmarker.predict(rgb, _MOST, tiles="auto"):
        xy = pose.landmarks_px[:, :2]
        low, high = xy.min(axis=0), xy.max(axis=0)
        slack = 0.1 * float((high - low).max())
        if not ((low - slack <= point) & (point <= high + slack)).all():
            continue
        distance = float(np.linalg.norm(xy - point, axis=1).min())
        if best is None or distance < best[0]:
            best = distance, pose
    if best is not None:
        return best[1]
    side = _SIDE * min(rgb.shape[:2])
    return _in_box(landmarker, rgb, [x - side / 2, y - side / 2, side, side])
