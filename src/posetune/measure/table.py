"""The tables of ``posetune eval`` as text."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

PROTOCOLS = {
    "crop": "crop protocol: the landmark network alone, on the crop that the labels imply",
    "pipeline": "pipeline protocol: whole images through detector and landmarks",
}
_NONE = "–"

Column = tuple[str, Callable[[dict[str, Any]], str]]
_COLUMNS: tuple[Column, ...] = (
    ("crop px", lambda m: number(m["mean_error_crop_px"], 2)),
    ("95 %", lambda m: interval(m["interval_95"]["mean_error_crop_px"])),
    ("image px", lambda m: number(m["mean_error_image_px"], 1)),
    ("torso", lambda m: number(m["mean_error_torso"], 3)),
    ("PCK@.1", lambda m: percent(m["pck_0.1"])),
    ("PCK@.2", lambda m: percent(m["pck_0.2"])),
    ("OKS-AP", lambda m: percent(m["oks_ap"])),
    ("angle MAE", lambda m: number(m["angle_mae_deg"], 1, "°")),
    ("≤ 10°", lambda m: percent(m["angle_accuracy_10deg"])),
)
_DEPTH_COLUMNS: tuple[Column, ...] = (
    ("|z| cm", lambda m: number(m["z_error_cm"], 1)),
    ("MPJPE cm", lambda m: number(m["mpjpe_cm"], 1)),
    ("PA-MPJPE cm", lambda m: number(m["pa_mpjpe_cm"], 1)),
)
_LAST_COLUMNS: tuple[Column, ...] = (
    ("found", lambda m: f"{m['found']}/{m['labelled']}"),
    ("against stock", lambda m: against_stock(m)),
)


def text_tables(result: dict[str, Any], *, details: bool = True) -> str:
    """What ``posetune eval`` prints for the ``result`` of an Evaluation. ``details``: per landmark and per
    angle, too.
    """
    people, groups = result["people"], result["groups"]
    lines = [f"{result['data']} · {', '.join(result['splits'])} · {people} people of {groups} groups"]
    for protocol, tables in result["protocols"].items():
        lines += ["", PROTOCOLS[protocol], *main_table(tables)]
    if details:
        crop = result["protocols"]["crop"]
        lines += ["", "mean error by landmark, crop px (crop protocol)"]
        lines += _by_part(crop, "per_landmark", lambda row: number(row["mean_error_crop_px"], 2), "points")
        lines += ["", "joint angles: MAE and share within 10° (crop protocol)"]
        lines += _by_part(
            crop,
            "per_angle",
            lambda row: f"{number(row['angle_mae_deg'], 1, '°')} {percent(row['angle_accuracy_10deg'])}",
            "angles",
        )
    lines += ["", *notes(result)]
    return "\n".join(lines)


def main_table(tables: dict[str, dict[str, Any]]) -> list[str]:
    """One line a network."""
    chosen = columns(tables)
    rows = [["mean error:", *(heading for heading, _ in chosen)]]
    rows += [[name, *(cell(measures) for _, cell in chosen)] for name, measures in tables.items()]
    return aligned(rows)


def columns(tables: dict[str, dict[str, Any]]) -> list[Column]:
    """Headings, and how a network's measures become a cell; depth only where some network was measured in
    depth.
    """
    depth = any(measures["z_error_cm"] is not None for measures in tables.values())
    return [*_COLUMNS, *(_DEPTH_COLUMNS if depth else ()), *_LAST_COLUMNS]


def notes(result: dict[str, Any]) -> list[str]:
    """What a reader has to know about the figures, a sentence each."""
    lines = ["Intervals: 95 %, bootstrap over groups (scenes, videos). Mean errors are over the people found;"]
    lines[0] += " PCK, angle accuracy and AP count a missed person as wrong."
    if result["groups"] < 5:
        lines.append(
            f"Only {result['groups']} group{'s' if result['groups'] != 1 else ''}: people of one scene are "
            "alike, so the intervals say little."
        )
    if result["offset_from"]:
        lines.append(
            f"Offset: stock with every point moved by a constant, fitted on {result['offset_from']}; "
            "what beats it is more than another label convention."
        )
    area = ", ".join(f"{count} from the labels' {source}" for source, count in result["area_from"].items())
    lines.append(f"OKS-AP on COCO's 17 points with its sigmas (k = 2σ); area of people: {area}.")
    if result["left_out"]:
        lines.append(
            f"{result['left_out']} labelled people are left out: ignored, too small, or without hips or shoulders."
        )
    if result["dropped_names"]:
        lines.append(f"Not among the 33 landmarks, so not used: {', '.join(result['dropped_names'])}.")
    lines += [f"Without stock {name}: {reason}" for name, reason in result["skipped"].items()]
    return lines + list(result["warnings"])


def number(value: float | None, digits: int, unit: str = "") -> str:
    return _NONE if value is None else f"{value:.{digits}f}{unit}"


def percent(value: float | None, digits: int = 1) -> str:
    return _NONE if value is None else f"{100 * value:.{digits}f} %"


def interval(bounds: Sequence[float] | None, digits: int = 1) -> str:
    return _NONE if bounds is None else f"{bounds[0]:.{digits}f} … {bounds[1]:.{digits}f}"


def against_stock(measures: dict[str, Any]) -> str:
    """ "−28.1 % (−35 … −20) of full", or nothing for a stock network."""
    return change(measures.get("difference_to_stock"), of=True)


def change(difference: dict[str, Any] | None, *, of: bool = False) -> str:
    """ "−28.1 % (−35 … −20)", with ``of`` also of what; nothing where there is no difference to tell."""
    if difference is None or difference["mean_error_relative"] is None:
        return ""
    text = relative(difference["mean_error_relative"], difference["interval_95"]["mean_error_relative"])
    return text + (f" of {difference['stock']}" if of else "")


def relative(value: float, bounds: Sequence[float] | None) -> str:
    """ "−28.1 % (−35 … −20)": a relative change with its interval, where there is one."""
    shown = "" if bounds is None else f" ({100 * bounds[0]:+.0f} … {100 * bounds[1]:+.0f})"
    return f"{100 * value:+.1f} %{shown}".replace("-", "−")


def _by_part(
    tables: dict[str, dict[str, Any]],
    key: str,
    cell: Callable[[dict[str, Any]], str],
    count: str,
) -> list[str]:
    # A network with points of its own has the most; the others lack some of them.
    fullest = max((m[key] for m in tables.values()), key=len)
    rows = [["", count, *tables]]
    for part, first in fullest.items():
        cells = (cell(m[key][part]) if part in m[key] else _NONE for m in tables.values())
        rows.append([part, str(first[count]), *cells])
    return aligned(rows)


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
