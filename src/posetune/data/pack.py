"""Crops of a large set into tar files with a Parquet index: reading is one seek, not millions of small files."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from posetune.data.answers import by_image
from posetune.data.formats.coco_writer import annotation_row
from posetune.data.formats.packed import ABOUT
from posetune.data.people import Dataset, Person
from posetune.errors import PosetuneError, pip_install
from posetune.files import replacing
from posetune.geometry import Crop
from posetune.opencv import cv2
from posetune.progress import Reporter

#: How much of the picture around a crop is kept, in sides of it: what turning, moving and scaling in training reach.
_REACH = 1.8
#: The crop's own side in what is written, px, at most: a little more than networks take.
_SIDE = 288
_QUALITY = [cv2.IMWRITE_JPEG_QUALITY, 95]
_HEADER = 512  # bytes, of a member of a tar file whose name is short


@dataclass(frozen=True)
class Packed:
    """``people`` in ``tars`` files of ``megabytes``; ``left_out``: people whose labels imply no crop."""

    people: int
    tars: int
    megabytes: float
    left_out: int


def pack(dataset: Dataset, out: Path, split: str, shard: int = 10_000, report: Reporter | None = None) -> Packed:
    """Write the people of ``dataset`` that can be learnt from, ``shard`` crops a tar file, into the folder ``out`` as ``split``.

    The index is written last. Raises PosetuneError for a picture that cannot be read, a folder that has that split, or where
    pyarrow is missing.
    """
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ModuleNotFoundError as error:
        raise PosetuneError(f"Packing needs pyarrow, which is not installed: {pip_install('scale')}") from error
    index = out / f"{split}.parquet"
    if index.exists():
        raise PosetuneError(f"{out} has a packed split {split} already: choose another OUT.")
    people, bytes_ = list(dataset.usable), 0
    rows: list[dict[str, Any]] = []
    if not people:
        raise PosetuneError(f"{dataset.name} has nobody to pack: label a shoulder and a hip at least.")
    with (report or Reporter()).counting("crops", len(people)) as counter:
        cut = _cut_all(people)
        for number in range((len(people) + shard - 1) // shard):
            name = f"{split}-{number:05}.tar"
            with replacing(out / name) as path, tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
                for _ in range(min(shard, len(people) - len(rows))):
                    person, picture = next(cut)
                    rows.append({**_member(tar, person, picture, len(rows)), "tar": name})
                    counter.step()
            bytes_ += (out / name).stat().st_size
    about = {"source_names": dataset.source_names, "dropped_names": dataset.dropped_names, "version": 1}
    table = pa.Table.from_pylist(rows).replace_schema_metadata({ABOUT: json.dumps(about).encode()})
    with replacing(index) as path:
        pq.write_table(table, path, compression="zstd")
    return Packed(len(people), number + 1, bytes_ / 1e6, len(dataset.people) - len(people))


def _member(tar: tarfile.TarFile, person: Person, picture: np.ndarray, number: int) -> dict[str, Any]:
    """Write one crop and its labels; its row of the index."""
    done, coded = cv2.imencode(".jpg", picture[:, :, ::-1], _QUALITY)
    assert done
    labels = json.dumps(_labels(person), allow_nan=False)
    key = f"{number:09}"
    offset = tar.offset + _HEADER
    for suffix, content in ((".jpg", coded.tobytes()), (".json", labels.encode())):
        member = tarfile.TarInfo(key + suffix)
        member.size = len(content)
        tar.addfile(member, io.BytesIO(content))
    return {
        "name": f"{key}.jpg", "offset": offset, "size": len(coded.tobytes()), "id": number + 1, "width": picture.shape[1],
        "height": picture.shape[0], "group": person.group, "labels": labels,
    }  # fmt: skip


def _labels(person: Person) -> dict[str, Any]:
    row = annotation_row(person)
    kept: dict[str, Any] = {
        key: row[key] for key in ("keypoints", "bbox", "area", "ignore", "keypoints_3d") if key in row
    }
    crop = person.seen_crop
    if crop is not None:
        kept["seen_crop"] = [crop.cx, crop.cy, crop.side, crop.angle]
    return {**kept, "one_sided": person.one_sided, "origin": person.origin.to_row()}


def _cut_all(people: list[Person]) -> Iterator[tuple[Person, np.ndarray]]:
    """Each person in the piece of picture that is kept; pictures are read once each, those of a picture follow one another."""
    for image, indices in by_image(people):
        rgb = image.read()
        for i in indices:
            yield cut(people[i], rgb)


def cut(person: Person, rgb: np.ndarray) -> tuple[Person, np.ndarray]:
    """``(person, picture)``: the surroundings of a person in ``rgb`` (H, W, 3), made smaller where they are large, and the labels
    in them. A piece that reaches beyond the picture ends where that does, so that its edge is repeated as the picture's would be.
    """
    crop = person.crop
    assert crop is not None
    height, width = rgb.shape[:2]
    reach = _REACH * crop.side / 2
    left, top = (int(np.clip(np.floor(c - reach), 0, s - 1)) for c, s in ((crop.cx, width), (crop.cy, height)))
    right, bottom = (int(np.clip(np.ceil(c + reach), 1, s)) for c, s in ((crop.cx, width), (crop.cy, height)))
    piece = rgb[top : max(bottom, top + 1), left : max(right, left + 1)]
    share = min(1.0, _SIDE / crop.side)
    size = tuple(max(1, round(n * share)) for n in (piece.shape[1], piece.shape[0]))
    small = piece if share == 1 else cv2.resize(piece, size, interpolation=cv2.INTER_AREA)
    scale = np.array([small.shape[1] / piece.shape[1], small.shape[0] / piece.shape[0]])
    return _moved(person, np.array([left, top], float), scale), np.ascontiguousarray(small)


def _moved(person: Person, origin: np.ndarray, scale: np.ndarray) -> Person:
    """``person`` in the frame of a piece that begins at ``origin`` (x, y), image px, and was resized by ``scale``."""

    def place(points: np.ndarray) -> np.ndarray:
        return np.asarray((points - origin + 0.5) * scale - 0.5)  # pixels' middles stay middles

    keypoints = person.keypoints.copy()
    keypoints[person.labelled, :2] = place(keypoints[person.labelled, :2])
    box, crop = person.bbox, person.seen_crop
    if box is not None:
        box = np.concatenate([(box[:2] - origin) * scale, box[2:] * scale])
    if crop is not None:
        cx, cy = place(np.array([crop.cx, crop.cy]))
        crop = Crop(float(cx), float(cy), crop.side * float(scale.mean()), crop.angle)
    area = None if person.area is None else person.area * float(scale.prod())
    return replace(person, keypoints=keypoints, bbox=box, area=area, seen_crop=crop, outside=None)
