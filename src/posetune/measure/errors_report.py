"""The part of the HTML report that says why a network errs. What is counted: :mod:`posetune.measure.errors`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape

import numpy as np

from posetune.data.people import Person
from posetune.measure import charts, gallery
from posetune.measure.beside import Entry
from posetune.measure.errors import CROUCHED_BELOW_DEG, MISSED, conditions, missed, swapped
from posetune.measure.evaluate import Evaluation
from posetune.measure.gallery import Choice
from posetune.measure.results import Analysis, ConditionFigures
from posetune.measure.summary import Scored, common_errors, in_body
from posetune.measure.texts import percent

PEOPLE_A_KIND = 3
#: A condition that fewer people meet is listed, but gets no pictures of its own.
_FEWEST_PEOPLE = 2
#: Conditions that are no trouble of their own get no pictures.
_ORDINARY = ("upright", "seen from the front", "label: visible", "network: seen")
_KINDS = {"pose": "Pose and view", "size": "Size in the image", "occlusion": "Occlusion"}


def section(evaluation: Evaluation, shown: Entry, colours: Mapping[str, str]) -> str:
    """ "Why it errs" for ``shown`` beside the stock network it was made of. ``colours``: name → CSS class."""
    entries = [e for e in evaluation.entries if e.name == shown.base or (e.kind == "model" and e.name != shown.base)]
    analyses = [evaluation.crop[e.name].analysis for e in entries]
    classes = [colours[e.name] for e in entries]
    sentences = "".join(f"<p>{_sentence(e.name, a)}</p>" for e, a in zip(entries, analyses, strict=True))
    keys = charts.legend([(e.name, c) for e, c in zip(entries, classes, strict=True)])
    parts = [_kind(kind, title, entries, analyses, classes) for kind, title in _KINDS.items()]
    return (
        f"<section><h2>Why it errs</h2>{sentences}{keys}"
        f'<div class="columns">{"".join(parts)}</div>{_definitions()}</section>{_pictures(evaluation, shown)}'
    )


def _sentence(name: str, analysis: Analysis) -> str:
    points, wrong, swaps = analysis.points, analysis.missed, analysis.swaps
    if not points:
        return f"{escape(name)}: it has none of the labelled points among MediaPipe's 33, so this was not measured."
    if not wrong:
        return f"{escape(name)}: no point is off by more than a fifth of the torso."
    text = (
        f"{escape(name)}: <b>{wrong}</b> of {points} points ({percent(wrong / points)}) are off by more than a fifth of the "
        f"torso and carry {percent(analysis.error_share_of_missed, 0)} of the error; <b>{swaps}</b> of them are left/right "
        f"swaps, of {analysis.people_with_swaps} people ({percent(analysis.error_share_of_swaps, 0)} of the error), "
        f"{wrong - swaps} are plain misses. The worst tenth of the people carries "
        f"{percent(analysis.worst_tenth_share, 0)} of the error."
    )
    most = sorted(analysis.swaps_by_landmark.items(), key=lambda item: -item[1])[:3]
    if most:
        named = ", ".join(f"{name} ({count})" for name, count in most).replace("_", " ")
        text += f" Most often swapped: {escape(named)}."
    return text


def _kind(kind: str, title: str, entries: Sequence[Entry], analyses: Sequence[Analysis], classes: Sequence[str]) -> str:
    """A chart of mean errors, a row for each condition, and the counts beneath."""
    rows: dict[str, list[ConditionFigures | None]] = {}
    for i, analysis in enumerate(analyses):
        for row in analysis.by:
            if row.kind == kind:
                rows.setdefault(row.name, [None] * len(analyses))[i] = row
    if not rows:
        return ""
    series = [
        charts.Series(e.name, c, [None if row[i] is None else row[i].mean_error_crop_px for row in rows.values()])  # type: ignore[union-attr]
        for i, (e, c) in enumerate(zip(entries, classes, strict=True))
    ]
    chart = charts.grouped_bars(list(rows), series, f"{title}: mean error, crop px")
    head = "".join(f'<th scope="col">{h}</th>' for h in ("", "people", "points", *(escape(e.name) for e in entries)))
    body = ""
    for name, found in rows.items():
        first = next(row for row in found if row is not None)
        counts = f"<td>{first.people}</td><td>{first.points}</td>"
        # What the network itself sees differs between networks, and so do the counts.
        cells = "".join(f"<td>{_missed_cell(row)}</td>" for row in found)
        body += f'<tr><th scope="row">{escape(name)}</th>{counts}{cells}</tr>'
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
    return (
        f"<div><h3>{title}: mean error, crop px</h3>{chart}"
        f'<p class="soft">Missed points · swaps among them:</p><div class="scroll">{table}</div></div>'
    )


def _missed_cell(row: ConditionFigures | None) -> str:
    if row is None:
        return "–"
    return f"{percent(row.missed / row.points if row.points else None)} · {row.swaps}"


def _definitions() -> str:
    return (
        f'<p class="soft">Missed: off by more than {MISSED:g} torso. Left/right swap: a pair of partners of which one is missed '
        "and both would be right with their answers exchanged; all others are plain misses. Pose and view are told from the "
        "labels: tilted from 45°, upside-down from 120° between torso and upright; from the side: shoulders and hips nearly "
        f"above one another; crouched: a knee and its hip bent below {CROUCHED_BELOW_DEG:g}°. Hidden: as labelled, where labels "
        "say so; unseen: the network gives the point a visibility below .5.</p>"
    )


def _pictures(evaluation: Evaluation, shown: Entry) -> str:
    """The worst people of each kind of trouble, nobody twice."""
    people, scored = evaluation.people, evaluation.scored["crop"]
    mine, stock = scored[shown.name], scored[shown.base]
    names = [shown.base] if shown.name == shown.base else [shown.base, shown.name]
    chosen: list[tuple[str, Choice]] = []
    used: set[int] = set()
    body_people, body = in_body(people, mine)  # kinds of trouble are told on the 33, whatever is drawn
    before, after = common_errors(stock, mine)
    for title, mask in _troubles(body_people, body):
        picked = [i for i in _worst(body, mask) if i not in used and np.isfinite(before[i])][:PEOPLE_A_KIND]
        used |= set(picked)
        chosen += [(title, Choice(i, float(before[i]), float(after[i]))) for i in picked]
    if not chosen:
        return ""
    views = gallery.pictures(people, [c.index for _, c in chosen], [scored[n] for n in names])
    parts = []
    for title in dict.fromkeys(title for title, _ in chosen):
        figures = "".join(
            gallery.figure(people[c.index], c, names, views[c.index]) for name, c in chosen if name == title
        )
        parts.append(f'<h3>{escape(title)}</h3><div class="gallery" style="--views:{len(names) + 1}">{figures}</div>')
    return (
        f'<section><h2>The worst of each kind</h2><p class="soft">Of {escape(shown.name)}; nobody is shown twice. '
        f"{gallery.colour_key()}</p>{''.join(parts)}</section>"
    )


def _troubles(people: Sequence[Person], mine: Scored) -> list[tuple[str, np.ndarray]]:
    """``(title, (N, 33) the points in question)``, swaps and plain misses first."""
    swaps = swapped(mine)
    found = [("Left and right swapped", swaps), ("Plain misses", missed(mine) & ~swaps)]
    smallest_seen = False
    for condition in conditions(people, mine):
        if condition.name in _ORDINARY or condition.people.sum() < _FEWEST_PEOPLE:
            continue
        if condition.kind == "size":
            if smallest_seen:
                continue
            smallest_seen = True  # of the sizes, the smallest is the trouble
        found.append((condition.name.capitalize(), condition.mask))
    return found


def _worst(scored: Scored, mask: np.ndarray) -> list[int]:
    """People with points in ``mask``, by what these cost, the worst first."""
    cost = np.nansum(np.where(mask, scored.errors_crop, 0), axis=1)
    return [int(i) for i in np.argsort(-cost) if cost[i] > 0 and np.isfinite(scored.person_errors[i])]
