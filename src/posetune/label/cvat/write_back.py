"""The set's label file with pulled people in it: entries that did not change stay, with all that other programs keep in them."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from posetune.data.formats.coco_writer import annotation_row, image_row, write_coco
from posetune.data.formats.label_text import read_json
from posetune.data.people import Dataset, Person
from posetune.errors import PosetuneError
from posetune.files import replacing
from posetune.label.cvat.record import FOLDER
from posetune.lock import locked

#: Keys of an entry that say what CVAT changes; all others of it stay.
_LABELS = ("keypoints", "num_keypoints", "outside", "keypoints_3d", "origin", "status", "ignore")
#: What posetune annotate keeps in a label file: how much of its history is in it.
_HISTORY = "posetune_history"


@contextlib.contextmanager
def held(path: Path) -> Iterator[None]:
    """The label file ``path`` for this process alone: posetune annotate holds the same lock.

    Raises PosetuneError if another has it open, or left actions in its history that are not in the file.
    """
    try:
        with locked(path.with_name(f".{path.stem}.lock")) as alone:
            if not alone:
                raise PosetuneError(f"{path} is open in posetune annotate, or is being written; end that first.")
            _check_history(path)
            yield
    except OSError as error:
        raise PosetuneError(f"Cannot write beside {path}: {error.strerror or error}.") from error


def _check_history(path: Path) -> None:
    history = path.with_suffix(".history.jsonl")
    if not history.is_file():
        return
    content, _ = read_json(path)
    mark = content.get(_HISTORY) if isinstance(content, dict) else None
    there = mark.get("entries", 0) if isinstance(mark, dict) else 0
    last = 0
    with history.open("rb") as lines:
        for line in lines:
            with contextlib.suppress(ValueError, TypeError, KeyError):
                last = max(last, int(json.loads(line)["n"]))
    if last > there:
        raise PosetuneError(
            f"{path} lacks {last - there} actions of posetune annotate, which was killed: open the set in it once and end it, then "
            "pull."
        )


def write_back(path: Path, before: Dataset, after: Dataset) -> Path:
    """Write into the label file ``path``, which was read as ``before``, what is other in ``after``; returns where it is kept as it
    was. A file whose points have other names or another order is written anew, in those of the set.

    Raises PosetuneError if it cannot be written.
    """
    kept = before.root / FOLDER / f"{path.stem}-before-pull.json"
    kept.parent.mkdir(exist_ok=True)
    shutil.copyfile(path, kept)
    content, _ = read_json(path)
    category = _category(content, before)
    if category is None:
        write_coco(after, path)
        return kept
    olds, news = {p.id: p for p in before.people}, {p.id: p for p in after.people}
    rows = []
    for row in content["annotations"]:
        number = row.get("id")
        if number in olds and number not in news:
            continue
        if number in olds and _differs(olds[number], news[number]):
            row = {key: value for key, value in row.items() if key not in _LABELS}
            fresh = annotation_row(news[number])
            row |= {key: fresh[key] for key in _LABELS if key in fresh}
        rows.append(row)
    rows += [{**annotation_row(p), "category_id": category} for number, p in news.items() if number not in olds]
    content["annotations"] = rows
    statuses = {image.id: image for image, old in zip(after.images, before.images, strict=True) if image is not old}
    content["images"] = [
        {**row, "status": image_row(statuses[row["id"]], before.root).get("status")}
        if row.get("id") in statuses
        else row
        for row in content["images"]
    ]
    with replacing(path, durable=True) as temporary, temporary.open("w", encoding="utf-8", newline="") as file:
        file.write(_dumped(content))
    return kept


def _differs(a: Person, b: Person) -> bool:
    """Whether a person is other in what CVAT changes."""
    return a.keypoints is not b.keypoints or a.outside is not b.outside or (a.origin, a.ignore) != (b.origin, b.ignore)


def _dumped(content: dict[str, Any]) -> str:
    """A line an entry."""
    parts = []
    for key, value in content.items():
        if key in ("images", "annotations"):
            text = "[" + ",\n".join(json.dumps(row, separators=(",", ":"), allow_nan=False) for row in value) + "]"
        else:
            text = json.dumps(value, separators=(",", ":"), allow_nan=False)
        parts.append(f"{json.dumps(key)}:{text}")
    return "{" + ",".join(parts) + "}\n"


def _category(content: Any, dataset: Dataset) -> Any:
    """The id of the category that has the set's points in their order, where all people are in it as they were read; else None."""
    if not isinstance(content, dict):
        return None
    same = [c for c in content.get("categories", ()) if c.get("keypoints") == list(dataset.skeleton.names)]
    if len(same) != 1 or not isinstance(same[0].get("id"), int):
        return None
    rows = {row.get("id") for row in content.get("annotations", ()) if row.get("category_id") == same[0]["id"]}
    return same[0]["id"] if {person.id for person in dataset.people} <= rows else None
