"""A benchmark's figures as a table and as a bar chart."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

from posetune.errors import PosetuneError
from posetune.files import write_bytes
from posetune.measure.bench import Contender, Report, Row
from posetune.stock import LANDMARK_NAMES

_TITLES = {
    "network": ("landmark network alone", "runs a second"),
    "video": ("VIDEO mode, one person", "frames a second"),
    "image": ("IMAGE mode, one person, decoding included", "images a second"),
    "cold_start": ("cold start: interpreter to first pose", "ms"),
}
_COLOURS = {"mediapipe": "#8a8f98", "posetune": "#1f77b4"}


def table(report: Report, contenders: Sequence[Contender]) -> str:
    """Lines to print: per mode one a contender, with its ratio to MediaPipe's on the same network or its base."""
    lines = []
    for mode in dict.fromkeys(row.mode for row in report.rows):
        rows = [row for row in report.rows if row.mode == mode]
        limit = mode == "network" and bool(report.machine["sgemm_gflops"])
        lines.append(f"{_TITLES[mode][0]}")
        head = f"  {'system':19} {'model':12} {'px':>4} {'type':6} {'median ms':>10} {'a second':>9} {'peak MB':>8}"
        lines.append(head + "  against MediaPipe" + ("   of sgemm's limit" if limit else ""))
        for row, contender in zip(rows, contenders, strict=True):
            peak = "–" if row.peak_mb is None else f"{row.peak_mb:.0f}"
            line = (
                f"  {_system(row):19} {row.model[:12]:12} {row.size:4} {row.precision:6} {row.median_ms:10.2f} "
                f"{row.per_second:9.1f} {peak:>8}  {_against(row, rows):17}"
            )
            if limit:
                line += f"  {least_ms(contender, report) / row.median_ms:.0%} ({least_ms(contender, report):.2f} ms)"
            lines.append(line.rstrip())
        lines.append("")
    machine = report.machine
    lines.append(
        f"{machine['processor']}, {machine['threads']} thread{'s' if machine['threads'] > 1 else ''} for posetune; "
        f"MediaPipe runs its networks on one. Medians over interleaved rounds: the ratios carry over, the times do not."
    )
    return "\n".join(lines)


def least_ms(contender: Contender, report: Report) -> float:
    """How long the network's multiplications alone would take at the rate of this machine's float32 matrix multiplication."""
    return 2 * contender.macs / (report.machine["sgemm_gflops"] * 1e9) * 1e3


def ratio(row: Row, rows: Sequence[Row]) -> float | None:
    """How many times as fast ``row`` is as MediaPipe with the same network; with stock full, where it ran no such one."""
    theirs = [r for r in rows if r.system == "mediapipe"]
    same = [r for r in theirs if (r.model, r.size, r.precision) == (row.model, row.size, row.precision)]
    base = same or [r for r in theirs if r.model == row.model] or [r for r in theirs if r.model == "full"]
    return base[0].median_ms / row.median_ms if base else None


def _against(row: Row, rows: Sequence[Row]) -> str:
    times = ratio(row, rows)
    if row.system == "mediapipe" or times is None:
        return ""
    full = next((r for r in rows if r.system == "mediapipe" and r.model == "full"), None)
    beside = f", {full.median_ms / row.median_ms:.2f} × stock full" if full and row.model not in LANDMARK_NAMES else ""
    return f"{times:.2f} × as fast{beside}"


def write_chart(report: Report, path: Path) -> None:
    """A bar chart as .svg or .png: a panel a mode. Raises PosetuneError for another suffix."""
    if path.suffix.lower() not in (".svg", ".png"):
        raise PosetuneError(f"Cannot draw {path}: the name must end in .svg or .png.")
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    modes = list(dict.fromkeys(row.mode for row in report.rows))
    most = max(sum(row.mode == mode for row in report.rows) for mode in modes)
    figure, panels = plt.subplots(1, len(modes), figsize=(4.6 * len(modes), 1.2 + 0.36 * most), layout="constrained")
    for panel, mode in zip([panels] if len(modes) == 1 else panels, modes, strict=True):
        rows = [row for row in report.rows if row.mode == mode][::-1]
        values = [row.median_ms if mode == "cold_start" else row.per_second for row in rows]
        bars = panel.barh([_name(row) for row in rows], values, color=[_COLOURS[row.system] for row in rows])
        panel.bar_label(bars, labels=list(_labels(rows, values)), padding=3, fontsize=8)
        panel.set_xlim(0, max(values) * 1.35)
        panel.set_title(_TITLES[mode][0], fontsize=10)
        panel.set_xlabel(_TITLES[mode][1] + (" (less is better)" if mode == "cold_start" else ""), fontsize=8)
        panel.tick_params(labelsize=8)
        panel.spines[["top", "right"]].set_visible(False)
    stream = io.BytesIO()
    figure.savefig(stream, format=path.suffix[1:].lower(), dpi=130)
    plt.close(figure)
    write_bytes(path, stream.getvalue())


def _system(row: Row) -> str:
    return row.system if row.backend == "litert" else f"{row.system}, {row.backend}"


def _name(row: Row) -> str:
    size = "" if row.size == 256 else f" {row.size}"
    kind = "" if row.precision == "float" else f" {row.precision}"
    return f"{_system(row)} {row.model}{size}{kind}"


def _labels(rows: Sequence[Row], values: Sequence[float]) -> Iterator[str]:
    for row, value in zip(rows, values, strict=True):
        times = None if row.system == "mediapipe" else ratio(row, rows)
        number = f"{value:.0f}" if value >= 20 else f"{value:.1f}"
        yield number + (f"  ({times:.1f}×)" if times else "")
