"""What is done to an image's labels, as it comes from a page. Types alone: the web process loads this without NumPy."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

#: Of a person; ``landmarks.COUNT``.
POINTS = 33
Kind = Literal["edit", "undo", "redo"]
EDIT: Kind = "edit"
REDO: Kind = "redo"
Status = Literal["prelabel", "corrected", "verified", "rejected"]
Id = int | str
#: px beyond which nobody drags a point.
FAR = 100_000.0
Coordinate = Annotated[float, Meta(ge=-FAR, le=FAR)]
Share = Annotated[float, Meta(ge=0, le=1)]


class Point(msgspec.Struct, array_like=True):
    """x, y: image px, None where there is none; v: 0 outside, 1 occluded, 2 visible."""

    x: Coordinate | None
    y: Coordinate | None
    v: Annotated[int, Meta(ge=0, le=2)]


class Seen(msgspec.Struct):
    """A person as the page shows it. ``points``: 33; ``confidence``: the network's, 33; ``marks``: what became of each point that
    a network proposed. ``box``: x, y, width, height, image px.
    """

    id: Id
    points: list[Point]
    status: str | None
    confidence: list[float | None] | None = None
    marks: list[str | None] | None = None
    box: list[float] | None = None
    network: str | None = None
    reviewer: str | None = None
    source: str | None = None


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """A person as the page wants it. ``network``, ``version``, ``confidence``, ``box``: only of who is new; ``source``:
    "interpolated" for points that were put between two frames.
    """

    id: Id
    points: Annotated[list[Point], Meta(min_length=POINTS, max_length=POINTS)]
    status: Status | None = None
    box: Annotated[list[Coordinate], Meta(min_length=4, max_length=4)] | None = None
    network: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")] | None = None
    confidence: Annotated[list[Share | None], Meta(min_length=POINTS, max_length=POINTS)] | None = None
    source: Literal["interpolated"] | None = None


class Action(msgspec.Struct, forbid_unknown_fields=True):
    """``key``: "TAB-NUMBER", of this action alone: what comes twice is done once; ``image``: its name; ``seen``: the revision of
    the image that the page knows; ``people``: those that change, as they are to be; ``deleted``: ids; ``status``: of the image,
    "verified" once somebody has seen to it; ``of``: for "undo" and "redo" the action's key.
    """

    key: Annotated[str, Meta(pattern="^[a-z0-9]{1,40}-[0-9]{1,12}$")]
    image: Annotated[str, Meta(min_length=1, max_length=1000)]
    seen: Annotated[int, Meta(ge=0)]
    what: Annotated[str, Meta(max_length=100)] = ""
    kind: Kind = EDIT
    of: Annotated[str, Meta(max_length=60)] = ""
    people: list[Wanted] = []
    deleted: list[Id] = []
    status: Literal["prelabel", "verified"] | None = None
