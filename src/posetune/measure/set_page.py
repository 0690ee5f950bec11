"""The statistics of a labelled set as a page of pictures: poses, visibility, sizes, angles."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib import resources
from string import Template

import numpy as np

from posetune._version import __version__
from posetune.data.statistics import BODY, STEP, Statistics, pose_map, quantiles
from posetune.landmarks import ANGLES, COUNT, EDGES, NAMES
from posetune.measure import charts
from posetune.svg import svg, ticks

#: So many dots of a split are drawn, evenly chosen: a page of 100,000 does not scroll.
MOST_DOTS = 1500
_COLOURS = 6
_MAP_WIDTH, _MAP_HEIGHT = 900, 620
_BINS = 16
#: Lines between the points of a pose, as positions in BODY.
_BONES = [(BODY.index(a), BODY.index(b)) for a, b in EDGES if a in BODY and b in BODY]


def set_page(splits: Sequence[Statistics], heading: str) -> str:
    """The page as text: it needs no other file."""
    classes = [f"tuned{k % _COLOURS + 1}" for k in range(len(splits))]
    sections = [
        _section("People", _counts(splits)),
        _section("Poses", _poses(splits, classes)),
        _section("Visibility", _visibility(splits)),
        _section("Sizes", _sizes(splits, classes)),
        _section("Angles covered", _angles(splits, classes)),
    ]
    template = Template(resources.files("posetune.measure").joinpath("report.html").read_text("utf-8"))
    return template.substitute(
        title=escape(f"posetune: {heading}"),
        heading=escape(heading),
        what=escape(f"{_total(splits)} · posetune {__version__}"),
        sections="\n".join(sections),
    )


def _total(splits: Sequence[Statistics]) -> str:
    return f"{sum(s.images for s in splits)} images · {sum(s.people for s in splits)} people"


def _section(title: str, content: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{content}</section>"


def _counts(splits: Sequence[Statistics]) -> str:
    heads = ("images", "groups", "people", "to be ignored", "torso px: 5 %, median, 95 %")
    rows = []
    for s in splits:
        sizes = quantiles(s.torsos)
        told = "–" if sizes is None else f"{sizes['5']:.0f}, {sizes['50']:.0f}, {sizes['95']:.0f}"
        cells = [s.images, s.groups, s.people, s.ignored, told]
        row = "".join(charts.cell(h, escape(str(c))) for h, c in zip(heads, cells, strict=True))
        rows.append(f'<tr><th scope="row">{escape(s.name)}</th>{row}</tr>')
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in ("", *heads))
    inner = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
    stand = "".join(
        f"<li>{escape(s.name)}: trunk {_shares(s.leans)}; facing {_shares(s.faces)}</li>"
        for s in splits
        if sum(s.leans.values())
    )
    return f'<div class="scroll"><table class="cards numbers">{inner}</table></div><ul class="notes">{stand}</ul>'


def _shares(counts: dict[str, int]) -> str:
    total = sum(counts.values())
    return ", ".join(f"{name} {100 * n / total:.0f} %" for name, n in counts.items() if n) if total else "–"


def _poses(splits: Sequence[Statistics], classes: Sequence[str]) -> str:
    laid = pose_map(splits)
    if laid is None:
        return '<p class="soft">Too few people with a body labelled.</p>'
    every = np.concatenate(laid.places)
    low, high = np.percentile(every, 0.5, axis=0), np.percentile(every, 99.5, axis=0)
    room, size = 46.0, np.array([_MAP_WIDTH, _MAP_HEIGHT])
    scale = (size - 2 * room) / np.maximum(high - low, 1e-9)

    def at(places: np.ndarray) -> np.ndarray:
        return np.clip((places - low) * scale + room, 4, size - 4)

    parts = []
    for places, css in zip(laid.places, classes, strict=True):
        chosen = places[:: max(1, -(-len(places) // MOST_DOTS))]
        dots = "".join(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="3"/>' for x, y in at(chosen))
        parts.append(f'<g class="{css}" opacity=".55">{dots}</g>')
    for place, pose in laid.examples:
        parts.append(_figure(at(place), pose))
    explained = ", ".join(f"{100 * share:.0f} %" for share in laid.explained)
    picture = svg(parts, _MAP_WIDTH, _MAP_HEIGHT, "poses, alike ones near each other")
    picture = picture.replace("<svg ", '<svg style="max-width:none" ', 1)
    text = (
        f"Each dot is a person; poses that are alike lie together. The two directions tell {explained} of all differences. A "
        "figure stands on the pose that it shows. Empty fields between figures are poses that the set lacks."
    )
    keys = charts.legend([(s.name, css) for s, css in zip(splits, classes, strict=True)])
    return f'<p class="soft">{text}</p>{keys}{picture}'


def _figure(place: np.ndarray, pose: np.ndarray) -> str:
    points = place + pose * 20
    lines = "".join(
        f"M{points[a, 0]:.1f} {points[a, 1]:.1f}L{points[b, 0]:.1f} {points[b, 1]:.1f}"
        for a, b in _BONES
        if np.isfinite(points[[a, b]]).all()
    )
    return f'<path class="whisker" style="opacity:1;stroke-width:2" d="{lines}"/>'


def _visibility(splits: Sequence[Statistics]) -> str:
    total = sum(s.people for s in splits)
    hidden, visible = (sum(getattr(s, name) for s in splits) for name in ("hidden", "visible"))
    shown = [i for i in range(COUNT) if hidden[i] + visible[i]]
    if not shown:
        return '<p class="soft">Nothing is labelled.</p>'
    series = [
        charts.Series("visible", "tuned1", [100 * visible[i] / total for i in shown]),
        charts.Series("hidden", "tuned3", [100 * hidden[i] / total for i in shown]),
    ]
    half = -(-len(shown) // 2)
    parts = []
    for some in (range(half), range(half, len(shown))):
        of_part = [charts.Series(s.name, s.css, [s.values[k] for k in some]) for s in series]
        names = [NAMES[shown[k]].replace("_", " ") for k in some]
        if names:
            parts.append(f"<div>{charts.grouped_bars(names, of_part, 'share of people with the point', 0, ' %')}</div>")
    keys = charts.legend([(s.name, s.css) for s in series])
    return (
        f'<p class="soft">Share of all people who have the point.</p>{keys}<div class="columns">{"".join(parts)}</div>'
    )


def _sizes(splits: Sequence[Statistics], classes: Sequence[str]) -> str:
    parts = []
    for title, values, unit in (
        ("length of the torso, image px", [s.torsos for s in splits], 1.0),
        ("share of the image's height, %", [s.heights for s in splits], 100.0),
    ):
        known = np.concatenate(values) * unit
        if len(known):
            most = ticks(float(np.percentile(known, 99)))[-1]
            counts = [np.histogram(np.minimum(v * unit, most), _BINS, (0, most))[0] for v in values]
            labels = [f"{k * most / _BINS:g}" if k % 4 == 0 else "" for k in range(_BINS)]
            parts.append(
                f"<div><h3>{escape(title)}</h3>{charts.columns(labels, _named(splits, classes, counts), title)}</div>"
            )
    keys = charts.legend([(s.name, css) for s, css in zip(splits, classes, strict=True)])
    return (
        f'{keys}<div class="columns">{"".join(parts)}</div>' if parts else '<p class="soft">No torso is labelled.</p>'
    )


def _angles(splits: Sequence[Statistics], classes: Sequence[str]) -> str:
    labels = [f"{k * STEP}°" if k % 3 == 0 else "" for k in range(180 // STEP)]
    parts = []
    for k, angle in enumerate(ANGLES):
        counts = [s.angles[k] for s in splits]
        if sum(map(np.sum, counts)):
            title = f"{angle.name.replace('_', ' ')}: {100 * float(np.mean(sum(counts) >= 3)):.0f} % covered"
            parts.append(
                f"<div><h3>{escape(title)}</h3>{charts.columns(labels, _named(splits, classes, counts), title)}</div>"
            )
    text = f"How many people have the joint at this angle, in steps of {STEP}° (180° is straight); covered: by three or more."
    return f'<p class="soft">{text}</p><div class="columns">{"".join(parts)}</div>'


def _named(splits: Sequence[Statistics], classes: Sequence[str], counts: Sequence[np.ndarray]) -> list[charts.Series]:
    return [charts.Series(s.name, css, c.tolist()) for s, css, c in zip(splits, classes, counts, strict=True)]
