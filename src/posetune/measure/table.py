"""The tables of ``posetune eval`` as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from posetune.measure.beside import Entry
from posetune.measure.evaluate import Evaluation
from posetune.measure.people_measured import training_notes, training_sentence
from posetune.measure.results import DetectionFigures, Measures, SizeFigures
from posetune.measure.texts import NONE, against_stock, interval, number, percent, relative

PROTOCOLS = {
    "crop": "crop protocol: the landmark network alone, on the crop that the labels imply",
    "pipeline": "pipeline protocol: whole images through detector and landmarks",
}

Column = tuple[str, Callable[[Entry, Measures], str]]
Figures = TypeVar("Figures")
_COLUMNS: tuple[Column, ...] = (
    ("crop px", lambda e, m: number(m.mean_error_crop_px, 2)),
    ("95 %", lambda e, m: interval(m.interval_95.mean_error_crop_px)),
    ("image px", lambda e, m: number(m.mean_error_image_px, 1)),
    ("torso", lambda e, m: number(m.mean_error_torso, 3)),
    ("PCK@.1", lambda e, m: percent(m.pck_01)),
    ("PCK@.2", lambda e, m: percent(m.pck_02)),
    ("OKS-AP", lambda e, m: percent(m.oks_ap)),
    ("angle MAE", lambda e, m: number(m.angle_mae_deg, 1, "°")),
    ("≤ 10°", lambda e, m: percent(m.angle_accuracy_10deg)),
)
_DEPTH_COLUMNS: tuple[Column, ...] = (
    ("|z| cm", lambda e, m: number(m.z_error_cm, 1)),
    ("MPJPE cm", lambda e, m: number(m.mpjpe_cm, 1)),
    ("PA-MPJPE cm", lambda e, m: number(m.pa_mpjpe_cm, 1)),
)
_LAST_COLUMNS: tuple[Column, ...] = (
    ("found", lambda e, m: f"{m.found}/{m.labelled}"),
    ("against stock", lambda e, m: against_stock(m)),
)


#: Intervals that are drawn over fewer scenes or videos say little.
FEWEST_GROUPS = 5


def text_tables(evaluation: Evaluation, *, details: bool = True) -> str:
    """What ``posetune eval`` prints. ``details``: per landmark and per angle, too."""
    lines = [title(evaluation), *first_words(evaluation)]
    for protocol, tables in evaluation.protocols.items():
        lines += ["", PROTOCOLS[protocol], *main_table(evaluation, tables)]
        if protocol == "crop":
            lines += sides_lines(tables)
    if evaluation.detection:
        lines += ["", *DETECTION, *aligned(detection_rows(evaluation.detection))]
    if details:
        landmarks = {name: m.per_landmark for name, m in evaluation.crop.items()}
        angles = {name: m.per_angle for name, m in evaluation.crop.items()}
        lines += ["", "mean error by landmark, crop px (crop protocol)"]
        lines += _by_part(landmarks, "points", lambda f: (f.points, number(f.mean_error_crop_px, 2)))
        lines += ["", "joint angles: MAE and share within 10° (crop protocol)"]
        lines += _by_part(
            angles,
            "angles",
            lambda f: (f.angles, f"{number(f.angle_mae_deg, 1, '°')} {percent(f.angle_accuracy_10deg)}"),
        )
    lines += ["", *notes(evaluation)]
    return "\n".join(lines)


def title(evaluation: Evaluation) -> str:
    """What was measured on."""
    people, groups = len(evaluation.people), evaluation.groups
    return f"{evaluation.data} · {evaluation.split_names} · {people} people of {groups} groups"


def first_words(evaluation: Evaluation) -> list[str]:
    """What has to be said before any figure: labels that contradict the network as a whole, and who is measured on people it
    was trained on.
    """
    people = len(evaluation.people)
    trained = (training_sentence(e, people) for e in evaluation.entries)
    return [*evaluation.contradictions, *(text for text in trained if text)]


def main_table(evaluation: Evaluation, tables: dict[str, Measures]) -> list[str]:
    """One line a network."""
    chosen = columns(evaluation, tables)
    rows = [["mean error:", *(heading for heading, _ in chosen)]]
    rows += [[e.name, *(cell(e, tables[e.name]) for _, cell in chosen)] for e in evaluation.entries]
    return aligned(rows)


def sides_lines(tables: Mapping[str, Measures]) -> list[str]:
    """Mean errors apart: of people whose left and right nobody takes for each other, and of the others. Nothing where there are
    none of these.
    """
    figures = {name: m.sides for name, m in tables.items() if m.sides is not None}
    first = next(iter(figures.values()), None)
    if first is None or not first.flipped_people:
        return []
    rows = [["", f"on the {first.kept_people} others", "relative", f"on these {first.flipped_people}", "flipped by it"]]
    for name, one in figures.items():
        gain = "" if one.kept_relative is None else relative(one.kept_relative, None)
        means = (number(one.kept_error_crop_px, 2), gain, number(one.flipped_error_crop_px, 2))
        rows.append([name, *means, str(one.own_flips)])
    judges = " or ".join(figures)
    people = f"{first.flipped_people} {'person' if first.flipped_people == 1 else 'people'}"
    return [f"left and right of {people} are taken for each other by {judges}; crop px apart:", *aligned(rows)]


DETECTION = (
    "detection on whole pictures: people found (shared: by another's answer), twice, answers where nobody is labelled;",
    "the crop beside the label's (side, middle in sides, angle; medians); found by size: px across a person's circle in the",
    "detector's input of 224 px",
)


def detection_rows(networks: Mapping[str, DetectionFigures]) -> list[list[str]]:
    """Headings, then a row a network: who was found, and by size."""
    first = next(iter(networks.values()))
    sizes = [k for k, _ in enumerate(first.by_size) if any(n.by_size[k].labelled for n in networks.values())]

    def span(size: SizeFigures) -> str:
        return f"≥ {size.from_px:.0f} px" if size.to_px is None else f"{size.from_px:.0f}–{size.to_px:.0f} px"

    spans = [span(first.by_size[k]) for k in sizes]
    rows = [["", "found", "shared", "twice", "nobody", "precision", "side", "middle", "angle", *spans]]
    for name, figures in networks.items():
        crop = figures.crop
        fit = [NONE] * 3 if crop is None else [f"{crop.side:.2f}", f"{crop.centre:.3f}", f"{crop.angle_deg:.1f}°"]
        by_size = (f"{figures.by_size[k].found}/{figures.by_size[k].labelled}" for k in sizes)
        counts = (
            f"{figures.found}/{figures.labelled}",
            f"{figures.shared}",
            f"{figures.duplicates}",
            f"{figures.false}",
        )
        rows.append([name, *counts, percent(figures.precision), *fit, *by_size])
    return rows


def curve_rows(figures: DetectionFigures) -> list[list[str]]:
    """Recall and precision of the detector alone, by the confidence that it is asked for."""
    return [
        ["confidence", *(f"{point.min_confidence:g}" for point in figures.curve)],
        ["recall", *(percent(point.recall) for point in figures.curve)],
        ["precision", *(percent(point.precision) for point in figures.curve)],
    ]


def columns(evaluation: Evaluation, tables: dict[str, Measures]) -> list[Column]:
    """Headings, and how a network's measures become a cell. Depth only where some network was measured in depth; how many of
    the people it was trained on only where some network was trained on any.
    """
    depth = any(measures.z_error_cm is not None for measures in tables.values())
    found = [*_COLUMNS, *(_DEPTH_COLUMNS if depth else ()), *_LAST_COLUMNS]
    if any(e.trained_on for e in evaluation.entries):
        found.insert(0, ("trained on", lambda e, m: trained_on(e, len(evaluation.people))))
    return found


def trained_on(entry: Entry, people: int) -> str:
    """ "67/67": how many of the people measured a model was trained on; "?" where that is not known."""
    if entry.kind != "model":
        return ""
    return "?" if entry.trained_on is None else f"{entry.trained_on}/{people}"


def notes(evaluation: Evaluation) -> list[str]:
    """What a reader has to know about the figures, a sentence each."""
    lines = ["Intervals: 95 %, bootstrap over groups (scenes, videos). Mean errors are over the people found;"]
    lines[0] += " PCK, angle accuracy and AP count a missed person as wrong."
    if evaluation.groups < FEWEST_GROUPS:
        lines.append(
            f"Only {evaluation.groups} group{'s' if evaluation.groups != 1 else ''}: people of one scene are "
            "alike, so the intervals say little."
        )
    lines += training_notes(evaluation.entries, len(evaluation.people))
    if evaluation.offset_from:
        lines.append(
            f"Offset: stock with every point moved by a constant, fitted on {evaluation.offset_from}; "
            "what beats it is more than another label convention."
        )
    area = ", ".join(f"{count} from the labels' {source}" for source, count in evaluation.area_from.items())
    lines.append(f"OKS-AP on COCO's 17 points with its sigmas (k = 2σ); area of people: {area}.")
    lines += torso_notes(evaluation)
    if evaluation.left_out:
        lines.append(f"{evaluation.left_out} labelled people are left out: {evaluation.left_out_because}.")
    if evaluation.dropped_names:
        lines.append(f"Not among the 33 landmarks, so not used: {', '.join(evaluation.dropped_names)}.")
    lines += [f"Without stock {name}: {reason}" for name, reason in evaluation.skipped.items()]
    return lines + list(evaluation.warnings)


def _by_part(
    networks: Mapping[str, Mapping[str, Figures]], count: str, cell: Callable[[Figures], tuple[int, str]]
) -> list[str]:
    """A line for each part of the body. ``cell``: how many were labelled, and the figures of one network as text."""
    # A network with points of its own has the most; the others lack some of them.
    fullest = max(networks.values(), key=len)
    rows = [["", count, *networks]]
    for part, first in fullest.items():
        cells = (cell(parts[part])[1] if part in parts else NONE for parts in networks.values())
        rows.append([part, str(cell(first)[0]), *cells])
    return aligned(rows)


def torso_notes(evaluation: Evaluation) -> list[str]:
    """Whose torso, the yardstick of PCK and of errors in torsos, was not measured along the diagonals."""
    side, none = evaluation.torso_from.get("side", 0), evaluation.torso_from.get("none", 0)
    notes = []
    if side:
        notes.append(
            f"The torso of {side} of the {len(evaluation.people)} people, labelled on one side, is the way from the shoulder to "
            "the hip of that side; of the others it is the way to the opposite hip."
        )
    if none:
        notes.append(
            f"{none} of the {len(evaluation.people)} people have no labelled shoulder and hip, so no torso to measure PCK by: they "
            "count in the errors in px alone."
        )
    return notes


def aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    """Columns of equal width: the first and those headed "against stock" to the left, the others to the right."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if i == 0 or rows[0][i] == "against stock" else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
