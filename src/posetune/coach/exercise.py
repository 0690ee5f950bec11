"""An exercise as data: what repeats, what must hold for it to count, what is looked at, and what is said about it.

Files in ``exercises/`` are the library; docs/reference/exercises.md tells every key. Nothing in them is evaluated: measures are
names of :data:`posetune.coach.body.MEASURES`, limits are numbers. Errors name the line and the key.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

import yaml

from posetune.coach.body import MEASURES, SIDES
from posetune.errors import PosetuneError
from posetune.landmarks import INDEX

MAX_BYTES = 64_000
#: Gates, and checks, of one exercise: each is measured in every repetition.
MOST = 40
_MOST_DEPTH = 6
#: Measured along the repetition by the engine itself: how far the ankles move, in parts of the leg.
FEET_MOVE = "feet_move"
KINDS = ("repetitions", "hold")
VIEWS = ("any", "front", "side")
WHEN = ("extremum", "mostly", "worst", "start", "end")
LANGUAGES = ("en", "zh")
#: Joints whose measured error a check may take as its tolerance.
JOINTS = ("shoulder", "elbow", "hip", "knee", "ankle")


class ExerciseError(PosetuneError):
    """No exercise; ``line``: of its YAML where that is known, from 1."""

    def __init__(self, where: str, line: int | None, what: str) -> None:
        super().__init__(f"{where}: line {line}: {what}" if line is not None else f"{where}: {what}")
        self.line = line


@dataclass(frozen=True)
class Signal:
    """The measure that repeats. A movement begins beyond ``enter`` and is counted on the way back, beyond ``leave``.

    ``down``: it falls below ``enter`` and comes back above ``leave``; else the other way round. ``begun``: "seen" counts only
    movements whose begin was seen; "any" also one that was under way in the first picture (a deadlift begins on the floor).
    """

    measure: str
    enter: float
    leave: float
    begun: str = "seen"

    @property
    def down(self) -> bool:
        return self.enter < self.leave


@dataclass(frozen=True)
class Gate:
    """What must hold, or a movement is another one and is not counted; for a hold, what it is. ``when`` as in checks."""

    measure: str
    min: float | None
    max: float | None
    when: str


@dataclass(frozen=True)
class Check:
    """One thing to look at in a repetition.

    ``min``, ``max``: within is ok. ``tolerance``: a number in the measure's unit, or a joint whose measured error it is. ``view``:
    from where it can be seen. ``needs``: points that must be visible. ``source``: why. ``cue``: what to say, by language.
    ``default``: whether it is looked at unless asked for.
    """

    name: str
    measure: str
    min: float | None
    max: float | None
    when: str
    tolerance: float | str
    view: str
    needs: tuple[str, ...]
    source: str
    cue: Mapping[str, str]
    default: bool


@dataclass(frozen=True)
class Exercise:
    """``signal``: None for a hold. ``cannot``: what no camera can tell here, by language."""

    name: str
    kind: str
    title: Mapping[str, str]
    signal: Signal | None
    gates: tuple[Gate, ...]
    checks: tuple[Check, ...]
    view: str
    cannot: Mapping[str, str]


@cache
def library() -> Mapping[str, Exercise]:
    """Name → the exercises that come with posetune."""
    folder = resources.files("posetune.coach").joinpath("exercises")
    found = [parse(f.read_text("utf-8"), f.name) for f in folder.iterdir() if f.name.endswith(".yaml")]
    return {e.name: e for e in sorted(found, key=lambda e: e.name)}


def parse(text: str | bytes, where: str = "the exercise") -> Exercise:
    """The exercise of a YAML text. Raises ExerciseError, with line and key, for whatever is not one."""
    return _Reader(where).exercise(_tree(text, where))


@dataclass(frozen=True)
class _Entry:
    """A YAML value with the line it stands on."""

    value: Any
    line: int


def _tree(text: str | bytes, where: str) -> _Entry:
    if len(text) > MAX_BYTES:
        raise ExerciseError(where, None, f"it is larger than {MAX_BYTES} bytes, which no exercise is.")
    try:
        depth = 0
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            line = event.start_mark.line + 1 if event.start_mark else None
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > _MOST_DEPTH:  # before it is composed: thousands of brackets take minutes
                raise ExerciseError(where, line, "it is nested too deeply.")
            if getattr(event, "anchor", None) is not None:
                raise ExerciseError(where, line, "anchors (& and *) are not read; write the values out.")
            if getattr(event, "tag", None) is not None:
                raise ExerciseError(where, line, "types (!!) are not read; leave them out.")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, UnicodeDecodeError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        problem = getattr(error, "problem", None)
        said = f"it is not valid YAML{f' ({problem})' if problem else ''}."
        raise ExerciseError(where, mark.line + 1 if mark else None, said) from error
    if node is None:
        raise ExerciseError(where, None, "it is empty.")
    return _entry(node, where)


def _entry(node: yaml.Node, where: str) -> _Entry:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.MappingNode):
        content: dict[str, _Entry] = {}
        for key, value in node.value:
            name = str(getattr(key, "value", "?"))
            if name in content:
                raise ExerciseError(where, key.start_mark.line + 1, f"{name[:40]!r} is there twice.")
            content[name] = _entry(value, where)
        return _Entry(content, line)
    if isinstance(node, yaml.SequenceNode):
        return _Entry([_entry(item, where) for item in node.value], line)
    try:
        return _Entry(yaml.constructor.SafeConstructor().construct_object(node), line)
    except (yaml.YAMLError, ValueError, OverflowError) as error:
        raise ExerciseError(where, line, "this value cannot be read; give a number or a text.") from error


_TOP = ("version", "name", "kind", "title", "view", "signal", "gates", "checks", "cannot")


@dataclass(frozen=True)
class _Reader:
    where: str

    def exercise(self, top: _Entry) -> Exercise:
        got = self.mapping(top, "the exercise", _TOP)
        if "version" in got and got["version"].value != 1:
            raise self.wrong(got["version"], "version", "must be 1, the only one there is")
        kind = self.word(self.needed(got, top, "kind"), "kind", KINDS)
        if (kind == "repetitions") != ("signal" in got):
            raise self.wrong(top, "signal", "belongs to kind repetitions, which needs it, and not to a hold")
        name = self.text(self.needed(got, top, "name"), "name")
        gates = tuple(self.gate(g) for g in self.items(got, "gates"))
        if kind == "hold" and not gates:
            raise self.wrong(top, "gates", "are what a hold is made of: give at least one")
        checks = tuple(self.check(c) for c in self.items(got, "checks"))
        names = [c.name for c in checks]
        for twice in sorted({n for n in names if names.count(n) > 1}):
            raise self.wrong(got["checks"], "checks", f"have the name {twice!r} twice")
        return Exercise(
            name=name,
            kind=kind,
            title=self.languages(got.get("title"), "title") or {"en": name},
            signal=self.signal(got["signal"]) if "signal" in got else None,
            gates=gates,
            checks=checks,
            view=self.word(got["view"], "view", VIEWS) if "view" in got else "any",
            cannot=self.languages(got.get("cannot"), "cannot"),
        )

    def signal(self, entry: _Entry) -> Signal:
        got = self.mapping(entry, "signal", ("measure", "enter", "leave", "begun"))
        enter, leave = (self.number(self.needed(got, entry, key), key) for key in ("enter", "leave"))
        if enter == leave:
            raise self.wrong(entry, "leave", "must differ from enter: one threshold alone counts every tremble")
        begun = self.word(got["begun"], "begun", ("seen", "any")) if "begun" in got else "seen"
        return Signal(self.measure(self.needed(got, entry, "measure")), enter, leave, begun)

    def gate(self, entry: _Entry) -> Gate:
        got = self.mapping(entry, "a gate", ("measure", "min", "max", "when"))
        measure = self.measure(self.needed(got, entry, "measure"), FEET_MOVE)
        low, high = self.limits(got, entry)
        return Gate(measure, low, high, self.word(got["when"], "when", WHEN) if "when" in got else "extremum")

    def check(self, entry: _Entry) -> Check:
        keys = ("name", "measure", "min", "max", "when", "tolerance", "view", "needs", "source", "cue", "default")
        got = self.mapping(entry, "a check", keys)
        low, high = self.limits(got, entry)
        default = got["default"].value if "default" in got else True
        if not isinstance(default, bool):
            raise self.wrong(got["default"], "default", "must be true or false")
        return Check(
            name=self.text(self.needed(got, entry, "name"), "name"),
            measure=self.measure(self.needed(got, entry, "measure")),
            min=low,
            max=high,
            when=self.word(got["when"], "when", WHEN) if "when" in got else "extremum",
            tolerance=self.tolerance(self.needed(got, entry, "tolerance")),
            view=self.word(self.needed(got, entry, "view"), "view", VIEWS),
            needs=tuple(self.point(p) for p in self.items(got, "needs")),
            source=self.text(self.needed(got, entry, "source"), "source"),
            cue=self.languages(self.needed(got, entry, "cue"), "cue"),
            default=default,
        )

    def wrong(self, entry: _Entry, key: str, what: str) -> PosetuneError:
        return ExerciseError(self.where, entry.line, f"{key} {what}" + ("" if what.endswith("?") else "."))

    def mapping(self, entry: _Entry, what: str, keys: tuple[str, ...]) -> dict[str, _Entry]:
        if not isinstance(entry.value, dict):
            raise self.wrong(entry, what, f"must be a mapping with {', '.join(keys)}")
        for key, value in entry.value.items():
            if key not in keys:
                near = difflib.get_close_matches(key, keys, 1)
                raise self.wrong(
                    value,
                    repr(key[:40]),
                    f"is no key of {what}"
                    + (f"; did you mean {near[0]}?" if near else f"; there are {', '.join(keys)}"),
                )
        return dict(entry.value)

    def needed(self, got: Mapping[str, _Entry], entry: _Entry, key: str) -> _Entry:
        if key not in got:
            raise self.wrong(entry, key, "is missing")
        return got[key]

    def items(self, got: Mapping[str, _Entry], key: str) -> list[_Entry]:
        if key not in got:
            return []
        value = got[key].value
        if not isinstance(value, list):
            raise self.wrong(got[key], key, "must be a list")
        if len(value) > MOST:
            raise self.wrong(got[key], key, f"are {len(value)}, and at most {MOST} are taken")
        return list(value)

    def number(self, entry: _Entry, key: str) -> float:
        value = entry.value
        if isinstance(value, bool) or not isinstance(value, int | float) or not -1e6 < value < 1e6:
            raise self.wrong(entry, key, "must be a number")
        return float(value)

    def limits(self, got: Mapping[str, _Entry], entry: _Entry) -> tuple[float | None, float | None]:
        low = self.number(got["min"], "min") if "min" in got else None
        high = self.number(got["max"], "max") if "max" in got else None
        if low is None and high is None:
            raise self.wrong(entry, "min", "or max is missing: without a limit there is nothing to look at")
        if low is not None and high is not None and low > high:
            raise self.wrong(entry, "min", "is above max")
        return low, high

    def text(self, entry: _Entry, key: str) -> str:
        if not isinstance(entry.value, str) or not entry.value.strip() or len(entry.value) > 500:
            raise self.wrong(entry, key, "must be a text of at most 500 letters")
        return entry.value.strip()

    def word(self, entry: _Entry, key: str, words: tuple[str, ...]) -> str:
        if entry.value not in words:
            raise self.wrong(entry, key, f"must be one of {', '.join(words)}")
        return str(entry.value)

    def measure(self, entry: _Entry, *more: str) -> str:
        known = (*MEASURES, *more)
        if entry.value not in known:
            near = difflib.get_close_matches(str(entry.value), known, 2, 0.5)
            raise self.wrong(
                entry,
                "measure",
                f"{str(entry.value)[:40]!r} is unknown; nearest: {', '.join(near) or 'none, see the reference'}",
            )
        return str(entry.value)

    def point(self, entry: _Entry) -> str:
        name = str(entry.value)
        bare = name.removeprefix("both_")
        if name not in INDEX and f"{SIDES[0]}_{bare}" not in INDEX:
            raise self.wrong(
                entry,
                "needs",
                f"{name[:40]!r}, which is no point: give knee (of the nearer side), both_knee or left_knee",
            )
        return name

    def tolerance(self, entry: _Entry) -> float | str:
        if entry.value in JOINTS:
            return str(entry.value)
        if isinstance(entry.value, str):
            raise self.wrong(
                entry, "tolerance", f"must be a number, or the joint whose measured error it is: {', '.join(JOINTS)}"
            )
        value = self.number(entry, "tolerance")
        if value < 0:
            raise self.wrong(entry, "tolerance", "must not be negative")
        return value

    def languages(self, entry: _Entry | None, key: str) -> dict[str, str]:
        if entry is None:
            return {}
        got = self.mapping(entry, key, LANGUAGES)
        self.needed(got, entry, "en")
        return {language: self.text(text, f"{key}.{language}") for language, text in got.items()}
