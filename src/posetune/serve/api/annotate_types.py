"""What ``/api/v1/annotate`` gives and takes."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from posetune.label.actions import Coordinate, Id, Point, Status
from posetune.serve.api_types import NetworkName

Name = Annotated[str, Meta(min_length=1, max_length=1000)]
Tab = Annotated[str, Meta(pattern="^[a-z0-9]{4,40}$")]
Box = Annotated[list[Coordinate], Meta(min_length=4, max_length=4)]
PictureProblem = Literal["missing", "damaged", "changed", "moved", "turned", "resized"]


class Doubt(Struct):
    """``points``: positions among the names; ``share``: 0…1."""

    kind: str
    points: list[int]
    share: float


class Labelled(Struct):
    """A person. ``marks``: what became of each point that a network proposed; ``confidence``: the network's."""

    id: Id
    points: list[Point]
    status: Status | None
    confidence: list[float | None] | None
    marks: list[str | None] | None
    box: list[float] | None
    network: str | None
    reviewer: str | None
    source: str | None
    doubts: list[Doubt]


class Counts(Struct):
    """``done``: images that somebody has seen to; ``none``: people without a status; ``suspects``: doubtful images left."""

    images: int
    done: int
    people: int
    prelabel: int
    corrected: int
    verified: int
    rejected: int
    none: int
    suspects: int


class Bone(Struct):
    """Between the points ``a`` and ``b``; ``length``: the usual one, in torsos."""

    a: int
    b: int
    length: float


class Work(Struct):
    """What is open. ``open``: false for a server that was started without a set; ``id``: of its label file's place; ``second``:
    there is somebody else's opinion; ``bones``: what
    bones are held against; ``partners``: of each point the one that it becomes in a mirror; ``notes``: sentences on what was found.
    """

    open: bool
    id: str = ""
    name: str = ""
    reviewer: str = ""
    blind: bool = False
    second: bool = False
    first: str = ""
    counts: Counts | None = None
    bones: list[Bone] = []
    partners: list[int] = []
    notes: list[str] = []


class Neighbours(Struct):
    """Names of images; null: there is none. ``open``: the next one that nobody has seen to."""

    previous: str | None
    next: str | None
    open: str | None
    suspect: str | None
    suspect_before: str | None


class ImageOf(Struct):
    """``number``: from 0; ``revision``: of the last action; ``undo``, ``redo``: how many there are; ``score``: 0…1, of doubt."""

    name: str
    number: int
    revision: int
    width: int
    height: int
    status: Status | None
    done: bool
    blind: bool
    problem: PictureProblem | None
    picture: str
    score: float
    undo: int
    redo: int
    people: list[Labelled]
    neighbours: Neighbours


class Frame(Struct):
    """An image beside: its people, and where in the clip it is."""

    name: str
    at: float
    people: list[Labelled]


class Around(Struct):
    """``at``: where the image itself is; ``before``: the one before; ``earlier``, ``later``: the nearest of its clip that somebody
    has seen to.
    """

    at: float
    before: Frame | None
    earlier: Frame | None
    later: Frame | None


class Listed(Struct):
    number: int
    name: str
    people: int
    done: bool
    score: float


class Other(Struct):
    """``shown``: false until both have seen to the image; ``reviewer``: "" for whoever made the set's own labels."""

    reviewer: str
    shown: bool
    people: list[Labelled]


class PointAgreement(Struct):
    """Of one point, of the pairs of labels that both have: how far apart, px and torsos; ``far``: the share more than .2 torsos
    apart; ``same_v``: the share with the same v.
    """

    name: str
    count: int
    median_px: float | None
    median_torsos: float | None
    far: float | None
    sigma: float | None
    coco_sigma: float | None
    same_v: float | None


class Agreement(Struct):
    """``other``: whom with, null without anybody; ``images``: that both have seen to; ``alone``: people whom only one has."""

    other: str | None
    images: int = 0
    people: int = 0
    alone: int = 0
    same_v: float | None = None
    median_px: float | None = None
    points: list[PointAgreement] = []


class Changed(Struct):
    """A person before and after an action; null: there was, or is, none."""

    id: Id
    before: Labelled | None
    after: Labelled | None


class Done(Struct):
    """An action that can be undone or redone. ``before``, ``after``: the image's status."""

    key: str
    what: str
    people: list[Changed]
    before: Status | None
    after: Status | None


class Stack(Struct):
    """The last one last."""

    undo: list[Done]
    redo: list[Done]


class Here(Struct, forbid_unknown_fields=True):
    """``ids``: how many new people's ids the tab wants; ``gone``: it is being closed."""

    tab: Tab
    ids: Annotated[int, Meta(ge=0, le=10_000)] = 0
    gone: bool = False


class Present(Struct):
    """``server``: another word after a restart; ``others``: other tabs that have the set open;
    ``first_id``: of the ids asked for; ``saved``: the label file has everything;
    ``problem``: why it could not be written.
    """

    server: str
    others: int
    first_id: int
    saved: bool
    problem: str | None
    counts: Counts


class Acted(Struct):
    """It is on the disk. ``score``: of the image now."""

    revision: int
    score: float
    saved: bool
    problem: str | None
    counts: Counts


class Where(Struct, forbid_unknown_fields=True):
    """Either a box around a person or a point on one, image px."""

    image: Name
    box: Box | None = None
    point: Annotated[list[Coordinate], Meta(min_length=2, max_length=2)] | None = None


class Found(Struct):
    """``score``: 0…1, how surely it is a person."""

    network: NetworkName
    points: list[Point]
    confidence: list[float]
    box: list[float]
    score: float
