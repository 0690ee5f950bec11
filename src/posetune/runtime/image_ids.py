"""The ``image_id`` of results: the label file's own, or a number that cannot be taken for another image's."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import unicodedata
from pathlib import Path, PurePosixPath
from typing import Any

from posetune.errors import PosetuneError

#: COCO names its images by their ids: 000000123456.jpg, COCO_val2014_000000123456.jpg.
_COCO_NAME = re.compile(r"(?:COCO_[a-z]+20\d\d_)?(\d{12})")
#: Other ids are hashes of the name in this range: far above running numbers, and whole in JavaScript, too.
_LEAST, _MOST = 2**40, 2**53


class ImageIds:
    """Gives every image, and every frame of a video, its id."""

    def __init__(self, labels: Path | None = None) -> None:
        """``labels``: a COCO file whose ids are taken, by the images' names.

        Raises PosetuneError if it cannot be read, or holds no images.
        """
        #: How many images asked for are in no label file, and have an id of their own.
        self.unknown = 0
        self.given = labels is not None
        self.category_id = 1
        self._by_name: dict[str, Any] = {}
        self._by_end: dict[str, set[Any]] = {}
        if labels is not None:
            self._read(labels)

    def __call__(self, name: str, frame: int | None = None) -> Any:
        """The id of the image ``name`` (relative, with /), or of a frame of the video ``name``."""
        if self.given and frame is None:
            found = self._in_labels(name)
            if found is not None:
                return found
            self.unknown += 1
        coco = _COCO_NAME.fullmatch(PurePosixPath(name).stem)
        if coco and frame is None and not self.given:
            return int(coco[1])
        key = name if frame is None else f"{name}#{frame}"
        number = int.from_bytes(hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()[:8], "big")
        return _LEAST + number % (_MOST - _LEAST)

    def _in_labels(self, name: str) -> Any:
        """By the whole name, or by its end, from the longest on, where that means one image alone."""
        name = _plain(name)
        if name in self._by_name:
            return self._by_name[name]
        parts = name.split("/")
        for start in range(len(parts)):
            found = self._by_end.get("/".join(parts[start:]), set())
            if len(found) == 1:
                return next(iter(found))
        return None

    def _read(self, labels: Path) -> None:
        try:
            content = labels.read_bytes()
            if content[:2] == b"\x1f\x8b":
                content = gzip.decompress(content)
            found = json.loads(content.decode("utf-8-sig", "replace"))
            images = [(str(image["file_name"]), image["id"]) for image in found["images"]]
        except (OSError, EOFError) as error:
            raise PosetuneError(
                f"Cannot read the label file {labels}: {getattr(error, 'strerror', None) or error}."
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise PosetuneError(
                f"{labels} is no COCO label file: --labels takes a .json file whose images have file_name and id."
            ) from error
        for name, number in images:
            if isinstance(number, float) and number.is_integer():
                number = int(number)
            if not isinstance(number, int | str):
                raise PosetuneError(f"{labels}: the id of {name} is neither a number nor a text.")
            plain = _plain(name)
            self._by_name.setdefault(plain, number)
            parts = plain.split("/")
            for start in range(len(parts)):
                self._by_end.setdefault("/".join(parts[start:]), set()).add(number)
        if not images:
            raise PosetuneError(f"{labels} holds no images: their ids are what --labels is for.")
        categories = [c for c in found.get("categories") or [] if isinstance(c, dict) and isinstance(c.get("id"), int)]
        posed = [c["id"] for c in categories if c.get("keypoints")] or [
            c["id"] for c in categories if c.get("name") == "person"
        ]
        self.category_id = posed[0] if posed else 1


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", name).replace("\\", "/").removeprefix("./")
