"""Where labelled people come in: one module to import from.

A data set is a folder with ``images/`` and ``annotations/<split>.json`` (COCO keypoints), or any COCO
keypoint file with a folder of images.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from posetune.data.formats.coco import load_coco
from posetune.data.formats.coco_writer import write_coco
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.data.split import keep_for_validation, split_by_group
from posetune.errors import PosetuneError

__all__ = [
    "Dataset",
    "ImageRecord",
    "Person",
    "find_splits",
    "keep_for_validation",
    "load_coco",
    "load_dataset",
    "load_train_and_val",
    "split_by_group",
    "write_coco",
]

_USUAL_ORDER = ("train", "val", "dev", "test")


def find_splits(folder: str | Path) -> list[str]:
    """The splits of a data set folder: the stems of ``annotations/*.json``, train, val, dev, test first.

    Raises PosetuneError if this is no data set folder; the sentence says what was found instead.
    """
    folder = Path(folder)
    if folder.is_file():
        raise PosetuneError(_not_a_folder(folder))
    if not folder.exists():
        raise PosetuneError(f"There is no data set folder {folder}; give one that holds images/ and annotations/.")
    splits = sorted(p.stem for p in (folder / "annotations").glob("*.json") if not p.name.startswith("."))
    if not splits:
        raise PosetuneError(
            f"{folder} is not a data set: it has no annotations/<split>.json. Put the images in "
            f"{folder}/images and the COCO keypoint labels in annotations/train.json and "
            "annotations/val.json."
        )
    return sorted(splits, key=lambda s: (_USUAL_ORDER.index(s) if s in _USUAL_ORDER else len(_USUAL_ORDER), s))


def load_train_and_val(
    data: Path, train_split: str, val_split: str, val_share: float, seed: int, say: Callable[[str], None]
) -> tuple[Dataset, Dataset]:
    """The sets to learn from and to choose on. Where there is no ``val_split``, a part of train is kept for it
    (:func:`keep_for_validation`), and said.
    """
    train = load_dataset(data, train_split)
    if not data.is_file() and val_split in find_splits(data):
        return train, load_dataset(data, val_split)
    train, val, how = keep_for_validation(train, val_share, seed)
    say(f"No split '{val_split}': {len(val.usable)} of the people, {how}, are kept for validation.")
    return train, val


def load_dataset(
    folder: str | Path,
    split: str,
    *,
    images: str | Path | None = None,
    require_images: bool = True,
    native: bool = False,
) -> Dataset:
    """Read one split of a data set folder; or, where ``folder`` is a .json file, that file (``split`` names
    it).

    ``images``: the image folder, if it is not ``folder/images`` (for a .json file: not found beside it).
    ``require_images``: an image file that is missing is an error; otherwise it is a warning. ``native``: in the
    label file's own points, not in the 33.

    Raises PosetuneError with one sentence for everything that is wrong: see :func:`load_coco`.
    """
    folder = Path(folder)
    if folder.is_file():
        if folder.suffix.lower() != ".json":
            raise PosetuneError(_not_a_folder(folder))
        return load_coco(
            folder,
            images or _images_beside(folder),
            require_images=require_images,
            root=folder.parent,
            native=native,
        )
    splits = find_splits(folder)
    if split not in splits:
        raise PosetuneError(f"{folder} has no split '{split}'; it has {', '.join(splits)}.")
    return load_coco(
        folder / "annotations" / f"{split}.json",
        images or folder / "images",
        name=f"{folder.resolve().name} {split}",
        root=folder,
        require_images=require_images,
        native=native,
    )


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
