"""Poses that another program found (ViTPose, RTMPose, Sapiens …), as COCO results, in the order of our 33."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posetune.data.formats.coco_schema import WHOLEBODY
from posetune.data.formats.halpe import POINTS as HALPE
from posetune.errors import PosetuneError
from posetune.landmarks import COCO17, COUNT, NAMES, match_names
from posetune.runtime.by_picture import ByPicture, Ids, entries_of, no_ids, plain

_BODY = tuple(NAMES[i] for i in COCO17)
#: How many points an entry has → what they are: COCO, COCO-WholeBody (body, feet, face, hands), Halpe's body and feet, the 33.
KNOWN: dict[int, tuple[str, ...]] = {
    17: _BODY,
    26: HALPE[:26],
    133: (*_BODY, *(name for key in ("foot_kpts", "face_kpts", "lefthand_kpts", "righthand_kpts") for name in WHOLEBODY[key])),
    136: HALPE,
    COUNT: NAMES,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Predicted:
    """Somebody. ``points_px``: (33, 2) image px, NaN where not given; ``confidence``: (33,) 0…1, NaN likewise; ``score`` 0…1."""

    points_px: np.ndarray
    confidence: np.ndarray
    score: float


class Predictions:
    """The people of a file, by picture."""

    def __init__(self, path: Path, ids: Ids = no_ids) -> None:
        self.path = path
        self.people: ByPicture[Predicted] = ByPicture(ids)

    @classmethod
    def read(cls, path: str | Path, names: Sequence[str] | None = None, ids: Ids = no_ids) -> Predictions:
        """COCO results (a list) or labels; each entry with ``keypoints`` (x, y in image px and a score for each point), perhaps
        ``score``, and ``file_name`` (of videos ``frame``, too) or ``image_id``.

        ``names``: of the points in order, where they are not 17, 26, 133 or 136 as COCO and Halpe order them, or MediaPipe's 33.
        ``ids``: the image id of a name and frame, for entries without a name (``runtime.image_ids``).

        Raises PosetuneError if it is neither, or one of them has other points.
        """
        made = cls(Path(path), ids)
        maps: dict[int, list[tuple[int, int]]] = {}
        for entry, name, where in entries_of(made.path, "predictions"):
            values = _numbers(entry.get("keypoints"), where)
            own = entry.get("keypoint_names")
            count = len(values)
            if count not in maps:
                maps[count] = _mapping(count, own if isinstance(own, list) else names, where)
            made.people.add(_predicted(values, maps[count], entry.get("score"), where), entry, name, where)
        if not len(made.people):
            raise PosetuneError(f"The predictions {path} hold nobody.")
        for people in (*made.people.by_name.values(), *made.people.by_id.values()):
            people.sort(key=lambda p: -p.score)
        return made

    def of(self, name: str, frame: int | None = None) -> list[Predicted]:
        """The people of a picture or of a frame of a video, best first."""
        return self.people.of(name, frame)

    def frames_of(self, name: str) -> frozenset[int]:
        """The frames of the video ``name`` in which somebody was found."""
        name = plain(name)
        ends = f"/{name}"
        return frozenset(
            frame
            for known, frame in self.people.by_name
            if frame is not None and (known == name or known.endswith(ends) or name.endswith(f"/{known}"))
        )


def _mapping(count: int, names: Sequence[str] | None, where: str) -> list[tuple[int, int]]:
    """Which point of the entry is which of the 33."""
    if names is None or (len(names) != count and count in KNOWN):
        names = KNOWN.get(count)
    if names is None:
        known = ", ".join(map(str, sorted(KNOWN)))
        raise PosetuneError(
            f"{where} has {count} points, and nothing says which; of {known} points the order is known, of others name them in "
            "order with --names FILE, one a line."
        )
    if len(names) != count:
        raise PosetuneError(f"{where} has {count} points, but {len(names)} names are given.")
    mapping, _ = match_names(names)
    if not mapping:
        raise PosetuneError(f"{where}: none of its names means one of MediaPipe's 33 ({', '.join(names[:5])} …).")
    return sorted(mapping.items())


def _numbers(keypoints: Any, where: str) -> np.ndarray:
    """(K, 3) x, y, score."""
    if not isinstance(keypoints, list) or not keypoints or len(keypoints) % 3:
        raise PosetuneError(f"{where}: there is no keypoints: [x, y, score, …].")
    try:
        values = np.array(keypoints, float).reshape(-1, 3)  # null, of our own results, becomes NaN
    except (TypeError, ValueError) as error:
        raise PosetuneError(f"{where}: its keypoints are not numbers.") from error
    return values


def _predicted(values: np.ndarray, mapping: list[tuple[int, int]], score: Any, where: str) -> Predicted:
    points, confidence = np.full((COUNT, 2), np.nan), np.full(COUNT, np.nan)
    for source, target in mapping:
        x, y, share = values[source]
        if math.isfinite(x) and math.isfinite(y) and share > 0:  # 0, 0, 0 is how some say that there is none
            points[target], confidence[target] = (x, y), min(share, 1.0)
    if score is None:
        score = float(np.nanmean(confidence)) if np.isfinite(confidence).any() else 0.0
    if not isinstance(score, int | float) or isinstance(score, bool) or not math.isfinite(score):
        raise PosetuneError(f"{where}: its score is no number.")
    return Predicted(points, confidence, float(np.clip(score, 0, 1)))
