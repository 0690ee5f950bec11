"""Human-Art's JSON: COCO's tables, where the category names 21 points, which stand under ``keypoints_21``."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

from posetune.data.formats.coco import tables_of
from posetune.data.formats.label_text import is_label_file, mentions, read_json
from posetune.data.formats.reading import Reading
from posetune.data.formats.table_reader import read_tables
from posetune.data.people import Dataset

__all__ = ["NAME", "TITLE", "read", "sniff"]

NAME = "human-art"
TITLE = "Human-Art JSON (21 points)"

_OTHER = re.compile(r"keypoints_\d+")


def sniff(path: Path) -> bool:
    """Whether ``path`` has COCO's tables with points under ``keypoints_21``."""
    return (
        path.is_file() and is_label_file(path) and mentions(path, b'"keypoints_21"') and mentions(path, b'"annotations"')
        and mentions(path, b'"images"')
    )  # fmt: skip


def read(path: Path, how: Reading = Reading()) -> Dataset:  # noqa: B008 frozen
    """Read of each annotation the points whose number is that of its category's names. Raises what ``coco.load_coco`` raises."""
    content, notes = read_json(path)
    tables = tables_of(content, path, notes)
    lists = {str(row.get("id")): row.get("keypoints") for row in tables.categories}
    counts = {number: len(names) for number, names in lists.items() if isinstance(names, list)}
    rows = [fitting(row, counts.get(str(row.get("category_id")), 0)) for row in tables.annotations]
    return read_tables(dataclasses.replace(tables, annotations=rows), path, how)


def fitting(row: dict[str, Any], count: int) -> dict[str, Any]:
    """``row`` with those of its points as ``keypoints`` that are ``count``; without the others."""
    others = [key for key in row if _OTHER.fullmatch(key)]
    if not others:
        return row
    fits = [key for key in ("keypoints", *others) if isinstance(row.get(key), list) and len(row[key]) == 3 * count]
    kept = {key: value for key, value in row.items() if key not in others}
    return {**kept, "keypoints": row[fits[0]]} if fits else kept
