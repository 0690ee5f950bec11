"""A set in one format made into a set in another, with what is lost on the way."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posetune.data.dataset import lone_file, read_part
from posetune.data.formats.reading import Reading
from posetune.data.formats.table import written
from posetune.data.formats.writing import Part, unique_names
from posetune.data.layouts import LabelFile, label_files, parts_of
from posetune.data.losses import Loss, added_up
from posetune.data.people import Dataset
from posetune.data.picture_sizes import picture_size
from posetune.data.unpack import is_zip, unpack
from posetune.errors import CheckFailed, PosetuneError
from posetune.progress import Reporter
from posetune.runtime.images import IMAGE_SUFFIXES


class LossRefused(CheckFailed):
    """Something was lost, and that was not to be. ``losses``: all of them."""

    def __init__(self, message: str, losses: Sequence[Loss]) -> None:
        super().__init__(message)
        self.losses = tuple(losses)


@dataclass(frozen=True)
class Converted:
    """``parts``: name of a split → the set that was read; ``losses``: of reading and of writing; ``images``: how many picture
    files were put in place.
    """

    parts: dict[str, Dataset]
    losses: tuple[Loss, ...]
    images: int

    @property
    def notes(self) -> list[str]:
        """What was decided on the way."""
        return list(dict.fromkeys(warning for dataset in self.parts.values() for warning in dataset.warnings))

    def to_json(self) -> dict[str, Any]:
        return {
            "splits": {
                name: {"images": len(d.images), "people": len(d.people), "groups": len(d.groups)}
                for name, d in self.parts.items()
            },
            "losses": [loss.to_json() for loss in self.losses],
            "notes": self.notes,
            "images": self.images,
        }


@contextlib.contextmanager
def opened(source: Path, beside: Path, report: Reporter) -> Iterator[Path]:
    """``source``; if it is an archive, a folder beside ``beside`` into which it is unpacked, gone in the end."""
    if not is_zip(source):
        if source.is_file() and source.suffix.lower() == ".zip":
            raise PosetuneError(f"{source} is no ZIP archive, or a damaged one; download or export it again.")
        yield source
        return
    beside.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{beside.name[:40]}-", dir=beside.parent) as folder:
        unpack(source, Path(folder), report)
        inside = [p for p in Path(folder).iterdir() if p.name != "__MACOSX"]
        if not inside:
            raise PosetuneError(f"{source} is empty; export the set again.")
        try:
            yield inside[0] if len(inside) == 1 and inside[0].is_dir() else Path(folder)
        except PosetuneError as error:  # the folder is gone when somebody reads this
            error.args = tuple(str(a).replace(folder, str(source)) for a in error.args)
            raise


def read_parts(source: Path, how: Reading, report: Reporter) -> dict[str, Dataset]:
    """Every split of a set, by name; images need not be there. A single part that is neither val nor test is "train".

    Raises PosetuneError: see ``coco.load_coco``.
    """
    files: Sequence[LabelFile]
    if source.is_file():
        files = [lone_file(source)]
        parts = files[0].format
        if parts is not None and parts.parts is not None:
            files = parts_of(source, parts)
    else:
        files, _ = label_files(source)
    root = how.root or (source if source.is_dir() else None)
    found: dict[str, Dataset] = {}
    with report.counting("label files read", len(files)) as counter:
        for file in files:
            name = "train" if len(files) == 1 and file.name not in ("val", "test", "dev") else file.name
            about = source.stem if source.is_file() else source.resolve().name
            found[name.replace("/", "-")] = read_part(file, dataclasses.replace(how, name=f"{about} {name}", root=root))
            counter.step()
    return found


def convert(
    parts: dict[str, Dataset],
    out: Path,
    to: str,
    *,
    copy: bool = False,
    strict: bool = False,
    report: Reporter | None = None,
) -> Converted:
    """Write what was read into the folder ``out`` as ``to`` (``formats.table.written``), pictures linked or copied into its
    images/.

    ``strict``: any loss in reading is an error, and nothing is written. Raises LossRefused for that; PosetuneError for a
    folder that has something in it.
    """
    report = report or Reporter()
    if to not in written():
        raise PosetuneError(f"--to {to}: not a format that is written; these are: {', '.join(sorted(written()))}.")
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise PosetuneError(f"{out} exists and is not an empty folder; choose another place for the new set.")
    lost = added_up([loss for dataset in parts.values() for loss in dataset.losses])
    if strict and lost:
        raise LossRefused(
            f"--strict: {len(lost)} kinds of loss in reading, and nothing is written. First: {lost[0]}.", lost
        )
    names = unique_names(list(parts.values()), with_suffix=to in ("coco", "labelstudio"))
    given = [Part(split, dataset, own) for (split, dataset), own in zip(parts.items(), names, strict=True)]
    write = written()[to].write
    assert write is not None
    new = write(given, out)
    placed = _place_images(given, out, by_split=to == "yolo", copy=copy, report=report)
    converted = Converted(parts, added_up([*lost, *new]), placed)
    if strict and new:
        raise LossRefused(
            f"--strict: {out} is written, and {len(new)} kinds of loss went with it. First: {new[0]}.", converted.losses
        )
    return converted


def _place_images(parts: Sequence[Part], out: Path, by_split: bool, copy: bool, report: Reporter) -> int:
    """Link or copy the pictures that are there; returns how many."""
    placed = 0
    with report.counting("images placed", sum(len(part.dataset.images) for part in parts)) as counter:
        for part in parts:
            folder = out / "images" / part.split if by_split else out / "images"
            for image in part.dataset.images:
                counter.step()
                target = folder / part.names[id(image)]
                if not _is_picture(image.path) or target.exists():
                    continue
                target.parent.mkdir(parents=True, exist_ok=True)
                _place(image.path.resolve(), target, copy)
                placed += 1
    return placed


def _is_picture(path: Path) -> bool:
    """A label file from strangers may name any file of this machine; only pictures are put into a set."""
    return path.is_file() and (path.suffix.lower() in IMAGE_SUFFIXES or picture_size(path) is not None)


def _place(source: Path, target: Path, copy: bool) -> None:
    try:
        if not copy:
            with contextlib.suppress(OSError, NotImplementedError):  # a disk, or Windows, without links
                os.symlink(source, target)
                return
        shutil.copyfile(source, target)
    except OSError as error:
        raise PosetuneError(f"Cannot put {source} at {target}: {error.strerror or error}.") from error
