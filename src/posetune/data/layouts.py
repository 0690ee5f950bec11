"""How the folders of labelled sets lie: posetune's own, COCO's, CVAT's export, Roboflow's."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from posetune.data.formats.image_finder import some
from posetune.data.formats.label_text import is_label_file, mentions, stem_of
from posetune.data.formats.table import COCO, Format, format_of
from posetune.errors import PosetuneError

_USUAL_ORDER = ("train", "val", "dev", "test")
_MEANS = {"training": "train", "valid": "val", "validation": "val", "testing": "test"}
#: "person_keypoints_train2017" (COCO), "coco_wholebody_val_v1.0", "person_keypoints_default" (CVAT), "valid" (Roboflow).
_SPLIT = re.compile(
    r"(?:person_keypoints_|coco_wholebody_|keypoints_|instances_)?"
    r"(train|training|val|valid|validation|test|testing|dev|default)[_-]?(?:20\d\d|set|keypoints)?(?:_v[\d.]+)?"
)
#: Roboflow's label file, one in each split's folder.
_ROBOFLOW = "_annotations.coco"


@dataclass(frozen=True)
class LabelFile:
    """One split of a set. ``name``: what users call it; ``path``: the label file; ``images``: the folder of its pictures;
    ``bases``: other folders that file names may be relative to. ``part``: which part of ``path`` it is, where that holds
    several; ``format``: what ``path`` is, where it is not to be looked at again.
    """

    name: str
    path: Path
    images: Path | None
    bases: tuple[Path, ...] = ()
    part: str | None = None
    format: Format | None = None


def split_name(stem: str) -> str:
    """The split that a name means: train, val, test, dev where it is one of their many spellings, else itself."""
    match = _SPLIT.fullmatch(stem.lower())
    return _MEANS.get(match.group(1), match.group(1)) if match else stem


def label_files(folder: Path) -> tuple[list[LabelFile], list[Path]]:
    """``(files, left_out)``: the splits of a set, train, val, dev, test first; and label files in which nobody has keypoints.

    Looks for annotations/<split>.json; where there is none, for a label file in each split's folder (Roboflow:
    train/_annotations.coco.json), and for such beside the pictures; then for what other formats lay there. Raises
    PosetuneError if there is no set in ``folder``; the sentence says what was found instead.
    """
    if not folder.exists():
        raise PosetuneError(f"There is no data set folder {folder}; give one that holds images/ and annotations/.")
    candidates = _json_in(folder / "annotations")
    if not candidates:
        inside = [p for p in sorted(folder.iterdir()) if p.is_dir() and not p.name.startswith(".")]
        candidates = [p for sub in inside for p in _json_in(sub)] + _json_in(folder)
        candidates = [p for p in candidates if mentions(p, b'"images"') and mentions(p, b'"annotations"')]
    if not candidates:
        others = _of_other_formats(folder)
        if others:
            return _in_order(others), []
        deeper = next((sub for sub in inside if _looks_like_a_set(sub)), None)
        if deeper is not None:
            raise PosetuneError(f"{folder} is not a data set, but {deeper} is: give that folder.")
        raise PosetuneError(
            f"{folder} is not a data set: it has no annotations/<split>.json. Put the images in "
            f"{folder}/images and the COCO keypoint labels in annotations/train.json and "
            "annotations/val.json; or give what another tool exported (docs/reference/formats.md)."
        )
    left_out = [p for p in candidates if _is_without_keypoints(p)] if len(candidates) > 1 else []
    kept = [p for p in candidates if p not in left_out]
    if not kept:
        raise PosetuneError(
            f"None of the label files in {folder} has keypoints ({some([p.name for p in left_out])}): boxes and captions "
            "alone teach no pose; export the set with its keypoints."
        )
    names = _names(folder, kept)
    files = [_label_file(folder, path, names[path]) for path in kept]
    return _in_order(files), left_out


def _is_without_keypoints(path: Path) -> bool:
    """Whether a label file has boxes or captions alone; other formats call keypoints by other names."""
    return not mentions(path, b'"keypoints"') and format_of(path) in (None, COCO)


def _in_order(files: Sequence[LabelFile]) -> list[LabelFile]:
    order = {name: place for place, name in enumerate(_USUAL_ORDER)}
    return sorted(files, key=lambda f: (order.get(f.name, len(order)), f.name))


def _of_other_formats(folder: Path) -> list[LabelFile]:
    """What formats other than COCO's have in a folder: the folder itself, or files in it or in annotations/."""
    found = format_of(folder)
    if found is not None:
        return parts_of(folder, found)
    inside = [
        p for sub in (folder / "annotations", folder) if sub.is_dir() for p in sorted(sub.iterdir()) if p.is_file()
    ]
    files = [f for path in inside if (known := format_of(path)) is not None for f in parts_of(path, known)]
    if len(files) == 1 and files[0].name not in _USUAL_ORDER:
        return [dataclasses.replace(files[0], name="train")]
    return files


def parts_of(path: Path, of: Format) -> list[LabelFile]:
    """The splits that a file or folder of another format holds; of one that knows none, one that is called as the file."""
    names = [] if of.parts is None else of.parts(path)
    if len(names) < 2 and not (names and split_name(names[0].lower()) in _USUAL_ORDER):
        name = split_name(stem_of(path).removesuffix(path.suffix)) if path.is_file() else "train"
        return [LabelFile(name, path, None, part=None, format=of)]
    return [LabelFile(split_name(part.lower()) or "train", path, None, part=part, format=of) for part in names]


def pick(files: Sequence[LabelFile], split: str) -> LabelFile | None:
    """The file that ``split`` means, by its name, by its file's, or as another spelling of either; None if there is none.

    Where a set has one part only that is no val or test, "train" means that.
    """
    for same in (
        lambda f: f.name == split,
        lambda f: stem_of(f.path) == split or f.path.name == split,
        lambda f: f.name == split_name(split),
    ):
        found = next((f for f in files if same(f)), None)
        if found is not None:
            return found
    if split == "train" and len(files) == 1 and files[0].name not in _USUAL_ORDER:
        return files[0]
    return None


def _looks_like_a_set(folder: Path) -> bool:
    """Whether the layout of a set begins here, as in an archive that was unpacked into a folder of its name."""
    return any(mentions(p, b'"images"') for sub in folder.iterdir() if sub.is_dir() for p in _json_in(sub))


def _json_in(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return sorted(p for p in folder.iterdir() if is_label_file(p) and p.is_file() and not p.name.startswith("."))


def _names(folder: Path, paths: Sequence[Path]) -> dict[Path, str]:
    """What each label file is called: no two alike; who says "train" plainly comes before who only means it."""
    own = {path: _own_name(folder, path) for path in paths}
    names: dict[Path, str] = {}
    taken = set(own.values())
    for path, stem in own.items():
        meant = split_name(stem)
        names[path] = meant if meant == stem or (meant not in taken) else stem
        taken.add(names[path])
    return names


def _own_name(folder: Path, path: Path) -> str:
    stem = stem_of(path)
    if path.parent in (folder, folder / "annotations"):
        return stem
    others = [p for p in _json_in(path.parent) if p != path]
    return path.parent.name if stem == _ROBOFLOW or not others else f"{path.parent.name}/{stem}"


def _label_file(folder: Path, path: Path, name: str) -> LabelFile:
    stem = stem_of(path)
    if path.parent not in (folder, folder / "annotations"):
        inside = path.parent / "images"
        return LabelFile(
            name, path, inside if inside.is_dir() else path.parent, (path.parent, folder / "images", folder)
        )
    tail = next((stem[len(p) :] for p in ("person_keypoints_", "coco_wholebody_") if stem.startswith(p)), stem)
    tail = re.sub(r"_v[\d.]+$", "", tail)
    images = folder / "images"
    if not images.is_dir() and (folder / tail).is_dir():
        images = folder / tail
    elif not images.is_dir() and path.parent == folder:
        images = folder
    places = [folder / "images" / n for n in (tail, name)] + [folder / n for n in (tail, stem, name)]
    return LabelFile(name, path, images, tuple(p for p in places if p.is_dir()))
