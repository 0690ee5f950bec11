"""The HTML report: one file that needs nothing else, for people who want to see what the figures mean."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

import numpy as np

from posetune._version import __version__
from posetune.files import write_text
from posetune.measure import charts, errors_report, gallery, table
from posetune.measure.beside import Entry
from posetune.measure.colours import colour_classes
from posetune.measure.evaluate import Evaluation
from posetune.measure.people_measured import training_sentence
from posetune.measure.results import AngleFigures, Measures
from posetune.measure.summary import Scored
from posetune.measure.texts import number

PEOPLE_SHOWN = 12
_ERROR_LIMIT_CROP_PX = 30.0


def write_report(evaluation: Evaluation, path: str | Path) -> None:
    """Write the report of ``evaluation`` to ``path``, atomically. Reads the images of the people it shows.

    Raises PosetuneError if the file cannot be written.
    """
    write_text(path, report_html(evaluation))


def report_html(evaluation: Evaluation) -> str:
    """The page as text."""
    models = evaluation.models
    shown = models[0] if models else next(e for e in evaluation.entries if e.name == "full")
    classes = colour_classes(evaluation.entries)
    heading = f"{', '.join(e.name for e in models)} against stock MediaPipe Pose" if models else "Stock MediaPipe Pose"
    what = (
        f"{Path(evaluation.data).name} · {evaluation.split_names} · {len(evaluation.people)} people of "
        f"{evaluation.groups} scenes or videos · posetune {__version__}"
    )
    sections = [
        _summary(evaluation, models),
        _detection(evaluation, shown),
        _errors(evaluation, classes),
        _parts(evaluation, shown, classes),
        errors_report.section(evaluation, shown, classes),
        *_galleries(evaluation, shown),
        _missed(evaluation, shown),
        _notes(evaluation),
    ]
    template = Template(resources.files("posetune.measure").joinpath("report.html").read_text("utf-8"))
    return template.substitute(
        title=escape(f"posetune: {heading}"),
        heading=escape(heading),
        what=escape(what),
        sections="\n".join(s for s in sections if s),
    )


def _summary(evaluation: Evaluation, models: Sequence[Entry]) -> str:
    protocols, people = evaluation.protocols, len(evaluation.people)
    parts = [f'<p class="verdict bad">{escape(text)}</p>' for text in evaluation.contradictions]
    parts += [
        f'<p class="verdict">{_verdict(evaluation.crop[e.name], e, people, evaluation.groups)}</p>' for e in models
    ]
    if "pipeline" in protocols:
        parts += [f'<p class="soft">{_found_sentence(protocols["pipeline"], e)}</p>' for e in models]
    for protocol, tables in protocols.items():
        parts.append(f"<h3>{escape(table.PROTOCOLS[protocol].capitalize())}</h3>{_table(evaluation, tables)}")
    return f"<section><h2>Result</h2>{''.join(parts)}</section>"


def _detection(evaluation: Evaluation, shown: Entry | None) -> str:
    """Who was found on whole pictures; of the network shown, how that depends on the confidence that is asked for."""
    networks = evaluation.detection
    if not networks:
        return ""
    parts = [
        f'<p class="soft">{escape(" ".join(table.DETECTION).capitalize())}.</p>',
        _rows(table.detection_rows(networks)),
    ]
    name = shown.name if shown is not None and shown.name in networks else next(iter(networks))
    parts += [f"<h3>The detector of {escape(name)} by itself</h3>", _rows(table.curve_rows(networks[name]))]
    return f"<section><h2>Found</h2>{''.join(parts)}</section>"


def _rows(rows: Sequence[Sequence[str]]) -> str:
    """A table of texts whose first row and column are headings."""
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in rows[0])
    body = []
    for row in rows[1:]:
        cells = "".join(charts.cell(heading, escape(text)) for heading, text in zip(rows[0][1:], row[1:], strict=True))
        body.append(f'<tr><th scope="row">{escape(row[0])}</th>{cells}</tr>')
    inner = f"<thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody>"
    return f'<div class="scroll"><table class="cards numbers">{inner}</table></div>'


def _verdict(measures: Measures, entry: Entry, people: int, groups: int) -> str:
    """One network in a sentence. Of one that was trained on people measured here, that comes first, and nothing is praised."""
    change = measures.difference_to_stock
    trained = training_sentence(entry, people)
    first = f'<b class="bad">{escape(trained)}</b> ' if trained else ""
    if change is None or change.mean_error_relative is None:
        return f"{first}{escape(entry.name)} could not be compared with stock {entry.base}."
    relative, bounds = change.mean_error_relative, change.interval_95.mean_error_relative
    css, word = ("good", "lower") if relative < 0 else ("bad", "higher")
    text = (
        f"mean error <b>{number(measures.mean_error_crop_px, 2)}</b> crop px, "
        f'<b class="{"" if trained else css}">{100 * abs(relative):.1f} % {word}</b> than stock {escape(entry.base)}'
    )
    if trained:
        return f"{first}On all of them together: {text}."
    if bounds is not None:
        sure = "more than chance" if bounds[0] * bounds[1] > 0 else "could be chance"
        if groups < table.FEWEST_GROUPS:
            sure = f"of {groups} scenes or videos only, which says little"
        between = f"{100 * bounds[0]:+.0f} … {100 * bounds[1]:+.0f} %".replace("-", "−")
        text += f" (95 % interval {between}: {sure})"
    return f"{escape(entry.name)}: {text}."


def _found_sentence(tables: dict[str, Measures], entry: Entry) -> str:
    mine, stock = tables[entry.name], tables[entry.base]
    return (
        f"On whole images {escape(entry.name)} finds {mine.found} of {mine.labelled} people, "
        f"stock {escape(entry.base)} {stock.found}."
    )


def _table(evaluation: Evaluation, tables: dict[str, Measures]) -> str:
    columns = table.columns(evaluation, tables)
    head = "".join(f'<th scope="col">{escape(h)}</th>' for h in ("mean error:", *(h for h, _ in columns)))
    rows = []
    for e in evaluation.entries:
        cells = "".join(charts.cell(heading, escape(cell(e, tables[e.name]))) for heading, cell in columns)
        rows.append(f'<tr class="{e.kind}"><th scope="row">{escape(e.name)}</th>{cells}</tr>')
    body = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
    return f'<div class="scroll"><table class="cards">{body}</table></div>'


def _errors(evaluation: Evaluation, classes: dict[str, str]) -> str:
    entries, tables = evaluation.entries, evaluation.crop
    bars = charts.bars_with_intervals(
        [e.name for e in entries],
        [classes[e.name] for e in entries],
        [tables[e.name].mean_error_crop_px for e in entries],
        [tables[e.name].interval_95.mean_error_crop_px for e in entries],
        "Mean error of each network in crop px, with 95 % intervals",
    )
    series = [
        charts.Series(e.name, classes[e.name], _finite(evaluation.scored["crop"][e.name].errors_crop)) for e in entries
    ]
    series.sort(key=lambda s: s.css.startswith("tuned"))  # tuned ones are drawn last, on top
    curve = charts.cumulative(
        series,
        _ERROR_LIMIT_CROP_PX,
        "Share of points with at most a given error",
        "error, crop px",
        "share of points",
    )
    keys = charts.legend([(e.name, classes[e.name]) for e in entries])
    return (
        '<section><h2>Errors</h2><p class="soft">Crop protocol; 1 crop px is 1/256 of the window around the '
        "person.</p>"
        f'<div class="columns"><div><h3>Mean error, crop px</h3>{bars}</div>'
        f"<div><h3>How many points are how near</h3>{keys}{curve}</div></div></section>"
    )


def _parts(evaluation: Evaluation, shown: Entry, classes: dict[str, str]) -> str:
    """Per landmark and per angle, the tuned networks beside the stock one that they were made of."""
    tables = evaluation.crop
    entries = [e for e in evaluation.entries if e.name == shown.base or e.kind == "model"] or [shown]
    points = list(tables[shown.name].per_landmark)
    angles = list(tables[shown.name].per_angle)

    def series(values: Callable[[Measures], Sequence[float | None]]) -> list[charts.Series]:
        return [charts.Series(e.name, classes[e.name], values(tables[e.name])) for e in entries]

    def of_points(m: Measures) -> list[float | None]:  # None: it has no such point
        return [m.per_landmark[p].mean_error_crop_px if p in m.per_landmark else None for p in points]

    def of_angles(m: Measures) -> list[AngleFigures | None]:
        return [m.per_angle.get(angle) for angle in angles]

    keys = charts.legend([(e.name, classes[e.name]) for e in entries])
    by_point = charts.grouped_bars(
        [p.replace("_", " ") for p in points],
        series(of_points),
        "Mean error of each landmark, crop px",
    )
    by_angle = mae = ""
    if angles:
        shown_angles = [a.replace("_", " ") for a in angles]
        by_angle = charts.grouped_bars(
            shown_angles,
            series(lambda m: [_per_cent(a.angle_accuracy_10deg) if a else None for a in of_angles(m)]),
            "Share of joint angles within 10 degrees",
            0,
            " %",
        )
        mae = charts.grouped_bars(
            shown_angles,
            series(lambda m: [a.angle_mae_deg if a else None for a in of_angles(m)]),
            "Mean error of joint angles",
            1,
            "°",
        )
        by_angle = f"<div><h3>Joint angles within 10°</h3>{by_angle}<h3>Joint angles, mean error</h3>{mae}</div>"
    return (
        f"<section><h2>Where on the body</h2>{keys}"
        f'<div class="columns"><div><h3>Landmarks, mean error in crop px</h3>{by_point}</div>'
        f"{by_angle}</div></section>"
    )


def _galleries(evaluation: Evaluation, shown: Entry) -> list[str]:
    scored = evaluation.scored["crop"]
    chosen = gallery.choose(scored[shown.base], scored[shown.name], PEOPLE_SHOWN)
    names = [shown.base] if shown.name == shown.base else [shown.base, shown.name]
    pictures = gallery.pictures(
        evaluation.people, [c.index for part in chosen.values() for c in part], [scored[n] for n in names]
    )
    pair = f"from stock {escape(shown.base)} to {escape(shown.name)}"
    titles = {
        "improved": ("Most improved", f"The people whose error fell most {pair}."),
        "worst": ("Worst", f"The largest errors of {escape(shown.name)}; wrong labels gather here, too."),
        "worsened": ("Most worsened", f"The people whose error rose most {pair}."),
    }
    sections = []
    for key, (title, text) in titles.items():
        if not chosen[key]:
            continue
        figures = "".join(gallery.figure(evaluation.people[c.index], c, names, pictures[c.index]) for c in chosen[key])
        sections.append(
            f'<section><h2>{title}</h2><p class="soft">{text} {gallery.colour_key()}</p>'
            f'<div class="gallery" style="--views:{len(names) + 1}">{figures}</div></section>'
        )
    return sections


def _missed(evaluation: Evaluation, shown: Entry) -> str:
    """Who the whole pipeline did not find, by name: a missed person is never silently left out."""
    if "pipeline" not in evaluation.scored:
        return ""
    found: Scored = evaluation.scored["pipeline"][shown.name]
    missed = [evaluation.people[i] for i in np.flatnonzero(~found.answers.found)]
    if not missed:
        name = escape(shown.name)
        return f"<section><h2>Missed</h2><p>With {name} the pipeline finds everybody.</p></section>"
    names = ", ".join(escape(f"{p.image.path.name} (person {p.id})") for p in missed[:60])
    more = f" and {len(missed) - 60} more" if len(missed) > 60 else ""
    return (
        f"<section><h2>Missed</h2><p>With {escape(shown.name)} the pipeline does not find {len(missed)} of "
        f'{len(evaluation.people)} people:</p><p class="soft">{names}{more}</p></section>'
    )


def _notes(evaluation: Evaluation) -> str:
    lines = [
        *table.notes(evaluation),
        "PCK@α: share of points within α × torso. Angle: interior angle in the image plane. MAE: mean absolute error.",
        "Found: a pose with presence of at least .5 whose mid-hip is within 1.5 torsos of the label's.",
    ]
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return f'<section><h2>How to read this</h2><ul class="notes">{items}</ul></section>'


def _per_cent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _finite(values: np.ndarray) -> list[float | None]:
    return [float(v) for v in values[np.isfinite(values)]]
