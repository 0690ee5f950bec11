"""Crops of a large set, packed: tar files of JPEG and JSON (as WebDataset has them) and a Parquet index by which each is read where
it lies. Writing: ``data.pack``.
"""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posetune.data.formats.reading import Reading
from posetune.data.origin import Origin
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.errors import PosetuneError
from posetune.geometry import Crop
from posetune.landmarks import COUNT, NAMES
from posetune.runtime.images import read_image

__all__ = ["ABOUT", "NAME", "TITLE", "PackedImage", "read", "sniff"]

NAME = "packed"
TITLE = "posetune's packed crops (tar and Parquet index)"
#: Where the index says what it is.
ABOUT = b"posetune-packed"


@dataclass(frozen=True)
class PackedImage(ImageRecord):
    """A picture in a tar file: ``size`` bytes from ``offset`` on. ``path`` is its name there, below that of the file."""

    tar: Path = Path()
    offset: int = 0
    size: int = 0

    def read(self) -> np.ndarray:
        """See ImageRecord.read. Any number of processes may read one file."""
        try:
            with self.tar.open("rb") as file:
                file.seek(self.offset)
                content = file.read(self.size)
        except OSError as error:
            raise PosetuneError(f"Cannot read {self.path}: {error.strerror or error}.") from error
        if len(content) < self.size:
            raise PosetuneError(f"Cannot read {self.path}: {self.tar} is cut off; copy it again.")
        return read_image(content)


def sniff(path: Path) -> bool:
    """Whether ``path`` is the index of packed crops: Parquet that says so in its end."""
    if path.suffix.lower() != ".parquet" or not path.is_file():
        return False
    with path.open("rb") as file:
        if file.read(4) != b"PAR1":
            return False
        file.seek(max(0, path.stat().st_size - (1 << 16)))
        return ABOUT in file.read()


def read(path: Path, how: Reading = Reading()) -> Dataset:  # noqa: B008 frozen
    """Read an index. Raises PosetuneError where it is damaged, a tar file is missing, or points of its own are asked for."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        from posetune.errors import pip_install

        raise PosetuneError(f"{path} is packed, which needs pyarrow: {pip_install('scale')}") from error
    try:
        table = pq.read_table(path)
        about = json.loads(table.schema.metadata[ABOUT])
        rows = table.to_pylist()
    except (pa.ArrowException, OSError, KeyError, ValueError, TypeError) as error:
        raise PosetuneError(f"{path} is damaged: {error}. Pack the set again.") from error
    missing = sorted({row["tar"] for row in rows if not _there(path.parent / row["tar"])})
    if missing:
        raise PosetuneError(f"{path.parent} lacks {', '.join(missing[:3])}, which {path.name} is the index of.")
    people = [_person(path.parent, row) for row in rows]
    return Dataset(
        how.name or f"{path.parent.resolve().name} {path.stem}", tuple(p.image for p in people), tuple(people),
        tuple(about["source_names"]), tuple(about["dropped_names"]), path.parent,
    )  # fmt: skip


@functools.cache
def _there(tar: Path) -> bool:
    return tar.is_file()


def _person(folder: Path, row: dict[str, Any]) -> Person:
    image = PackedImage(
        row["id"], folder / row["tar"] / row["name"], row["width"], row["height"], row["group"],
        tar=folder / row["tar"], offset=row["offset"], size=row["size"],
    )  # fmt: skip
    labels = json.loads(row["labels"])
    three = labels.get("keypoints_3d")
    crop, box = labels.get("seen_crop"), labels.get("bbox")
    return Person(
        row["id"],
        image,
        np.array(labels["keypoints"], float).reshape(COUNT, 3),
        None if box is None else np.array(box, float),
        labels.get("area"),
        bool(labels.get("ignore")),
        None if three is None else np.array([np.nan if v is None else v for v in three], float).reshape(COUNT, 3),
        Origin.of(labels.get("origin", {}), range(len(NAMES))),
        seen_crop=None if crop is None else Crop(*crop),
        one_sided=bool(labels.get("one_sided")),
    )
