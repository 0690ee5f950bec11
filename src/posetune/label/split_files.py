"""Which label file of a set is worked on, and what the others have."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from posetune.errors import PosetuneError
from posetune.label.label_file import LabelFile


def label_file(root: Path, split: str) -> tuple[Path, list[Path]]:
    """The label file of a split, and those of the others. Raises PosetuneError if it is not one that can be worked on."""
    if not split or "/" in split or "\\" in split or split.startswith("."):
        raise PosetuneError(f"--split {split!r} is no name of a split; give train, val or another.")
    folder = root / "annotations"
    files = sorted(p for p in folder.glob("*.json") if not p.name.startswith(".")) if folder.is_dir() else []
    path = folder / f"{split}.json"
    if path not in files and files and split == "train":
        names = [p.stem for p in files]
        raise PosetuneError(
            f"{root} has no annotations/train.json; it has {', '.join(names)}: give --split {names[0]} to work on that."
        )
    if (folder / f"{split}.json.gz").is_file() and path not in files:
        raise PosetuneError(f"{folder / split}.json.gz is packed: unpack it (gunzip) to work on it.")
    if path not in files:
        _require_no_other_format(root)
    return path, [p for p in files if p != path]


def _require_no_other_format(root: Path) -> None:
    from posetune.data.layouts import label_files

    try:
        found = label_files(root)[0]
    except PosetuneError:
        return  # nothing but pictures, it seems
    if found and not found[0].path.is_relative_to(root / "annotations"):
        raise PosetuneError(
            f"{root} is labelled in another way ({found[0].path.name}): 'posetune data convert {root} --to coco --out NEW' makes a "
            "set that can be annotated."
        )


def named_in(files: Sequence[Path]) -> set[str]:
    """The names of the pictures that other splits have."""
    names: set[str] = set()
    for path in files:
        with contextlib.suppress(PosetuneError):
            names |= {head.file_name for head in LabelFile.read(path).images()}
    return names
