"""The coach's report: curves with repetitions as bands, a table of what was seen in each, and the worst one as pictures."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape

from posetune.coach.body import names_of
from posetune.coach.coach import Repetition
from posetune.coach.curves import Curve, curves, unit_of
from posetune.coach.exercise import Check, Exercise
from posetune.coach.judge import SMALLEST_TOLERANCE_DEG, Result
from posetune.coach.report.chart import Band, Chart, Line
from posetune.coach.report.page import figure, notes, page, section, table
from posetune.coach.report.stills import Still
from posetune.coach.report.texts import TEXTS
from posetune.coach.session import Session

_WORST_FIRST = ("fault", "near", "ok")
_MARKS = {"ok": "✓", "near": "≈", "fault": "✗", "not measurable": "–"}
_CSS = {"ok": "ok", "near": "near", "fault": "fault", "not measurable": "unknown"}


@dataclass(frozen=True)
class About:
    """What a report says besides the session. ``errors_of``: whose errors the tolerances are, None for stock's; ``model``: empty
    where poses were read from a file; ``faces``: whether they are shown.
    """

    file: str
    language: str = "en"
    model: str = ""
    errors: Mapping[str, float] = field(default_factory=dict)
    errors_of: str | None = None
    faces: bool = False


def worst_of(session: Session) -> int | None:
    """Which repetition to look at, from 0: most faults, then farthest beyond (or nearest to) a limit; None if there is none."""
    if not session.repetitions:
        return None

    def weight(repetition: Repetition) -> tuple[int, float]:
        results = [r for r in repetition.checks.values() if r.status != "not measurable"]
        return sum(r.status == "fault" for r in results), max((_beyond(r) for r in results), default=-math.inf)

    return max(range(len(session.repetitions)), key=lambda n: weight(session.repetitions[n]))


def wanted(session: Session) -> list[Still]:
    """The pictures of :func:`coach_page`: the worst repetition at its start, turning point and end."""
    n = worst_of(session)
    if n is None or session.exercise is None:
        return []
    r = session.repetitions[n]
    checks = {c.name: c for c in session.exercise.checks}
    marked = tuple(
        dict.fromkeys(
            name
            for check, result in r.checks.items()
            if result.status == "fault"
            for part in checks[check].needs
            for name in names_of(part, r.side)
        )
    )
    times = (r.start_s, r.extremum_s, r.end_s)
    return [
        Still(at, tuple(session.person), marked if at == r.extremum_s else (), (r.start_s, r.end_s)) for at in times
    ]


def coach_page(session: Session, about: About, pictures: Mapping[Still, str] | None) -> str:
    """The HTML of the report. ``pictures``: of :func:`wanted`; None where there is no video."""
    words = TEXTS[about.language]
    exercise = session.exercise
    title = words["none"]
    if exercise:
        name = exercise.title.get(about.language, exercise.title["en"])
        title = words["count_hold" if exercise.kind == "hold" else "count"].format(
            exercise=name, n=len(session.repetitions)
        )
    what = " · ".join(part for part in (about.file, about.model) if part)
    return page(
        about.language,
        title,
        what,
        [
            section(words["curves"], _curves(session, words)),
            section(words["holds" if exercise and exercise.kind == "hold" else "repetitions"], _table(session, words)),
            _worst(session, about, pictures),
            section(
                words["notes"],
                notes([*session.told(about.language), *_about_pictures(about, pictures), words["advice"]]),
            ),
            section(words["tolerances"], f"<p>{escape(_tolerances(about))}</p>"),
        ],
    )


def _beyond(result: Result) -> float:
    """How far beyond the limit, in tolerances; negative within it."""
    if not math.isfinite(result.limit):
        return -math.inf
    far = abs(result.value - result.limit) / max(result.tolerance, 1e-9)
    return far if result.status in ("near", "fault") else -far


def _status(repetition: Repetition) -> str:
    found = {r.status for r in repetition.checks.values()}
    return next((_CSS[s] for s in _WORST_FIRST if s in found), "unknown")


def _curves(session: Session, words: Mapping[str, str]) -> str:
    bands = [
        Band(r.start_s, r.end_s, _status(r), str(n), f"{n}: {r.start_s:.2f} – {r.end_s:.2f} s")
        for n, r in enumerate(session.repetitions, 1)
    ]
    bands += [
        Band(p.start_s, p.end_s, "passed", "", words["not_counted"].format(why=p.why.replace("_", " ")))
        for p in session.passed
    ]
    parts = []
    for k, curve in enumerate(curves(session)):
        heading = f"{_said(curve.measure)}{f', {curve.unit}' if curve.unit else ''}"
        heading += f" ({', '.join(_said(c) for c in curve.checks)})" if curve.checks else ""
        # A hold has no turning point, and only the signal's is one.
        marks = [r.extremum_s for r in session.repetitions if math.isfinite(r.extremum_s)] if k == 0 else []
        hold = session.exercise is not None and session.exercise.kind == "hold"
        chart = Chart(
            heading, curve.times_s, curve.values, curve.unit, bands=bands, lines=_lines(curve, words),
            marks_s=[] if hold else marks,
        )  # fmt: skip
        parts.append(f'<h3>{escape(heading)}</h3><div class="scroll">{chart.svg()}</div>')
    return f'<p class="soft">{escape(words["bands"])}</p>{"".join(parts)}' if parts else ""


def _lines(curve: Curve, words: Mapping[str, str]) -> list[Line]:
    lines = []
    for limit in curve.limits:
        value = _value(limit.value, curve.measure)
        if limit.kind in ("enter", "leave"):
            label = words["begins" if limit.kind == "enter" else "leaves"].format(value=value)
            lines.append(Line(limit.value, "threshold", label))
        else:
            label = words[f"limit_{limit.kind}"].format(value=value, tolerance=_value(limit.tolerance, curve.measure))
            lines.append(
                Line(limit.value, "limit", label, limit.tolerance if limit.kind == "max" else -limit.tolerance)
            )
    return lines


def _table(session: Session, words: Mapping[str, str]) -> str:
    if not session.repetitions:
        return ""
    assert session.exercise is not None
    checks = {c.name: c for c in session.exercise.checks}
    names = list(dict.fromkeys(name for r in session.repetitions for name in r.checks))
    rows = []
    for n, r in enumerate(session.repetitions, 1):
        cells = [_cell(r.checks[name], checks[name], words) if name in r.checks else "" for name in names]
        rows.append([str(n), f"{r.start_s:.2f} – {r.end_s:.2f} s", escape(f"{r.side}, {r.view}"), *cells])
    return table([words["number"], words["time"], words["side"], *(_said(n) for n in names)], rows)


def _cell(result: Result, check: Check, words: Mapping[str, str]) -> str:
    text = f"{_MARKS[result.status]} {words[result.status]}"
    more = result.why if result.status == "not measurable" else _value(result.value, check.measure)
    return f'<span><span class="{_CSS[result.status]}">{escape(text)}</span> <span class="soft">{escape(more)}</span></span>'


def _worst(session: Session, about: About, pictures: Mapping[Still, str] | None) -> str:
    n = worst_of(session)
    if n is None or session.exercise is None:
        return ""
    words = TEXTS[about.language]
    r = session.repetitions[n]
    hold = session.exercise.kind == "hold"
    faults = _faults(session.exercise, r, about.language)
    near = any(result.status == "near" for result in r.checks.values())
    said = "".join(f'<p class="verdict fault">{escape(text)}</p>' for text in faults.values())
    said = said or f"<p>{escape(words['no_faults' if near else 'all_ok'])}</p>"
    if pictures:
        captions = [words["start"], words["middle" if hold else "extremum"], words["end"]]
        shown = zip(captions, wanted(session), strict=True)
        figures = "".join(
            figure(pictures[still], f"{caption}, {still.time_s:.2f} s", ", ".join(faults) if still.marked else "")
            for caption, still in shown
            if still in pictures
        )
        said += f'<div class="stills">{figures}</div>'
    return section(words["worst_hold" if hold else "worst"].format(n=n + 1), said)


def _faults(exercise: Exercise, repetition: Repetition, language: str) -> dict[str, str]:
    """Check → what is said about it, with value and limit."""
    found = {}
    for check in exercise.checks:
        result = repetition.checks.get(check.name)
        if result is not None and result.status == "fault":
            value, limit = _value(result.value, check.measure), _value(result.limit, check.measure)
            cue = check.cue.get(language, check.cue["en"])
            found[_said(check.name)] = (
                f"{_said(check.name)}: {value} ({'≤' if result.value > result.limit else '≥'} {limit}). {cue}"
            )
    return found


def _about_pictures(about: About, pictures: Mapping[Still, str] | None) -> list[str]:
    words = TEXTS[about.language]
    if pictures is None:
        return [words["no_pictures"]]
    return [words["shown" if about.faces else "blurred"]] if pictures else []


def _tolerances(about: About) -> str:
    words = TEXTS[about.language]
    errors = ", ".join(f"{joint} {max(e, SMALLEST_TOLERANCE_DEG):.1f}°" for joint, e in about.errors.items())
    return words["tolerance_told"].format(source=about.errors_of or words["stock"], errors=errors)


def _said(name: str) -> str:
    return name.replace("_", " ")


def _value(value: float, measure: str) -> str:
    unit = unit_of(measure)
    return f"{value:.0f}{unit}" if unit else f"{value:.2f}"
