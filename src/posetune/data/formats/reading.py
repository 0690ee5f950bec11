"""What one may ask of a reader of labels, and the tables that every reader makes of its format."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from posetune.data.losses import Losses

#: Which images have to be there: every one; at least one; none.
ALL, SOME, NONE = "all", "some", "none"


@dataclass(frozen=True)
class Reading:
    """How a label file is to be read.

    ``split``: which part of a format that has several in one place; None: there is one. ``images``: the image folder;
    ``bases``: others that names may be relative to; ``root``: the folder of the set, below which images are searched; None:
    looked for beside the label file. ``name``: what the set is called. ``require``: which images must be there (ALL, SOME,
    NONE) and be those that were labelled. ``native``: keep the file's own points. ``rescale``: labels of pictures that were
    resized since are scaled with them; otherwise that is an error.

    ``names``: own name of a point → the landmark that it means, or None to leave it out; goes before what names mean by
    themselves. ``order``: the names of points that the format has by number alone. ``group_by``: what images of one group
    share (``data.groups``). ``points_as_people``: loose points are joined to people. ``interpolated``: keep what a tool put
    between two frames that somebody labelled.
    """

    split: str | None = None
    images: Path | None = None
    bases: tuple[Path, ...] = ()
    root: Path | None = None
    name: str | None = None
    require: str = ALL
    native: bool = False
    rescale: bool = True
    names: Mapping[str, str | None] = field(default_factory=dict)
    order: tuple[str, ...] = ()
    group_by: str | None = None
    points_as_people: bool = False
    interpolated: bool = True


@dataclass
class Tables:
    """The three tables of a COCO keypoint file, whatever format they come from (``data.formats.table_reader`` reads them).

    ``where``: the file, for sentences. ``annotations`` may be a generator: it is gone through once. A row of it has the keys
    of COCO and may have these: ``outside``: name of a point → [x, y, occluded] of points that were placed and marked as not
    there; ``bbox_from``: "keypoints" for a box that is their hull; ``interpolated``: True for what a tool put between two
    frames; ``track``: what it is a part of through several images. An image may have ``group``.
    """

    where: str
    images: list[dict[str, Any]]
    annotations: Iterable[dict[str, Any]]
    categories: list[dict[str, Any]]
    notes: list[str] = field(default_factory=list)
    losses: Losses = field(default_factory=Losses)


def packed(points: Mapping[str, tuple[float, float, float]], names: dict[str, int]) -> array:
    """Points by name as place, x, y, v each, for formats whose names are known in the end only; new ones are put into
    ``names``: name → place.
    """
    return array("d", [v for name, xyv in points.items() for v in (names.setdefault(name, len(names)), *xyv)])


def spread(packed_points: array, count: int) -> array:
    """x, y, v of all ``count`` points in their order, from what :func:`packed` gave."""
    flat = array("d", bytes(8 * 3 * count))
    for at in range(0, len(packed_points), 4):
        place = 3 * int(packed_points[at])
        flat[place : place + 3] = packed_points[at + 1 : at + 4]
    return flat
