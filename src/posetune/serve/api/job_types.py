"""What is asked of video jobs and what is told of them, as types: OpenAPI's schemas are made of them."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from posetune.serve import api_types
from posetune.serve.api.predict import MAX_PEOPLE


class Query(msgspec.Struct, forbid_unknown_fields=True):
    model: Annotated[str, Meta(description="name or sha256 of a network; empty: the current one", max_length=200)] = ""
    max_people: Annotated[int, Meta(description="follow at most so many people", ge=1, le=50)] = MAX_PEOPLE
    tiles: Annotated[
        str,
        Meta(description="look in tiles too: auto, off, or tiles along the long side", pattern="^(off|auto|[2-9])$"),
    ] = "off"
    smooth: Annotated[Literal["mediapipe", "steady", "none"], Meta(description="how points are smoothed")] = "mediapipe"
    name: Annotated[str, Meta(description="what you call it", max_length=200)] = ""
    key: Annotated[
        str, Meta(description="what you call this request: sent again, it is the same job", max_length=128)
    ] = ""


class Again(msgspec.Struct, forbid_unknown_fields=True):
    model: Annotated[str, Meta(description="name or sha256 of a network; empty: the current one", max_length=200)] = ""
    max_people: Annotated[int, Meta(description="0: as before", ge=0, le=50)] = 0
    smooth: Annotated[Literal["", "mediapipe", "steady", "none"], Meta(description="empty: as before")] = ""
    key: Annotated[
        str, Meta(description="what you call this request: sent again, it is the same job", max_length=128)
    ] = ""


class From(msgspec.Struct, forbid_unknown_fields=True, rename={"begin": "from"}):
    begin: Annotated[int, Meta(description="the first frame wanted", ge=0, le=10**9)] = 0


class Progress(msgspec.Struct):
    """Frames that were looked at, of how many; None where that is not known."""

    done: int
    total: int | None
    seconds_left: float | None


class Video(msgspec.Struct):
    """``width``, ``height``: px, upright; ``rotation``: degrees clockwise by which the file's pictures are turned for that;
    ``playable``: browsers play it as it is.
    """

    width: int
    height: int
    frames: int
    duration_s: float
    rotation: int
    variable_rate: bool
    playable: bool
    container: str
    codec: str
    bytes: int


class Job(msgspec.Struct):
    """``error``: why it failed; ``note``: why it waits, or what of the video could not be read. Times: seconds since 1970;
    ``expires_at``: when it is deleted, None if it is kept.
    """

    id: str
    url: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    progress: Progress
    network: api_types.NetworkName
    video: Video
    name: str
    max_people: int
    tiles: str
    smooth: str
    error: str
    note: str
    created_at: float
    expires_at: float | None
    kept: bool


class AllJobs(msgspec.Struct):
    """Newest first."""

    jobs: list[Job]


class MadeJob(msgspec.Struct):
    id: str
    url: str


class FrameOf(msgspec.Struct):
    """A frame of a video and the people in it."""

    index: int
    time_s: float
    people: list[api_types.Person]


class Result(msgspec.Struct):
    """``frames``: those from ``from`` on that were looked at, at most 600; ``next``: what to ask for then; ``complete``: there will
    be no more behind these.
    """

    state: str
    begin: int = msgspec.field(name="from")
    next: int = 0
    complete: bool = False
    frames: list[FrameOf] = []


class Times(msgspec.Struct):
    """When each frame is shown, seconds; the first ``known`` were looked at, the others are what the file says."""

    times_s: list[float]
    known: int
    complete: bool


class Keep(msgspec.Struct, forbid_unknown_fields=True):
    """``kept``: the job outlives the time after which others are deleted."""

    kept: bool
