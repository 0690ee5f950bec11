"""Where labelled people come in: one module to import from.

A data set is a folder with ``images/`` and ``annotations/<split>.json`` (COCO keypoints) or one as COCO, CVAT and Roboflow lay
it out (``data.layouts``), or any COCO keypoint file with a folder of images.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path

from posetune.data.formats.coco import load_coco
from posetune.data.formats.coco_writer import write_coco
from posetune.data.formats.image_finder import some
from posetune.data.formats.label_text import is_label_file, stem_of
from posetune.data.layouts import label_files, pick
from posetune.data.people import Dataset, ImageRecord, Person
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
    """The sets to learn from and to choose on. Where there is no ``val_split``, a part of train is kept for it
    (:func:`keep_for_validation`), and said. ``complete`` is applied to each split as it is read, before any division.
    """
    train = complete(load_dataset(data, train_split))
    if has_split(data, val_split):
        return train, complete(load_dataset(data, val_split))
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
    require_images: bool = True,
    native: bool = False,
) -> Dataset:
    """Read one split of a data set folder; or, where ``folder`` is a .json (or .json.gz) file, that file (``split`` names
    it).

    ``images``: the image folder, if it is not ``folder/images`` (for a .json file: not found beside it).
    ``require_images``: an image file that is missing, or is not the picture that was labelled, is an error; otherwise it is a
    warning. ``native``: in the label file's own points, not in the 33.

    Raises PosetuneError with one sentence for everything that is wrong: see :func:`load_coco`.
    """
    folder = Path(folder)
    if folder.is_file():
        if not is_label_file(folder):
            raise PosetuneError(_not_a_folder(folder))
        return load_coco(
            folder,
            images or _images_beside(folder),
            require_images=require_images,
            root=folder.parent,
            native=native,
        )
    files, left_out = label_files(folder)
    file = pick(files, split)
    if file is None:
        raise PosetuneError(f"{folder} has no split '{split}'; it has {', '.join(f.name for f in files)}.")
    dataset = load_coco(
        file.path,
        images or file.images,
        name=f"{folder.resolve().name} {file.name}",
        root=folder,
        require_images=require_images,
        native=native,
        bases=() if images else file.bases,
    )
    notes = []
    if left_out:
        notes.append(f"{folder}: label files without keypoints are left out ({some([p.name for p in left_out])}).")
    if file.name != split and stem_of(file.path) != split:
        notes.append(f"{folder} has no split called '{split}': {file.path.relative_to(folder)} is taken for it.")
    return dataclasses.replace(dataset, warnings=(*notes, *dataset.warnings))


def _images_beside(annotations: Path) -> Path:
    """Where a lone COCO file's images usually are: ``images/`` beside it or one up, or its own folder."""
    folder = annotations.resolve().parent
    candidates = (folder / "images", folder.parent / "images", folder)
    return next(c for c in candidates if c.is_dir())


def _not_a_folder(path: Path) -> str:
    kind = {
        ".task": "a MediaPipe bundle",
        ".tflite": "a network",
        ".zip": "an archive (unpack it first)",
    }.get(path.suffix.lower(), "a file")
    return (
        f"{path} is {kind}, not a data set; give a folder that holds images/ and annotations/<split>.json, "
        "or a COCO keypoint .json file."
    )
