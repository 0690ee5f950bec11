"""YOLO-pose: a data.yaml, and a text file of shares of the picture for each image; points by number alone."""

from __future__ import annotations

import math
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from posetune.data.formats.image_finder import some
from posetune.data.formats.reading import Reading, Tables
from posetune.data.formats.table_reader import read_tables
from posetune.data.formats.yolo_writer import LOSSES, write_yolo
from posetune.data.formats.yolo_yaml import Description, describe, yaml_of
from posetune.data.losses import Losses
from posetune.data.people import Dataset
from posetune.data.picture_sizes import picture_size
from posetune.errors import PosetuneError
from posetune.files import walk
from posetune.runtime.images import IMAGE_SUFFIXES

__all__ = ["LOSSES", "NAME", "TITLE", "parts", "read", "sniff", "write"]

NAME = "yolo"
TITLE = "YOLO-pose (data.yaml, labels/*.txt)"

write = write_yolo

#: No label file, and no line for one person, is longer.
_LARGEST_FILE, _MOST_DIGITS = 1 << 26, 40
#: From here on a v between 0 and 1 counts as a label: it is a detector's score.
_SURE = 0.5
#: A point this far beyond the picture, in shares of it, is no share.
_FARTHEST = 3.0


def sniff(path: Path) -> bool:
    """Whether ``path`` is a data.yaml with kpt_shape, or the folder of one."""
    return yaml_of(path) is not None


def parts(path: Path) -> list[str]:
    """The splits that the YAML names."""
    return list(describe(path).splits)


def point_count(path: Path) -> int:
    """How many points a person has, as the YAML says."""
    return describe(path).count


def read(path: Path, how: Reading = Reading()) -> Dataset:  # noqa: B008 frozen
    """Read one split (``how.split``; without, all of them). The points' names are ``how.order``, else the YAML's kpt_names.

    Two numbers a point: 0 0 is unlabelled, anything else v = 2. Raises PosetuneError: points without names, a YAML or line
    that is none (with its number), images that are missing (labels are shares of their size), and what ``coco.load_coco``
    raises.
    """
    about = describe(path)
    names = how.order or about.names
    where = str(about.path)
    if not names:
        raise PosetuneError(
            f"{where}: its {about.count} points have no names, and what is nameless is never guessed from the count. Put them in "
            "order with --names FILE (a name a line), or let --names auto find them from a network's answers "
            "(posetune data convert)."
        )
    if len(names) != about.count:
        raise PosetuneError(f"{where}: kpt_shape says {about.count} points, and {len(names)} names are given.")
    if about.class_names:
        categories = [{"id": i, "name": name, "keypoints": list(names)} for i, name in about.class_names.items()]
    else:
        categories = [{"id": 0, "name": "person", "keypoints": list(names)}]
    reader = _Reader(about, how)
    images = list(reader.images())
    if not images:
        raise PosetuneError(
            f"{where}: no image of {some([str(s) for s in about.splits])} is there; labels are shares of the picture's size, so "
            "the pictures are needed: give their folder with --images."
        )
    tables = Tables(
        where, [row for row, _ in images], reader.rows(images), categories, about.notes(names), reader.losses
    )
    return read_tables(tables, about.path, _with_root(how, about.path.parent))


def _with_root(how: Reading, folder: Path) -> Reading:
    bases = (*how.bases, folder)
    return Reading(**{**vars(how), "root": how.root or folder, "images": how.images or folder, "bases": bases})


class _Reader:
    """Finds the images of a split, and reads the lines of each."""

    def __init__(self, about: Description, how: Reading) -> None:
        self.about, self.how = about, how
        self.losses = Losses()
        self.where = about.path

    def images(self) -> Iterator[tuple[dict[str, Any], Path]]:
        """Rows of the images that are there, and the label file of each."""
        number = 0
        seen: set[Path] = set()
        wanted = [self.how.split] if self.how.split is not None else list(self.about.splits)
        for split in wanted:
            if split not in self.about.splits:
                raise PosetuneError(f"{self.where} has no split '{split}'; it has {', '.join(self.about.splits)}.")
            for image, labels in self.pairs(self.about.splits[split]):
                if image in seen:
                    self.losses.add("images", "stand in the list twice")
                    continue
                seen.add(image)
                size = picture_size(image)
                if size is None:
                    self.losses.add(
                        "images", "are missing or damaged, and their labels are shares of the size", 1, [image.name]
                    )
                    continue
                number += 1
                yield {
                    "id": number, "file_name": self.name(image), "width": size.width, "height": size.height
                }, labels  # fmt: skip

    def name(self, image: Path) -> str:
        """As it is to be found from the YAML's folder."""
        folder = self.where.parent
        return image.relative_to(folder).as_posix() if image.is_relative_to(folder) else os.path.abspath(image)

    def pairs(self, entry: Sequence[str]) -> Iterator[tuple[Path, Path]]:
        """(image, label file) of a split's entry: folders, lists of images, or images."""
        for text in entry:
            place = self.about.find(text)
            if place is not None and place.is_dir():
                yield from self.of_folder(place)
            elif place is not None and place.suffix.lower() == ".txt":
                yield from self.of_list(place)
            elif place is not None:
                yield place, self.labels_of(place)
            else:
                yield from self.without_images(text)

    def of_folder(self, folder: Path) -> Iterator[tuple[Path, Path]]:
        images = [path for path in walk(folder) if path.suffix.lower() in IMAGE_SUFFIXES]
        known = set()
        for image in images:
            labels = self.labels_of(image)
            known.add(labels)
            yield image, labels
        own = _labels_folder(folder)
        if own.is_dir():
            yield from self.by_stem(path for path in walk(own) if path.suffix == ".txt" and path not in known)

    def of_list(self, path: Path) -> Iterator[tuple[Path, Path]]:
        for line in _text(path).splitlines():
            name = line.strip().replace("\\", "/")
            if not name:
                continue
            image = self.about.find(name, path.parent)
            if image is None:
                label = self.about.find(_as_label(name), path.parent)
                found = self.by_stem([label] if label is not None else [])
                pair = next(found, None)
                if pair is None:
                    self.losses.add(
                        "images", "are missing or damaged, and their labels are shares of the size", 1, [name]
                    )
                else:
                    yield pair
            else:
                yield image, self.labels_of(image)

    def without_images(self, text: str) -> Iterator[tuple[Path, Path]]:
        """The label files of a split whose folder of images is not there; the images where the user says they are."""
        folder = self.about.find(_as_label(text.rstrip("/")).removesuffix(".txt"))
        if folder is not None and folder.is_dir():
            yield from self.by_stem(path for path in walk(folder) if path.suffix == ".txt")

    def by_stem(self, labels: Any) -> Iterator[tuple[Path, Path]]:
        """Label files with the images of their names in ``how.images``."""
        for path in labels:
            image = self.elsewhere().get(path.stem)
            if image is None:
                self.losses.add(
                    "images", "are missing or damaged, and their labels are shares of the size", 1, [path.name]
                )
            else:
                yield image, path

    def elsewhere(self) -> dict[str, Path]:
        if not hasattr(self, "_elsewhere"):
            folder = self.how.images
            found = walk(folder) if folder is not None else iter(())
            self._elsewhere = {path.stem: path for path in found if path.suffix.lower() in IMAGE_SUFFIXES}
        return self._elsewhere

    def labels_of(self, image: Path) -> Path:
        """images/…/a.jpg → labels/…/a.txt; beside the image where there is no such folder."""
        beside = image.with_suffix(".txt")
        path = _labels_folder(image.parent) / beside.name
        return beside if not path.is_file() and beside.is_file() else path

    def rows(self, images: Sequence[tuple[dict[str, Any], Path]]) -> Iterator[dict[str, Any]]:
        number, scores = 0, 0
        for image, path in images:
            if not path.is_file():
                continue  # an image of nobody
            for at, line in enumerate(_text(path).splitlines(), 1):
                if not line.strip():
                    continue
                number += 1
                row, fractions = self.row(line, image, f"{path}, line {at}")
                scores += fractions
                yield {"id": number, "image_id": image["id"], **row}
        self.losses.add("points", f"have a score for v: from {_SURE} on they count as labels, below not", scores)

    def row(self, line: str, image: dict[str, Any], about: str) -> tuple[dict[str, Any], int]:
        count, dims = self.about.count, self.about.dims
        wanted = 5 + count * dims
        if len(line) > _MOST_DIGITS * (wanted + 8):
            raise PosetuneError(f"{about}: {len(line)} characters; a person of {count} points takes {wanted} numbers.")
        try:
            values = [float(word) for word in line.split()]
        except ValueError:
            raise PosetuneError(f"{about}: not numbers ({line.strip()[:40]}); a person takes {wanted}.") from None
        if not all(map(math.isfinite, values)):
            raise PosetuneError(f"{about}: NaN or infinity; write 0 0 0 for a point that is not labelled.")
        if len(values) not in (wanted, 5):
            raise PosetuneError(
                f"{about}: {len(values)} numbers; kpt_shape: [{count}, {dims}] takes {wanted} (class, box, {count} points)."
            )
        if max(map(abs, values[1:])) > _FARTHEST:
            raise PosetuneError(
                f"{about}: {max(values[1:], key=abs):g} is no share of the picture; YOLO has 0…1, not px."
            )
        width, height = image["width"], image["height"]
        x, y, w, h = values[1:5]
        box = [(x - w / 2) * width, (y - h / 2) * height, w * width, h * height]
        keypoints, fractions = self.points(values[5:], width, height, about)
        known = int(values[0]) if self.about.class_names else 0
        return {"category_id": known, "bbox": box if w and h else None, "keypoints": keypoints}, fractions

    def points(self, values: Sequence[float], width: int, height: int, about: str) -> tuple[list[float], int]:
        keypoints: list[float] = []
        dims, fractions = self.about.dims, 0
        for i in range(0, len(values), dims):
            x, y = values[i : i + 2]
            v = values[i + 2] if dims == 3 else 2.0 * bool(x or y)
            if 0 < v < 1:
                fractions += 1
                v = 2.0 * (v >= _SURE)
            if v not in (0, 1, 2):
                raise PosetuneError(f"{about}: a v of {v:g}; it is 0, 1 or 2.")
            keypoints += [x * width, y * height, v] if v or x or y else [0.0, 0.0, 0.0]
        return keypoints, fractions


def _labels_folder(images: Path) -> Path:
    """The folder of the labels beside a folder of images: the last "images" in its path is "labels" there."""
    parts = list(images.parts)
    for i in range(len(parts) - 1, -1, -1):
        if parts[i].lower() == "images":
            parts[i] = "labels"
            return Path(*parts)
    return images


def _as_label(name: str) -> str:
    words = name.split("/")
    for i in range(len(words) - 1, -1, -1):
        if words[i].lower() == "images":
            words[i] = "labels"
            break
    stem, dot, _ = words[-1].rpartition(".")
    return "/".join([*words[:-1], f"{stem}.txt" if dot else words[-1]])


def _text(path: Path) -> str:
    """Raises PosetuneError: unreadable, far too long, not UTF-8."""
    try:
        size = path.stat().st_size
        if size > _LARGEST_FILE:
            raise PosetuneError(f"{path} has {size >> 20} MB; no label file of one image does.")
        return path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise PosetuneError(f"Cannot read {path}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise PosetuneError(f"{path} is not UTF-8 text ({error.reason}); save it as UTF-8.") from error
