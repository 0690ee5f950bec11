"""What a job with ``--what label`` or ``teach`` does with a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from posetune import stock
from posetune.data.people import ImageRecord
from posetune.data.teacher import pseudo_labels
from posetune.errors import PosetuneError
from posetune.graph.points import has_own_points
from posetune.label.prelabel import found_in, proposals
from posetune.runtime import batch
from posetune.runtime.landmarker import Landmarker
from posetune.scale.plan import Item
from posetune.scale.rows import Look


def label(options: batch.Options) -> Look:
    """Prelabels as ``posetune label`` makes them, of all pictures."""
    _check_points(options)

    def look(landmarker: Landmarker, rgb: np.ndarray, item: Item) -> Sequence[Mapping[str, Any]]:
        found = proposals(landmarker, rgb, found_in(landmarker, rgb, options.max_people, options.tiles))
        return [
            {"score": one.score, "keypoints": one.keypoints.ravel(), "outside": one.outside.ravel(),
             "confidence": one.confidence}
            for one in found
        ]  # fmt: skip

    return look


def teach(options: batch.Options) -> Look:
    """What a teacher says of everybody in several views, sure or not."""
    _check_points(options)

    def look(landmarker: Landmarker, rgb: np.ndarray, item: Item) -> Sequence[Mapping[str, Any]]:
        image = ImageRecord(item.uri, Path(item.uri), rgb.shape[1], rgb.shape[0], item.file)
        crops = [(image, pose.crop) for pose in options.predict(landmarker, rgb, item.file)]
        said = pseudo_labels(landmarker, crops, lambda _: rgb)
        return [
            {"score": float(said.score[i]), "points_px": said.points_px[i].ravel(), "trust": said.trust[i],
             "spread": said.spread[i], "crop": [crop.cx, crop.cy, crop.side, crop.angle]}
            for i, (_, crop) in enumerate(crops)
        ]  # fmt: skip

    return look


def _check_points(options: batch.Options) -> None:
    if has_own_points(stock.resolve(options.model).landmarks):
        raise PosetuneError("A network with points of its own labels and teaches nothing: MediaPipe's 33 are wanted.")
