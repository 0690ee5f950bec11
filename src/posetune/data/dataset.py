"""Where labelled people come in: one module to import from.

A data set is a folder with ``images/`` and ``annotations/<split>.json`` (COCO keypoints) or one as COCO, CVAT and Roboflow lay
it out (``data.layouts``), or any COCO keypoint file with a folder of images, or what another tool exported
(``data.formats.table``).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path

from posetune.data.formats.coco import load_coco
from posetune.data.formats.coco_writer import write_coco
from posetune.data.formats.image_finder import some
from posetune.data.formats.label_text import is_label_file, stem_of
from posetune.data.formats.reading import ALL, NONE, SOME, Reading
from posetune.data.formats.table import COCO, format_of
from posetune.data.layouts import LabelFile, label_files, parts_of, pick
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.data.reviewed import labels_seen
from posetune.data.split import keep_for_validation, split_by_group
from posetune.errors import PosetuneError

__all__ = [
    "Dataset",
    "ImageRecord",
    "Person",
    "find_splits",
    "has_split",
    "keep_for_validation",
    "load_coco",
    "load_dataset",
    "load_train_and_val",
    "split_by_group",
    "splits_besides",
    "warnings_of",
    "write_coco",
]


def find_splits(folder: str | Path) -> list[str]:
    """The splits of a data set folder, train, val, dev, test first: as ``annotations/*.json`` are called, where other spellings
    of these four (valid, person_keypoints_train2017) count as them. See ``layouts.label_files``.

    Raises PosetuneError if this is no data set folder; the sentence says what was found instead.
    """
    folder = Path(folder)
    if folder.is_file():
        raise PosetuneError(_not_a_folder(folder))
    return [file.name for file in label_files(folder)[0]]


def has_split(data: str | Path, split: str) -> bool:
    """Whether a data set folder has that split, in whatever spelling; a lone label file has none."""
    data = Path(data)
    return not data.is_file() and pick(label_files(data)[0], split) is not None


def splits_besides(data: str | Path, splits: Iterable[str]) -> list[str]:
    """The splits of a data set that are none of ``splits``, in whatever spelling; a lone label file has none."""
    if Path(data).is_file():
        return []
    files = label_files(Path(data))[0]
    named = {file.name for split in splits if (file := pick(files, split)) is not None}
    return [file.name for file in files if file.name not in named]


def warnings_of(*sets: Dataset) -> list[str]:
    """The warnings of several sets, each once: two parts of one file say the same."""
    return list(dict.fromkeys(warning for dataset in sets for warning in dataset.warnings))


def load_train_and_val(
    data: Path,
    train_split: str,
    val_split: str,
    val_share: float,
    seed: int,
    say: Callable[[str], None],
    complete: Callable[[Dataset], Dataset] = lambda dataset: dataset,
) -> tuple[Dataset, Dataset]:
    """The sets to learn from and to choose on, of people whose labels somebody has seen (``reviewed.seen``). Where there is no
    ``val_split``, a part of train is kept for it (:func:`keep_for_validation`), and said. ``complete`` is applied to each split
    as it is read, before any division.
    """
    train = complete(labels_seen(load_dataset(data, train_split), say))
    if has_split(data, val_split):
        return train, complete(labels_seen(load_dataset(data, val_split), say))
    train, val, how = keep_for_validation(train, val_share, seed)
    others = [name for name in splits_besides(data, (train_split,)) if name not in ("dev", "test")]
    also = f" (It has {', '.join(others)}: --val-split {others[0]} takes that.)" if others else ""
    say(f"No split '{val_split}': {len(val.usable)} of the people, {how}, are kept for validation.{also}")
    return train, val


def load_dataset(
    folder: str | Path,
    split: str,
    *,
    images: str | Path | None = None,
    require_images: bool | None = True,
    native: bool = False,
) -> Dataset:
    """Read one split of a data set folder; or, where ``folder`` is a file, that file (``split`` names it, or says which part of
    a file with several).

    ``images``: the image folder, if it is not ``folder/images`` (for a .json file: not found beside it).
    ``require_images``: an image file that is missing, or is not the picture that was labelled, is an error; False: it is a
    warning, unless all are missing; None: then, too. ``native``: in the label file's own points, not in the 33.

    Raises PosetuneError with one sentence for everything that is wrong: see :func:`load_coco`.
    """
    folder = Path(folder)
    require = {True: ALL, False: SOME, None: NONE}[require_images]
    how = Reading(images=Path(images) if images else None, require=require, native=native)
    if folder.is_file():
        return _with_losses_told(read_part(lone_file(folder, split), how), folder)
    files, left_out = label_files(folder)
    file = pick(files, split)
    if file is None:
        raise PosetuneError(f"{folder} has no split '{split}'; it has {', '.join(f.name for f in files)}.")
    dataset = read_part(file, dataclasses.replace(how, name=f"{folder.resolve().name} {file.name}", root=folder))
    notes = []
    if left_out:
        notes.append(f"{folder}: label files without keypoints are left out ({some([p.name for p in left_out])}).")
    if file.name != split and file.format is None and stem_of(file.path) != split:
        notes.append(f"{folder} has no split called '{split}': {file.path.relative_to(folder)} is taken for it.")
    return _with_losses_told(dataclasses.replace(dataset, warnings=(*notes, *dataset.warnings)), file.path)


def _with_losses_told(dataset: Dataset, labels: Path) -> Dataset:
    """``dataset`` with a last warning on what the label file holds that is not in it, where no other warning says it."""
    untold = [loss for loss in dataset.losses if loss.things in ("boxes", "shapes", "tracks")]
    if not untold:
        return dataset
    note = f"{labels}: not read: {'; '.join(map(str, untold))}."
    return dataclasses.replace(dataset, warnings=(*dataset.warnings, note))


def read_part(file: LabelFile, how: Reading) -> Dataset:
    """One split, whatever its format. ``how.images``: where the user says that images are; goes before what the layout says.

    Raises PosetuneError: see :func:`load_coco`.
    """
    images, bases = (how.images, ()) if how.images is not None else (file.images, file.bases)
    known = file.format or format_of(file.path)
    if known is None:
        known = COCO  # whose reader says what is wrong
    return known.read(file.path, dataclasses.replace(how, images=images, bases=bases, split=file.part))


def lone_file(path: Path, split: str | None = None) -> LabelFile:
    """The label file ``path``, or of a file with several splits the one called ``split``; all of them where none is.

    Raises PosetuneError if it is no label file.
    """
    known = format_of(path)
    if known is None:
        if not is_label_file(path):
            raise PosetuneError(_not_a_folder(path))
        known = COCO
    if known.parts is not None and split is not None:
        found = pick(parts_of(path, known), split)
        if found is not None:
            return found
    return LabelFile(stem_of(path), path, None, format=known)


def _not_a_folder(path: Path) -> str:
    kind = {
        ".task": "a MediaPipe bundle",
        ".tflite": "a network",
        ".zip": "an archive ('posetune data convert' unpacks and reads it)",
    }.get(path.suffix.lower(), "a file")
    return (
        f"{path} is {kind}, not a data set; give a folder that holds images/ and annotations/<split>.json, "
        "a COCO keypoint .json file, or what another tool exported (docs/reference/formats.md)."
    )
