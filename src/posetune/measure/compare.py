"""Any number of networks and methods in one table: what each gains, what it forgets, what it costs.

All measuring is :mod:`posetune.measure.evaluate`'s; this puts the figures of two sets, the price of an answer and what
the run folders tell of their training side by side.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posetune import stock
from posetune._version import __version__
from posetune.data.answers import by_image
from posetune.data.people import Person
from posetune.measure.evaluate import Entry, Evaluation, Progress, evaluate
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.load import of_networks

#: Crops on which the time of an answer is measured, every network in turn on each.
TIMED_CROPS = 30
_METHODS = {"stock": "stock", "offset": "constant offset"}


@dataclass(frozen=True, eq=False)
class Comparison:
    """What :func:`compare` found. ``result`` is the JSON of ``posetune compare`` (docs/reference/json.md); ``main`` and
    ``general`` are the evaluations that it was drawn from.
    """

    result: dict[str, Any]
    main: Evaluation
    general: Evaluation | None


def compare(
    data: str | Path,
    split: str | Sequence[str],
    models: Sequence[str | Path],
    *,
    general: str | Path | None = None,
    general_split: str | Sequence[str] = "val",
    images: str | Path | None = None,
    stock_names: Sequence[str] = stock.LANDMARK_NAMES,
    with_offset: bool = True,
    timing: bool = True,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Measure ``models`` and the stock networks by the crop protocol on ``data`` and, for what they forgot, on ``general``.

    ``models``: whatever ``stock.resolve`` takes. ``timing``: measure the time of an answer (one thread). The rest is as
    for :func:`evaluate`.

    Raises PosetuneError for bad data, bad networks, or nobody to score.
    """
    options: dict[str, Any] = {"stock_names": stock_names, "pipeline": False, "threads": threads, "progress": progress}
    main = evaluate(data, split, models, images=images, with_offset=with_offset, **options)
    other = None
    if general is not None:
        other = evaluate(general, general_split, models, with_offset=False, **options)
    sources = _sources(main.entries, models)
    cost = _milliseconds(sources, main.people, progress) if timing else {}
    measures = main.result["protocols"]["crop"]
    elsewhere = other.result["protocols"]["crop"] if other is not None else {}
    rows = [
        _row(entry, measures[entry.name], elsewhere.get(entry.name), sources.get(entry.name), cost.get(entry.name))
        for entry in main.entries
    ]
    result = {
        "posetune": __version__,
        "protocol": "crop",
        **{
            key: main.result[key]
            for key in ("data", "splits", "people", "groups", "left_out", "offset_from", "skipped")
        },
        "general": None
        if other is None
        else {key: other.result[key] for key in ("data", "splits", "people", "groups", "left_out")},
        "rows": rows,
    }
    return Comparison(result, main, other)


def _sources(entries: Sequence[Entry], models: Sequence[str | Path]) -> dict[str, stock.Networks]:
    """Name in the tables → the networks behind it (an offset has none of its own)."""
    given = [found for found in map(stock.resolve, models) if not found.is_stock]
    names = [entry.name for entry in entries if entry.kind == "model"]
    sources = dict(zip(names, given, strict=True))
    return {entry.name: stock.resolve(entry.name) for entry in entries if entry.kind == "stock"} | sources


def _row(
    entry: Entry,
    measures: dict[str, Any],
    elsewhere: dict[str, Any] | None,
    source: stock.Networks | None,
    milliseconds: float | None,
) -> dict[str, Any]:
    summary = {} if source is None or entry.kind == "stock" else run_summary(source.path.parent)
    size = None if source is None else len(source.landmarks) + len(source.corrector or b"")
    return {
        "name": entry.name,
        "kind": entry.kind,
        "base": entry.base,
        "method": _METHODS.get(entry.kind) or _method(summary),
        "train_people": summary.get("train_people"),
        "train_seconds": summary.get("seconds"),
        "bytes": size,
        "added_bytes": None if source is None or source.corrector is None else len(source.corrector),
        "ms_per_crop": milliseconds,
        **{
            key: measures[key]
            for key in (
                "points",
                "mean_error_crop_px",
                "pck_0.1",
                "pck_0.2",
                "angle_mae_deg",
                "angle_accuracy_10deg",
                "interval_95",
            )
        },
        "differences": measures.get("differences", {}),
        "difference_to_stock": measures.get("difference_to_stock"),
        "general_error_crop_px": None if elsewhere is None else elsewhere["mean_error_crop_px"],
        "forgetting": None if elsewhere is None else elsewhere.get("difference_to_stock"),
    }


def run_summary(folder: Path) -> dict[str, Any]:
    """``summary.json`` of a run folder; empty where there is none, or it cannot be read."""
    try:
        summary = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return summary if isinstance(summary, dict) else {}


def _method(summary: dict[str, Any]) -> str:
    """What the summary says it is; run folders of the first hour say nothing, and hold a fully tuned network."""
    if not summary:
        return "file"
    method = str(summary.get("method", "full"))
    return f"{method} ({summary['kind']})" if summary.get("kind") else method


def _milliseconds(
    sources: dict[str, stock.Networks], people: Sequence[Person], progress: Progress | None
) -> dict[str, float]:
    """Median time from crop to landmarks on one thread, the networks in turns on the same crops."""
    networks: dict[str, Landmarker] = {name: of_networks(found, threads=1) for name, found in sources.items()}
    chosen = people[:: max(1, len(people) // TIMED_CROPS)][:TIMED_CROPS]
    times: dict[str, list[float]] = {name: [] for name in networks}
    done = 0
    for image, indices in by_image(chosen):
        rgb = image.read()
        for i in indices:
            crop = chosen[i].crop
            assert crop is not None  # those who are scored have one
            for name, network in networks.items():
                begun = time.perf_counter()
                network.predict_crop(rgb, crop)
                times[name].append(1000 * (time.perf_counter() - begun))
            done += 1
            if progress is not None:
                progress("timed crops", done, len(chosen))
    # The first answers of a network are slow for reasons of their own.
    return {name: float(np.median(t[min(3, len(t) - 1) :])) for name, t in times.items()}
