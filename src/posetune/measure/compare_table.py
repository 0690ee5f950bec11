"""A comparison as Markdown, and as one HTML page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from importlib import resources
from pathlib import Path
from string import Template

from posetune.measure import charts, table
from posetune.measure.colours import colour_classes
from posetune.measure.compare import Comparison, ComparisonRow
from posetune.measure.people_measured import training_notes
from posetune.measure.table import trained_on
from posetune.measure.texts import NONE, change, interval, number, percent
from posetune.progress import clock

Column = tuple[str, Callable[[ComparisonRow], str]]


def columns(comparison: Comparison) -> list[Column]:
    """Headings, and how a row becomes a cell; what was not measured in any row is left out."""
    rows = comparison.rows
    found: list[Column] = [
        ("network", lambda r: r.name),
        ("method", lambda r: r.method),
        ("people learnt from", lambda r: NONE if r.train_people is None else str(r.train_people)),
        ("crop px (95 %)", _error),
        ("PCK@.1", lambda r: percent(r.pck_01)),
        ("PCK@.2", lambda r: percent(r.pck_02)),
        ("angles ≤ 10°", lambda r: percent(r.angle_accuracy_10deg)),
        ("against its stock", lambda r: change(r.difference_to_stock, of=True)),
    ]
    if any(row.detection is not None for row in rows):
        found.append(("found on whole pictures", _found))
    if any(row.name == "heavy" for row in rows):
        found.append(("against heavy", lambda r: change(r.differences.get("heavy"))))
    if comparison.general is not None:
        found += [
            ("general px", lambda r: number(r.general_error_crop_px, 2)),
            ("forgetting", lambda r: change(r.forgetting)),
        ]
    if any(row.ms_per_crop is not None for row in rows):
        found.append(("ms a crop", lambda r: number(r.ms_per_crop, 1)))
    found += [("MB", _megabytes), ("training", lambda r: seconds(r.train_seconds))]
    if all(row.train_people is None for row in rows):
        del found[2]
    trained = {e.name: trained_on(e, len(comparison.main.people)) for e in comparison.main.entries}
    if any(e.trained_on for e in comparison.main.entries):
        found.insert(2, ("of these trained on", lambda r: trained[r.name]))
    return found


def _found(row: ComparisonRow) -> str:
    """Who was found; what was said twice or of nobody behind it."""
    figures = row.detection
    if figures is None:
        return NONE
    return f"{figures.found}/{figures.labelled} (+{figures.duplicates + figures.false} wrong)"


def markdown(comparison: Comparison) -> str:
    """The table with a heading and what a reader has to know, as Markdown that reads well as plain text, too."""
    chosen = columns(comparison)
    cells = [[heading for heading, _ in chosen]]
    cells += [[cell(row) or " " for _, cell in chosen] for row in comparison.rows]
    widths = [max(len(row[i]) for row in cells) for i in range(len(chosen))]
    lines = [
        "| " + " | ".join(cell.replace("|", "\\|").ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    first = [line for text in first_words(comparison) for line in ("", text)]
    return "\n".join([title(comparison), *first, "", *lines, "", *(f"- {note}" for note in notes(comparison))])


def title(comparison: Comparison) -> str:
    main, general = comparison.main, comparison.general
    text = f"{Path(main.data).name} · {main.split_names} · {len(main.people)} people of {main.groups} groups"
    if general is not None:
        text += f"; forgetting: {Path(general.data).name} · {general.split_names} · {len(general.people)} people"
    return text


def first_words(comparison: Comparison) -> list[str]:
    """What has to be said before any figure: see ``table.first_words``."""
    words = table.first_words(comparison.main)
    if comparison.general is not None:
        words += [f"The general set: {text}" for text in table.first_words(comparison.general)]
    return words


def notes(comparison: Comparison) -> list[str]:
    """What a reader has to know about the figures, a sentence each."""
    main, general, rows = comparison.main, comparison.general, comparison.rows
    lines = [
        "Crop protocol; mean error in px of the 256 px crop; in brackets 95 % by bootstrap over groups, differences "
        "paired; changes are of the mean error, minus is better.",
    ]
    for what, part in (("This set", main), ("The general set", general)):
        if part is not None and part.groups < table.FEWEST_GROUPS:
            lines.append(f"{what} has {part.groups} groups only: the intervals say little.")
    lines += training_notes(main.entries, len(main.people)) + table.torso_notes(main)
    points = {row.name: row.points for row in rows}
    if len(set(points.values())) > 1:
        counts = ", ".join(f"{name} on {count}" for name, count in points.items())
        lines.append(
            f"The networks do not have the same points: {counts} labelled points. Only the differences, which are over points "
            "that both have, compare them."
        )
    if main.offset_from:
        lines.append(f"Constant offset: stock with every point moved by a constant, fitted on {main.offset_from}.")
    if any(row.ms_per_crop is not None for row in rows):
        lines.append("ms a crop: median from crop to landmarks on one thread, the networks in turns.")
    if any(row.added_bytes for row in rows):
        added = ", ".join(f"{r.name} {r.added_bytes / 1000:.1f} kB" for r in rows if r.added_bytes)
        lines.append(f"Behind an unmodified network: {added} of the size.")
    lines += [f"Without stock {name}: {reason}" for name, reason in main.skipped.items()]
    warnings = [*main.warnings, *(general.warnings if general is not None else ())]
    return lines + list(dict.fromkeys(warnings))


def seconds(value: float | None) -> str:
    """ "12 s", "17:05"; nothing where nobody wrote it down."""
    if value is None:
        return ""
    return f"{value:.0f} s" if value < 100 else clock(value)


def _error(row: ComparisonRow) -> str:
    bounds = row.interval_95.mean_error_crop_px
    return number(row.mean_error_crop_px, 2) + ("" if bounds is None else f" ({interval(bounds)})")


def _megabytes(row: ComparisonRow) -> str:
    return NONE if row.bytes is None else f"{row.bytes / 1e6:.1f}"


def page(comparison: Comparison, words: Sequence[str] = ()) -> str:
    """One self-contained HTML page: the table, the errors as bars, and error against the time of an answer.

    ``words``: sentences to stand above the table.
    """
    chosen, rows = columns(comparison), comparison.rows
    words = [*first_words(comparison), *words]
    breaking = (escape(heading).replace(" ", "<br>", 1) for heading, _ in chosen)
    head = "".join(f'<th scope="col">{heading}</th>' for heading in breaking)
    body = []
    for row in rows:
        first, *rest = ((heading, escape(cell(row))) for heading, cell in chosen)
        cells = "".join(charts.cell(heading, text) for heading, text in rest)
        body.append(f'<tr class="{row.kind}"><th scope="row">{first[1]}</th>{cells}</tr>')
    drawn = f'<table class="cards"><thead><tr>{head}</tr></thead><tbody>{"".join(body)}</tbody></table>'
    items = "".join(f"<li>{escape(line)}</li>" for line in notes(comparison))
    sections = [
        "<style>main { max-width: 1500px; } th, td { padding: 7px 6px; }</style>"  # the table is wide
        f'<section><h2>Result</h2>{"".join(f"<p>{escape(word)}</p>" for word in words)}<div class="scroll">{drawn}</div></section>',
        f"<section><h2>Errors</h2>{_pictures(comparison)}</section>",
        f'<section><h2>How to read this</h2><ul class="notes">{items}</ul></section>',
    ]
    template = Template(resources.files("posetune.measure").joinpath("report.html").read_text("utf-8"))
    return template.substitute(
        title="posetune: comparison", heading="Networks and methods compared", what=escape(title(comparison)),
        sections="\n".join(sections),
    )  # fmt: skip


def _pictures(comparison: Comparison) -> str:
    rows = comparison.rows
    css = list(colour_classes(rows).values())
    bars = charts.bars_with_intervals(
        [r.name for r in rows],
        css,
        [r.mean_error_crop_px for r in rows],
        [r.interval_95.mean_error_crop_px for r in rows],
        "Mean error of each network in crop px, with 95 % intervals",
    )
    parts = [f"<div><h3>Mean error, crop px</h3>{bars}</div>"]
    timed = [(r, c) for r, c in zip(rows, css, strict=True) if r.ms_per_crop is not None]
    if timed:
        spots = [
            charts.Spot(r.name, c, r.ms_per_crop, r.mean_error_crop_px)
            for r, c in timed
            if r.ms_per_crop is not None and r.mean_error_crop_px is not None
        ]
        cloud = charts.scatter(spots, "Mean error against the time of an answer", "ms a crop, one thread", "crop px")
        parts.append(f"<div><h3>What accuracy costs</h3>{cloud}</div>")
    if comparison.general is not None:
        known = [(r, c) for r, c in zip(rows, css, strict=True) if r.general_error_crop_px is not None]
        elsewhere = charts.bars_with_intervals(
            [r.name for r, _ in known], [c for _, c in known], [r.general_error_crop_px for r, _ in known],
            [None] * len(known), "Mean error on the general set, crop px",
        )  # fmt: skip
        parts.append(f"<div><h3>On {escape(Path(comparison.general.data).name)}, crop px</h3>{elsewhere}</div>")
    return f'<div class="columns">{"".join(parts)}</div>'
