"""People whom somebody else found: boxes out of a file, in place of BlazePose's detector."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posetune.errors import PosetuneError
from posetune.runtime.by_picture import ByPicture, Ids, entries_of, no_ids
from posetune.runtime.rect import Rect, rect_from_circle

#: The radius of the first crop's circle, in longer sides of the box: a standing person's hips are about its middle.
_RADIUS = 0.55


@dataclass(frozen=True)
class Box:
    """``xywh``: left, top, width, height, image px; ``score`` 0…1."""

    xywh: tuple[float, float, float, float]
    score: float = 1.0

    def crop(self, image_size: tuple[int, int]) -> Rect | None:
        """Where to look first in a picture of ``image_size`` (width, height): upright, around the box; None if it lies outside."""
        x, y, w, h = self.xywh
        if not (x < image_size[0] and y < image_size[1] and x + w > 0 and y + h > 0):
            return None
        middle = np.array([x + w / 2, y + h / 2])
        return rect_from_circle(middle, middle - (0, _RADIUS * max(w, h)), image_size)


def boxes_of(boxes: Any, where: str = "boxes") -> list[Box]:
    """Rows of x, y, width, height and, if there is a fifth, score; best first. Raises PosetuneError for anything else."""
    if isinstance(boxes, list | tuple) and all(isinstance(b, Box) for b in boxes):
        return sorted(boxes, key=lambda b: -b.score)
    rows = boxes.tolist() if isinstance(boxes, np.ndarray) else boxes
    if not isinstance(rows, list | tuple):
        raise PosetuneError(f"{where} must be rows of x, y, width, height and perhaps score, image px.")
    made = []
    for number, row in enumerate(rows, 1):
        values = row.tolist() if isinstance(row, np.ndarray) else row
        if not isinstance(values, list | tuple) or len(values) not in (4, 5):
            raise PosetuneError(f"{where}, row {number} must be x, y, width, height and perhaps score, image px.")
        made.append(_box([v.item() if isinstance(v, np.generic) else v for v in values], f"{where}, row {number}"))
    return sorted(made, key=lambda b: -b.score)


def _box(values: Sequence[Any], where: str) -> Box:
    numbers = [float(v) if isinstance(v, int | float) and not isinstance(v, bool) else math.nan for v in values]
    if not all(map(math.isfinite, numbers)) or min(numbers[2:4]) <= 0:
        raise PosetuneError(
            f"{where}: {list(values)} is no box: give x, y, width, height in image px, the last two above 0."
        )
    if len(numbers) == 5 and not 0 <= numbers[4] <= 1:
        raise PosetuneError(f"{where}: the score {numbers[4]:g} does not lie between 0 and 1.")
    x, y, w, h, *score = numbers
    return Box((x, y, w, h), *score)


class BoxFile:
    """The boxes of a file, by picture."""

    def __init__(self, path: Path, ids: Ids = no_ids) -> None:
        """``ids``: the image id of a name and frame, for entries without a name."""
        self.path = path
        self._boxes: ByPicture[Box] = ByPicture(ids)

    @classmethod
    def read(cls, path: str | Path, ids: Ids = no_ids) -> BoxFile:
        """COCO results (a list) or labels (``images`` and ``annotations``); each entry with ``bbox``, perhaps ``score``, and
        ``file_name`` (of videos ``frame``, too) or ``image_id``. Raises PosetuneError if it is neither, or one of them is no box.
        """
        made = cls(Path(path), ids)
        for entry, name, where in entries_of(made.path, "boxes"):
            if not isinstance(entry.get("bbox"), list) or len(entry["bbox"]) != 4:
                raise PosetuneError(f"{where}: there is no bbox: [x, y, width, height].")
            score = entry.get("score")
            made._boxes.add(_box([*entry["bbox"], *([] if score is None else [score])], where), entry, name, where)
        for row in (*made._boxes.by_name.values(), *made._boxes.by_id.values()):
            row.sort(key=lambda box: -box.score)
        return made

    def __len__(self) -> int:
        """How many pictures have boxes."""
        return len(self._boxes)

    @property
    def unused(self) -> set[Any]:
        """Names and ids of pictures in the file that nobody asked for yet."""
        return self._boxes.unused

    def of(self, name: str, frame: int | None = None) -> list[Box]:
        """The boxes of a picture, best first: by its name, by the end of it or of the file's, or by its id."""
        return self._boxes.of(name, frame)
