"""What the API gives, as types: OpenAPI's schemas are made of them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

Triple = Annotated[list[float | None], Meta(min_length=3, max_length=3)]
Degrees = Annotated[float, Meta(ge=0, le=180)]


class NetworkName(Struct):
    """The network that answered."""

    name: str
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$", description="of the landmark network's file")]


class Size(Struct):
    """px, upright."""

    width: int
    height: int


class JointFlag(Struct):
    """A joint beyond its allowed range, degrees."""

    joint: str
    kind: Literal["below", "above"]
    value: float
    limit: float


class Person(Struct):
    """``landmarks_px``: x, y, z in px; ``world``: x, y, z in metres from the hips' middle; both in the order of
    ``GET /api/v1/skeleton``, or of ``names`` where the network has points of its own. ``visibility``: 0 to 1. ``angles``: joint to
    interior angle in the picture's plane, degrees. ``mask``: a grey PNG of the whole picture in base64, if asked for. ``id``: who
    it is within a video.
    """

    score: float
    landmarks_px: list[Triple]
    visibility: list[float | None]
    world: list[Triple]
    angles: dict[str, Degrees | None]
    flags: list[JointFlag]
    mask: str | UnsetType = UNSET
    names: list[str] | UnsetType = UNSET
    id: int | UnsetType = UNSET


class People(Struct):
    """The people in a picture, best detection first."""

    network: NetworkName
    image: Size
    people: list[Person]


class NetworkEntry(Struct):
    """``current``: it answers requests that name none; ``report``: where its evaluation can be read; ``uploaded``: it can be
    deleted.
    """

    name: str
    sha256: str
    kind: Literal["stock", "run", "task", "tflite", "registry"]
    current: bool
    report: str | None
    uploaded: bool


class Range(Struct, forbid_unknown_fields=True):
    """Degrees, both ends allowed."""

    min: Degrees
    max: Degrees


class Ranges(Struct):
    """Joint to allowed range; a joint without one is never flagged. ``defaults``: what posetune brings."""

    ranges: dict[str, Range]
    defaults: dict[str, Range]


class NewRanges(Struct, forbid_unknown_fields=True):
    """All ranges; a joint that is left out has none."""

    ranges: dict[str, Range]
    version: Literal[1] = 1


class Connection(Struct):
    a: int
    b: int
    region: Literal["trunk", "face", "upper_limbs", "lower_limbs"]


class JointAngle(Struct):
    """The angle at ``b`` between the ways to ``a`` and ``c``: positions among the names."""

    joint: str
    a: int
    b: int
    c: int


class Skeleton(Struct):
    """The 33 points: their names, the region each is drawn in, the lines between them, and the joint angles."""

    names: list[str]
    regions: list[Literal["trunk", "face", "upper_limbs", "lower_limbs"]]
    connections: list[Connection]
    angles: list[JointAngle]


class Health(Struct):
    alive: bool


class Readiness(Struct):
    ready: bool
    workers: int
    network: NetworkName


class SwitchTo(Struct, forbid_unknown_fields=True):
    """``name``: or sha256."""

    name: Annotated[str, Meta(min_length=1, max_length=200)]
