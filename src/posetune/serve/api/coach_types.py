"""What ``…/coach`` takes and gives."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

AUTO = "auto"
#: Names of exercises, and of their files.
NAME = "^[a-z][a-z0-9_]{0,39}$"


class CoachQuery(msgspec.Struct, forbid_unknown_fields=True):
    exercise: Annotated[str, Meta(description="its name, or auto: what explains most of the clip", pattern=NAME)] = AUTO
    person: Annotated[int, Meta(description="a track id; 0: the largest person", ge=0, le=10**6)] = 0


class CheckResult(msgspec.Struct, omit_defaults=True):
    """``value``, ``limit``, ``tolerance``: in the unit of the measure; ``at``: when the value was seen, seconds; ``why`` it is not
    measurable.
    """

    status: Literal["ok", "near", "fault", "not measurable"]
    value: float | UnsetType = UNSET
    limit: float | UnsetType = UNSET
    tolerance: float | UnsetType = UNSET
    at: float | UnsetType = UNSET
    why: str | UnsetType = UNSET


class Repetition(msgspec.Struct):
    """One repetition, or one hold; seconds of the video. ``extremum``: when it turned, ``reached`` the signal there; ``ranges``:
    joint to smallest and largest angle of the nearer side, degrees.
    """

    start: float
    end: float
    extremum: float
    side: str
    view: str
    ranges: dict[str, list[float]]
    checks: dict[str, CheckResult]
    reached: float | UnsetType = UNSET


class NotCounted(msgspec.Struct):
    """A movement that was another one: ``why`` is the measure whose gate did not hold."""

    start: float
    end: float
    why: str


class CheckOf(msgspec.Struct):
    """A check of the exercise, as its YAML has it; ``mark``: the joint where its faults are shown."""

    name: str
    measure: str
    min: float | None
    max: float | None
    when: str
    tolerance: float | str
    view: str
    needs: list[str]
    source: str
    cue: dict[str, str]
    default: bool
    mark: str


class SignalOver(msgspec.Struct):
    """The measure that is counted, and the two thresholds; null where it was not seen."""

    measure: str
    enter: float
    leave: float
    times_s: list[float]
    values: list[float | None]


class Coached(msgspec.Struct):
    """``state``: of the job; ``frames``: that this is about; ``complete``: no more will come. ``exercise``: null where none was
    found. ``person``: the track ids that were followed. ``lag_s``: how long after its end a repetition is told, live. ``errors``:
    joint to the error of the network's angle there, degrees, from the report of ``errors_of``.
    """

    state: str
    frames: int
    complete: bool
    exercise: str | None
    kind: str | None
    title: dict[str, str]
    count: int
    repetitions: list[Repetition]
    not_counted: list[NotCounted]
    cues: dict[str, list[str]]
    checks: list[CheckOf]
    signal: SignalOver | None
    notes: list[str]
    person: list[int]
    lag_s: float
    errors: dict[str, float]
    errors_of: Literal["network", "stock"]
