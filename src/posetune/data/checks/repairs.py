"""What ``data check --fix`` puts right in a COCO label file: only what loses nothing and needs nobody's judgement.

``num_keypoints`` that count something else; points far outside the picture, which are read as unlabelled anyway; one annotation
written twice. All else in the file stays as it is, and the file as it was is kept beside it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import math
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posetune.data.checks.exif import labelled_as_stored
from posetune.data.checks.finding import Finding
from posetune.data.formats.label_text import read_json
from posetune.data.people import Dataset, ImageRecord
from posetune.data.prepare import OUTSIDE_TOLERANCE
from posetune.errors import PosetuneError
from posetune.files import read_bytes, replacing, write_bytes

#: Beside the label file: what was changed, when anew with each run.
RECORD = "fixes.jsonl"
_Row = dict[str, Any]


@dataclass(frozen=True)
class Repair:
    """``kind``: as of a finding. ``annotation``, ``image``: ids as the file has them. ``points``: positions among the category's
    keypoints. ``was``, ``is_now``: for the record; ``is_now`` None: the annotation is left out.
    """

    kind: str
    annotation: Any
    image: Any
    points: tuple[int, ...]
    text: str
    was: Any
    is_now: Any


def is_coco(content: Any) -> bool:
    tables = ("images", "annotations")
    return isinstance(content, dict) and all(
        isinstance(content.get(t), list) and all(isinstance(row, dict) for row in content[t]) for t in tables
    )


def repairs_of(content: Mapping[str, Any]) -> Iterator[Repair]:
    """What can be put right safely in the content of a COCO file, in its order."""
    sizes = {_key(row.get("id")): (row.get("width"), row.get("height")) for row in content["images"]}
    names = {_key(row.get("id")): str(row.get("file_name")) for row in content["images"]}
    seen: dict[str, Any] = {}
    for row in content["annotations"]:
        points = row.get("keypoints")
        if not isinstance(points, list) or len(points) % 3 or not points or not all(map(_is_number, points)):
            continue
        image = _key(row.get("image_id"))
        where = f"{Path(names.get(image, '?')).name}, annotation {row.get('id')}"
        same = json.dumps([image, row.get("category_id"), points, row.get("bbox")])
        if any(points[2::3]) and same in seen:
            text = f"{where} is annotation {seen[same]} again"
            yield Repair("labelled_twice", row.get("id"), row.get("image_id"), (), text, row, None)
            continue
        seen.setdefault(same, row.get("id"))
        far = _far_outside(points, sizes.get(image, (None, None)))
        if far:
            text = f"{where}: {len(far)} points lie far outside the picture"
            was = [points[3 * k : 3 * k + 3] for k in far]
            yield Repair("outside", row.get("id"), row.get("image_id"), tuple(far), text, was, [[0, 0, 0]] * len(far))
        count, told = _count(row, far), row.get("num_keypoints")
        if count is not None and told is not None and told != count:
            text = f"{where}: num_keypoints is {told}, {count} points are labelled"
            yield Repair("count", row.get("id"), row.get("image_id"), (), text, told, count)


def _count(row: _Row, left_out: list[int]) -> int | None:
    """How many points are labelled; None where others count as well (WholeBody counts only the body, Halpe only 17)."""
    if any(isinstance(row.get(key), list) for key in ("foot_kpts", "face_kpts", "lefthand_kpts", "keypoints_21")):
        return None
    return sum(v > 0 for k, v in enumerate(row["keypoints"][2::3]) if k not in left_out)


def _far_outside(points: list[float], size: tuple[Any, Any]) -> list[int]:
    width, height = size
    if not (_is_number(width) and _is_number(height) and width >= 1 and height >= 1):
        return []
    slack = OUTSIDE_TOLERANCE * max(width, height)
    return [
        k
        for k in range(len(points) // 3)
        if points[3 * k + 2] > 0
        and not (-slack <= points[3 * k] <= width + slack and -slack <= points[3 * k + 1] <= height + slack)
    ]


def findings_of(file: Path, dataset: Dataset) -> list[Finding]:
    """The same as findings; none where the file is no COCO file, which has nothing that could be put right so."""
    content = _coco_in(file)
    if content is None:
        return []
    images = {_key(image.id): image for image in dataset.images}
    people = {person.id: person for person in dataset.people}
    found = _turned(content, images)
    for repair in repairs_of(content):
        person = people.get(repair.annotation)
        confidence = 0.95 if repair.kind == "outside" else 1.0
        found.append(
            Finding(repair.kind, repair.text, confidence, dataset.name, images.get(_key(repair.image)), person)
        )
    return found


def _turned(content: Mapping[str, Any], images: Mapping[str, ImageRecord]) -> list[Finding]:
    points: dict[str, list[list[float]]] = {}
    for row in content["annotations"]:
        values = row.get("keypoints")
        if isinstance(values, list) and len(values) % 3 == 0 and all(map(_is_number, values)):
            labelled = [values[k : k + 2] for k in range(0, len(values), 3) if values[k + 2] > 0]
            points.setdefault(_key(row.get("image_id")), []).extend(labelled)
    found = []
    for row in content["images"]:
        image = images.get(_key(row.get("id")))
        if image is not None:
            of_image = np.array(points.get(_key(row.get("id")), []), float).reshape(-1, 2)
            found += labelled_as_stored(image, row, of_image)
    return found


def fix(file: Path, say: Callable[[str], None]) -> int:
    """Put right in ``file`` what can be; returns how many changes were made. The file as it was stays beside it as
    NAME.before-fix-N, and each change stands in ``fixes.jsonl``. Nothing is written where nothing is to be done.

    Raises PosetuneError if the file is none that can be mended, or cannot be written.
    """
    content = _coco_in(file)
    if content is None:
        raise PosetuneError(f"--fix mends COCO keypoint .json files alone, and {file} is none: convert the set first.")
    repairs = list(repairs_of(content))
    if not repairs:
        return 0
    before = read_bytes(file, "the labels")
    backup = _free(file)
    with replacing(backup, durable=True) as temporary:
        shutil.copyfile(file, temporary)
    _apply(content, repairs)
    packed = before.startswith(b"\x1f\x8b")
    text = json.dumps(content, ensure_ascii=False).encode("utf-8")
    after = gzip.compress(text, mtime=0) if packed else text
    row = {
        "file": file.name, "backup": backup.name, "sha256_before": _sha(before), "sha256_after": _sha(after),
        "changes": [{"kind": r.kind, "annotation": r.annotation, "image": r.image, "points": list(r.points), "was": r.was,
                     "is": r.is_now} for r in repairs],
    }  # fmt: skip
    record = file.with_name(RECORD)
    known = read_bytes(record) if record.exists() else b""
    write_bytes(record, known + json.dumps(row, ensure_ascii=False).encode("utf-8") + b"\n", durable=True)
    write_bytes(file, after, durable=True)
    say(f"{file}: {len(repairs)} changes, listed in {record.name}; as it was: {backup.name}.")
    return len(repairs)


def _apply(content: dict[str, Any], repairs: list[Repair]) -> None:
    """Make the changes in ``content``, from which ``repairs`` were read."""
    rows = content["annotations"]
    by_id = {_key(row.get("id")): row for row in reversed(rows)}
    left_out = {id(r.was) for r in repairs if r.is_now is None}
    for repair in repairs:
        row = by_id[_key(repair.annotation)]
        if repair.kind == "count":
            row["num_keypoints"] = repair.is_now
        for k in repair.points:
            row["keypoints"][3 * k : 3 * k + 3] = [0, 0, 0]
    content["annotations"] = [row for row in rows if id(row) not in left_out]


def _coco_in(file: Path) -> dict[str, Any] | None:
    try:
        content, _ = read_json(file)
    except PosetuneError:
        return None
    return content if is_coco(content) else None


def _free(file: Path) -> Path:
    number = 1
    while (backup := file.with_name(f"{file.name}.before-fix-{number}")).exists():
        number += 1
    return backup


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _key(value: Any) -> str:
    """Ids are numbers, 1.0 or text."""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
