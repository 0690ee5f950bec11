"""People whom somebody else found: boxes out of a file, in place of BlazePose's detector."""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from posetune.errors import PosetuneError
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


@dataclass(eq=False)
class BoxFile:
    """The boxes of a file, by picture. ``ids``: the image id of a name and frame, for entries without a name. ``unused``: names and
    ids of pictures in the file that nobody asked for yet.
    """

    path: Path
    ids: Callable[[str, int | None], Any]
    by_name: dict[tuple[str, int | None], list[Box]] = field(default_factory=lambda: defaultdict(list))
    by_id: dict[Any, list[Box]] = field(default_factory=lambda: defaultdict(list))
    unused: set[Any] = field(default_factory=set)

    @classmethod
    def read(cls, path: str | Path, ids: Callable[[str, int | None], Any] = lambda name, frame: None) -> BoxFile:
        """COCO results (a list) or labels (``images`` and ``annotations``); each entry with ``bbox``, perhaps ``score``, and
        ``file_name`` (of videos ``frame``, too) or ``image_id``. Raises PosetuneError if it is neither, or one of them is no box.
        """
        path = Path(path)
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise PosetuneError(f"Cannot read the boxes {path}: {error.strerror}.") from error
        except ValueError as error:
            raise PosetuneError(f"The boxes {path} are no JSON: {error}.") from error
        names: dict[Any, str] = {}
        if isinstance(content, dict) and isinstance(content.get("annotations"), list):
            images = content.get("images")
            named = [i for i in images if isinstance(i, dict)] if isinstance(images, list) else []
            names = {_hashable(i.get("id")): str(i.get("file_name")) for i in named}
            content = content["annotations"]
        if not isinstance(content, list):
            raise PosetuneError(
                f"The boxes {path} are neither COCO results (a list) nor labels (images and annotations)."
            )
        made = cls(path, ids)
        for number, entry in enumerate(content, 1):
            made._add(entry, names, f"{path}, entry {number}")
        for row in (*made.by_name.values(), *made.by_id.values()):
            row.sort(key=lambda box: -box.score)
        made.unused = {*made.by_name, *made.by_id}
        return made

    def __len__(self) -> int:
        """How many pictures have boxes."""
        return len(self.by_name) + len(self.by_id)

    def _add(self, entry: Any, names: dict[Any, str], where: str) -> None:
        if not isinstance(entry, dict) or not isinstance(entry.get("bbox"), list) or len(entry["bbox"]) != 4:
            raise PosetuneError(f"{where}: there is no bbox: [x, y, width, height].")
        score = entry.get("score")
        box = _box([*entry["bbox"], *([] if score is None else [score])], where)
        number = _hashable(entry.get("image_id"))
        name = entry.get("file_name") or names.get(number)
        if isinstance(name, str):
            frame = entry.get("frame")
            self.by_name[_plain(name), frame if isinstance(frame, int) else None].append(box)
        elif number is not None:
            self.by_id[number].append(box)
        else:
            raise PosetuneError(f"{where}: neither file_name nor image_id says which picture it is of.")

    def of(self, name: str, frame: int | None = None) -> list[Box]:
        """The boxes of a picture, best first: by its name, by the end of it or of the file's, or by its id."""
        key = self._key(_plain(name), frame)
        if key is not None:
            self.unused.discard(key)
            return self.by_name[key]
        number = self.ids(name, frame) if self.by_id else None
        self.unused.discard(number)
        return self.by_id.get(number, [])

    def _key(self, name: str, frame: int | None) -> tuple[str, int | None] | None:
        parts = name.split("/")
        for start in range(len(parts)):
            if ("/".join(parts[start:]), frame) in self.by_name:
                return "/".join(parts[start:]), frame
        longer = [key for key in self.by_name if key[1] == frame and key[0].endswith(f"/{name}")]
        return longer[0] if len(longer) == 1 else None


def _plain(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).as_posix().lstrip("/")


def _hashable(value: Any) -> Any:
    return (
        int(value)
        if isinstance(value, float) and value == int(value)
        else value
        if isinstance(value, int | str)
        else None
    )
