"""What ``…/coach`` takes and gives."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

AUTO = "auto"
#: Names of exercises, and of their files.
NAME = "^[a-z][a-z0-9_]{0,39}$"


class CoachQuery(msgspec.Struct, forbid_unknown_fields=True):
    exercise: Annotated[str, Meta(description="its name, or auto: what explains most of the clip", pattern=NAME)] = AUTO
    person: Annotated[int, Meta(description="a track id; 0: the largest person", ge=0, le=10**6)] = 0


class PosturesQuery(msgspec.Struct, forbid_unknown_fields=True):
    """What no camera sees."""

    load: Annotated[float, Meta(description="kg that are lifted or held", ge=0, le=500)] = 0.0
    coupling: Annotated[int, Meta(description="grip: 0 good, 1 fair, 2 poor, 3 none", ge=0, le=3)] = 0
    shock: Annotated[bool, Meta(description="the load comes suddenly, or jerks")] = False
    static: Annotated[bool, Meta(description="parts of the body are held for longer than a minute")] = False
    repeated: Annotated[bool, Meta(description="small movements more than four times a minute")] = False
    unstable: Annotated[bool, Meta(description="rapid large changes of posture, or an unstable base")] = False
    twisted: Annotated[bool, Meta(description="the trunk is twisted or bent sideways")] = False
    neck_twisted: Annotated[bool, Meta(description="the neck is twisted or bent sideways")] = False
    supported: Annotated[bool, Meta(description="the arm is supported, or its weight is")] = False
    en1005: Annotated[bool, Meta(description="tell zones after EN 1005-4, too")] = False


class Level(msgspec.Struct):
    """The scores from ``low`` to ``high``."""

    name: str
    low: int
    high: int


class Share(msgspec.Struct):
    """Of the time, 0 to 1: surely at this level, and perhaps."""

    at_least: float
    at_most: float


class WorstMoment(msgspec.Struct):
    """``score``: the lowest and the highest that it may be; ``level``: theirs."""

    time_s: float
    person: int
    score: list[int]
    level: list[str]


class Method(msgspec.Struct):
    """``share_of_time``: level to its share; null where nobody was seen."""

    share_of_time: dict[str, Share | None]
    worst: list[WorstMoment]


class OverTime(msgspec.Struct):
    """``scores``: method to [lowest, highest] at each of ``times_s``."""

    person: int
    times_s: list[float]
    scores: dict[str, list[list[int]]]


class Postures(msgspec.Struct):
    """REBA, RULA and OWAS over time, by the name of the method. ``notice`` goes with every result; ``en1005_4``: if asked for."""

    state: str
    frames: int
    complete: bool
    notice: str
    person_seconds: float
    people: list[int]
    methods: dict[str, Method]
    levels: dict[str, list[Level]]
    over_time: list[OverTime]
    en1005_4: dict[str, Any] | UnsetType = UNSET


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
    notes: dict[str, list[str]]
    person: list[int]
    lag_s: float
    errors: dict[str, float]
    errors_of: Literal["network", "stock"]
