"""The report of a shift: scores over time with their intervals, share of time per level, the worst moments as pictures.

It is about the work: people are not told apart in it, and their faces are blurred unless that is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import groupby

import numpy as np

from posetune.coach.ergonomics.en1005 import VERDICTS, Zone
from posetune.coach.ergonomics.posture import Posture
from posetune.coach.ergonomics.scores import LEVELS, METHODS, level
from posetune.coach.ergonomics.session import SCREENING, Ergonomics, Moment
from posetune.coach.report.chart import Chart, Level
from posetune.coach.report.page import figure, notes, page, section, table
from posetune.coach.report.stills import Still
from posetune.svg import svg

NAMES = {
    "reba": "REBA (Hignett & McAtamney 2000)",
    "rula": "RULA (McAtamney & Corlett 1993)",
    "owas": "OWAS (Karhu, Kansi & Kuorinka 1977), action category",
}
PARTS = ("trunk", "neck", "upper_arm", "lower_arm", "wrist", "knee")
_CSS = {"reba": (1, 2, 3, 4, 5), "rula": (1, 3, 4, 5), "owas": (1, 3, 4, 5)}
#: So many pictures at most: the page is mailed.
_PICTURES = 6
_CSS_OF = dict(zip(VERDICTS, ("ok", "near", "fault"), strict=True))
#: What the camera cannot tell is typed in; how it is called on the page.
_TYPED = {
    "shock": "shock or jerk", "static": "held over a minute", "repeated": "repeated", "unstable": "rapid or unstable",
    "twisted": "trunk twisted", "neck_twisted": "neck twisted", "supported": "arm supported",
}  # fmt: skip


@dataclass(frozen=True)
class About:
    """``model``: empty where poses were read from a file; ``faces``: whether they are shown."""

    file: str
    model: str = ""
    faces: bool = False


def wanted(found: Ergonomics) -> dict[Still, Moment]:
    """The pictures of :func:`postures_page`: the worst moments of each method, REBA's first, each once."""
    chosen: dict[Still, Moment] = {}
    for method in METHODS:
        for moment in found.worst(method):
            if len(chosen) < _PICTURES:
                chosen.setdefault(Still(moment.time_s, (moment.person,)), moment)
    return dict(sorted(chosen.items(), key=lambda pair: pair[0].time_s))


def postures_page(found: Ergonomics, about: About, pictures: Mapping[Still, str] | None) -> str:
    """The HTML of the report. ``pictures``: of :func:`wanted`; None where there is no video."""
    what = " · ".join(part for part in (about.file, about.model) if part)
    told = found.to_json()
    sections = [f'<section><p class="notice">{escape(SCREENING)}</p></section>']
    if not found.moments:
        sections.append(section("Nobody was found in the clip", "<p>There is nothing to score.</p>"))
    else:
        sections += [section(NAMES[m], _method(found, m, told["methods"][m]["share_of_time"])) for m in METHODS]
        sections.append(section("Worst moments", _worst(found, pictures)))
        sections.append(section("Zones after EN 1005-4", _zones(found) if found.en1005 else ""))
    sections.append(section("What was typed in", f"<p>{escape(_typed(found))}</p>"))
    sections.append(section("How to read this", notes(_notes(found, about, pictures))))
    return page("en", "Postures at work", what, sections)


def _method(found: Ergonomics, method: str, shares: Mapping[str, Mapping[str, float] | None]) -> str:
    times, low, high = _highest(found.moments, method)
    levels = [
        Level(bottom - 0.5, top + 0.5, f"level{css}", name)
        for (name, bottom, top), css in zip(LEVELS[method], _CSS[method], strict=True)
    ]
    most = LEVELS[method][-1][2]
    chart = Chart(
        f"{method.upper()} over time", times, low, upper=high, levels=levels, span=(0.5, most + 0.5)
    )  # fmt: skip
    rows = []
    for (name, bottom, top), css in zip(LEVELS[method], _CSS[method], strict=True):
        share = shares[name]
        if share is None:
            continue
        scores = str(bottom) if bottom == top else f"{bottom} – {top}"
        rows.append(
            [
                f'<span class="key level{css}"></span>{escape(name)}',
                scores,
                _range(share["at_least"], share["at_most"]),
                _bar(share["at_least"], share["at_most"], css, name),
            ]
        )
    return f'<div class="scroll">{chart.svg()}</div>' + table(["level", "score", "share of time", ""], rows)


def _highest(moments: Sequence[Moment], method: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(seconds, lowest, highest) of the worst off in each picture."""
    times, low, high = [], [], []
    for time_s, group in groupby(moments, key=lambda m: m.time_s):
        spans = [m.scores[method] for m in group]
        times.append(time_s)
        low.append(max(s[0] for s in spans))
        high.append(max(s[1] for s in spans))
    return np.array(times), np.array(low, float), np.array(high, float)


def _bar(least: float, most: float, css: int, name: str) -> str:
    sure = f'<rect class="level{css}" x="0" y="0" width="{300 * least:.1f}" height="12"/>'
    perhaps = f'<rect class="level{css}" opacity=".45" x="{300 * least:.1f}" y="0" width="{300 * (most - least):.1f}" height="12"/>'
    frame = '<rect class="grid" fill="none" x=".5" y=".5" width="299" height="11"/>'
    return svg([frame, sure, perhaps], 300, 12, f"{name}: {_range(least, most)}").replace(
        "<svg ", '<svg class="bar" ', 1
    )


def _range(least: float, most: float) -> str:
    return f"{least:.0%}" if f"{least:.0%}" == f"{most:.0%}" else f"{least:.0%} to {most:.0%}"


def _worst(found: Ergonomics, pictures: Mapping[Still, str] | None) -> str:
    chosen = wanted(found)
    rows = [
        [f"{m.time_s:.2f} s", *(_scored(m, method) for method in METHODS), escape(_angles(m.posture))]
        for m in chosen.values()
    ]
    shown = ""
    if pictures:
        figures = [
            figure(pictures[still], f"{moment.time_s:.2f} s · {_plain(moment, 'reba')} · {_angles(moment.posture)}")
            for still, moment in chosen.items()
            if still in pictures
        ]
        shown = f'<div class="stills">{"".join(figures)}</div>'
    return table(["time", *(m.upper() for m in METHODS), "angles, degrees"], rows) + shown


def _scored(moment: Moment, method: str) -> str:
    low, high = moment.scores[method]
    names = dict.fromkeys((level(method, low), level(method, high)))
    return f'{_span(low, high)} <span class="soft">{escape(" to ".join(names))}</span>'


def _plain(moment: Moment, method: str) -> str:
    return f"{method.upper()} {_span(*moment.scores[method])}"


def _span(low: int, high: int) -> str:
    return str(low) if low == high else f"{low} to {high}"


def _angles(posture: Posture) -> str:
    told = [
        f"{part.replace('_', ' ')} {'not seen' if (v := getattr(posture, part)) is None else f'{v:.0f}'}"
        for part in PARTS
    ]
    return ", ".join(told)


def _zones(found: Ergonomics) -> str:
    parts = []
    for name, part in found.zones().items():
        if part.verdict is None:
            parts.append(f"<h3>{escape(name.capitalize())}</h3><p>Not seen from the side.</p>")
            continue
        rows = [_zone_row(zone) for zone in part.zones]
        parts.append(
            f"<h3>{escape(name.capitalize())}: "
            f'<span class="{_CSS_OF[part.verdict]}">{escape(part.verdict)}</span></h3>'
            + table(["zone", "share of time", "longest, s", "times a minute", ""], rows)
        )
    length = found.seconds
    little = (
        f" The clip has {length:.0f} s of people: how often a minute is reckoned from little." if length < 60 else ""
    )
    return (
        '<p class="soft">Held for 4 s or longer is static; 2 a minute or more is of high frequency. The head’s inclination stands '
        f"in for the line of sight. Conditions and durations of the standard are not looked at.{little}</p>{''.join(parts)}"
    )


def _zone_row(zone: Zone) -> list[str]:
    if zone.verdict is None:
        return [escape(zone.name), "0%", "–", "–", ""]
    told = f'<span class="{_CSS_OF[zone.verdict]}">{escape(zone.verdict)}</span>'
    return [escape(zone.name), f"{zone.share:.0%}", f"{zone.longest_s:.1f}", f"{zone.per_minute:.1f}", told]


def _typed(found: Ergonomics) -> str:
    task = found.task
    said = [f"load {task.load_kg:g} kg", f"coupling {('good', 'fair', 'poor', 'unacceptable')[task.coupling]}"]
    said += [text for name, text in _TYPED.items() if getattr(task, name)]
    return ", ".join(said) + "."


def _notes(found: Ergonomics, about: About, pictures: Mapping[Still, str] | None) -> list[str]:
    lines = [
        "A score is an interval where a part was not seen, or not from the side: the line is the lowest that it can be, the area "
        "reaches to the highest. Shares are “at least to at most”.",
        "Load, grip, twists and support are typed in: no camera sees them. Sitting, kneeling and wrist twist are not told.",
        "Cameras agree with experts best on trunk, legs and upper arm, worst on neck, wrist and lower arm.",
        "It is about the work: people are not told apart here.",
    ]
    if not math.isfinite(found.seconds) or not found.moments:
        lines = lines[1:2]
    if pictures is None:
        lines.append("No pictures: this report is of predictions.json, and the video was not at hand.")
    elif pictures:
        lines.append(
            "Faces are shown, as was asked for." if about.faces else "Faces of people who were found are blurred."
        )
    return lines
