"""COCO keypoint JSON, the source of truth: as written by CVAT, Roboflow, COCO-Annotator, X-AnyLabeling and posetune itself.
Writing: ``coco_writer``.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from posetune.data.formats.coco_writer import write_parts
from posetune.data.formats.json_stream import read_large
from posetune.data.formats.label_text import is_label_file, mentions
from posetune.data.formats.reading import ALL, SOME, Reading, Tables
from posetune.data.formats.table_reader import read_tables
from posetune.data.groups import GROUP_KEYS
from posetune.data.origin import status_of
from posetune.data.people import Dataset
from posetune.data.prepare import OUTSIDE_TOLERANCE
from posetune.errors import PosetuneError

__all__ = ["GROUP_KEYS", "LOSSES", "NAME", "OUTSIDE_TOLERANCE", "TITLE", "load_coco", "read", "sniff", "write"]

NAME = "coco"
TITLE = "COCO keypoints JSON"
#: What a set loses on its way into this format.
LOSSES = ("nothing that posetune keeps",)

write = write_parts


def sniff(path: Path) -> bool:
    """Whether ``path`` is a JSON file with images and annotations."""
    return path.is_file() and is_label_file(path) and mentions(path, b'"images"') and mentions(path, b'"annotations"')


def read(path: Path, how: Reading = Reading()) -> Dataset:  # noqa: B008 frozen
    """Read a COCO keypoint file, plain or packed (.json.gz). See :func:`load_coco`."""
    content, notes = read_large(path)
    return read_tables(tables_of(content, path, notes), path, how)


def load_coco(
    annotations: str | Path,
    images_folder: str | Path,
    *,
    name: str | None = None,
    root: str | Path | None = None,
    require_images: bool = True,
    native: bool = False,
    bases: Iterable[Path] = (),
) -> Dataset:
    """Read a COCO keypoint file, plain or packed (.json.gz).

    Points are mapped by name (``landmarks.match_names``), category by category; what means none of the 33
    stands in ``dropped_names``. Any point may be unlabelled. A category without keypoints (a ball, a dog), or no two of whose
    keypoints are of a body (skis), is passed over, and said. A person with nothing labelled, ``iscrowd`` or ``ignore`` is kept
    with ``ignore=True``; one who lies wholly outside the image is left out.
    A point that lies outside the image by more than :data:`OUTSIDE_TOLERANCE` counts as unlabelled and is
    told in ``warnings``; so is v = 0 with coordinates. Of image files the head is read, to compare their size with
    that in the label file (``data.label_frames``).

    ``native``: do not map, keep the file's own points (of several categories: the union by name). Their edges are
    the category's ``skeleton``; flip partners and OKS sigmas its ``flip_pairs`` (pairs of names) and ``sigmas``
    (name → sigma) where it has these, which are not COCO's; otherwise they are worked out from the names.
    ``bases``: folders besides ``images_folder`` that file names may be relative to; what is found in none is looked for
    below ``root``. ``require_images``: missing images, and such that are not those that were labelled, are an error;
    otherwise a warning.

    Raises PosetuneError: no such file, not JSON, not the shape of COCO keypoints, no image or person in it,
    ids twice or unknown, a wrong number of values, NaN, no known keypoint name, nothing labelled at all,
    images missing.
    """
    how = Reading(
        images=Path(images_folder),
        bases=tuple(bases),
        root=Path(root) if root is not None else None,
        name=name,
        require=ALL if require_images else SOME,
        native=native,
    )
    return read(Path(annotations), how)


def tables_of(content: Any, path: Path, notes: list[str]) -> Tables:
    """The three tables of a COCO file. Raises PosetuneError for a content that has none, or an empty one."""
    images, annotations, categories = (
        _records(content, key, str(path)) for key in ("images", "annotations", "categories")
    )
    info = content.get("info")
    if isinstance(info, dict) and info.get("contributor") == "Label Studio":
        notes.append(
            "is Label Studio's COCO export, which makes one person of all points in an image, rounds them and calls all visible; "
            "export as JSON, and read that"
        )
    return Tables(str(path), images, annotations, categories, notes)


def _records(content: Any, key: str, where: str) -> list[dict[str, Any]]:
    """The table ``key``: a list of objects, not empty."""
    if isinstance(content, list):
        raise PosetuneError(
            f"The labels {where} are a bare list (COCO's results format?); a data set is an object with the "
            "keys images, annotations and categories."
        )
    if not isinstance(content, dict):
        raise PosetuneError(f"The labels {where} hold no JSON object with images, annotations and categories.")
    table = content.get(key)
    if not isinstance(table, list) or not all(isinstance(row, dict) for row in table):
        state = "is not a list of objects" if key in content else "is missing"
        raise PosetuneError(
            f"{where}: '{key}' {state}; a COCO keypoint file has images, annotations and categories, each a list of objects."
        )
    if not table:
        if key == "annotations" and (_loose_points(content.get("categories")) or _is_being_labelled(content)):
            return table  # read_schemas says what happened
        raise PosetuneError(
            f"{where}: '{key}' is empty; label at least one person and export the set again (in CVAT, save it first: Ctrl+S)."
        )
    return table


def _is_being_labelled(content: dict[str, Any]) -> bool:
    """Whether images have a status: a set that posetune label made, in which nobody was found, or all were taken away."""
    images = content.get("images")
    return isinstance(images, list) and any(isinstance(i, dict) and status_of(i.get("status")) for i in images)


def _loose_points(categories: Any) -> bool:
    """Whether there are several categories and none has keypoints: somebody labelled with points instead of a skeleton."""
    return (
        isinstance(categories, list)
        and len(categories) > 1
        and not any(isinstance(row, dict) and row.get("keypoints") for row in categories)
    )
