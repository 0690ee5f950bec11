"""What a file of COCO results or labels says of single pictures, found by a picture's name or id."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Generic, TypeVar

from posetune.errors import PosetuneError

T = TypeVar("T")
Ids = Callable[[str, int | None], Any]
Key = tuple[str, int | None]


def no_ids(name: str, frame: int | None) -> None:
    return None


def entries_of(path: Path, what: str) -> Iterator[tuple[dict[str, Any], str | None, str]]:
    """``(entry, name, where)``: the entries of COCO results (a list) or labels (``images`` and ``annotations``), each with the name
    of its picture, None where it says an id alone, and where it stands. ``what``: the file is ("boxes"), for messages.

    Raises PosetuneError if it is neither.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise PosetuneError(f"Cannot read the {what} {path}: {error.strerror}.") from error
    except ValueError as error:
        raise PosetuneError(f"The {what} {path} are no JSON: {error}.") from error
    names: dict[Any, str] = {}
    if isinstance(content, dict) and isinstance(content.get("annotations"), list):
        images = content.get("images")
        named = [i for i in images if isinstance(i, dict)] if isinstance(images, list) else []
        names = {hashable(i.get("id")): str(i.get("file_name")) for i in named}
        content = content["annotations"]
    if not isinstance(content, list):
        raise PosetuneError(f"The {what} {path} are neither COCO results (a list) nor labels (images and annotations).")
    for number, entry in enumerate(content, 1):
        where = f"{path}, entry {number}"
        known = entry if isinstance(entry, dict) else {}
        yield known, known.get("file_name") or names.get(hashable(known.get("image_id"))), where


@dataclass(eq=False)
class ByPicture(Generic[T]):
    """Things by picture. ``ids``: the image id of a name and frame, for things of which an id alone is known. ``unused``: names and
    ids of pictures that nobody asked for yet.
    """

    ids: Ids = no_ids
    by_name: dict[Key, list[T]] = field(default_factory=lambda: defaultdict(list))
    by_id: dict[Any, list[T]] = field(default_factory=lambda: defaultdict(list))
    unused: set[Any] = field(default_factory=set)

    def __len__(self) -> int:
        """How many pictures there is something of."""
        return len(self.by_name) + len(self.by_id)

    def add(self, thing: T, entry: dict[str, Any], name: str | None, where: str) -> None:
        """Keep ``thing`` for the picture that ``entry`` is of. Raises PosetuneError if it does not say which."""
        number = hashable(entry.get("image_id"))
        if isinstance(name, str):
            frame = entry.get("frame")
            key = plain(name), frame if isinstance(frame, int) else None
            self.by_name[key].append(thing)
            self.unused.add(key)
        elif number is not None:
            self.by_id[number].append(thing)
            self.unused.add(number)
        else:
            raise PosetuneError(f"{where}: neither file_name nor image_id says which picture it is of.")

    def of(self, name: str, frame: int | None = None) -> list[T]:
        """The things of a picture: by its name, by the end of it or of the file's, or by its id."""
        key = self._key(plain(name), frame)
        if key is not None:
            self.unused.discard(key)
            return self.by_name[key]
        number = self.ids(name, frame) if self.by_id else None
        self.unused.discard(number)
        return self.by_id.get(number, [])

    def _key(self, name: str, frame: int | None) -> Key | None:
        parts = name.split("/")
        for start in range(len(parts)):
            if ("/".join(parts[start:]), frame) in self.by_name:
                return "/".join(parts[start:]), frame
        longer = [key for key in self.by_name if key[1] == frame and key[0].endswith(f"/{name}")]
        return longer[0] if len(longer) == 1 else None


def plain(name: str) -> str:
    return PurePosixPath(name.replace("\\", "/")).as_posix().lstrip("/")


def hashable(value: Any) -> Any:
    if isinstance(value, float) and value == int(value):
        return int(value)
    return value if isinstance(value, int | str) else None
