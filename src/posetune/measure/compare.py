"""Any number of networks and methods in one table: what each gains, what it forgets, what it costs.

All measuring is :mod:`posetune.measure.evaluate`'s; this puts the figures of two sets, the price of an answer and what
the run folders tell of their training side by side.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from posetune import stock
from posetune._version import __version__
from posetune.data.answers import by_image
from posetune.data.people import Person
from posetune.measure.beside import Entry
from posetune.measure.evaluate import Evaluation, Progress, evaluate
from posetune.measure.results import PCK_01, PCK_02, DetectionFigures, Difference, Intervals, Record
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.load import of_networks

#: Crops on which the time of an answer is measured, every network in turn on each.
TIMED_CROPS = 30
_METHODS = {"stock": "stock", "offset": "constant offset"}


@dataclass(frozen=True)
class ComparisonRow(Record):
    """One network of the table: what it is, what it cost, and its measures by the crop protocol.

    ``train_people``, ``train_seconds``: as its run folder tells; ``bytes``: of its files, ``added_bytes`` of them behind an
    unmodified network; ``ms_per_crop``: median time of an answer; ``forgetting``: its difference to stock on the general set.
    ``detection``: who was found on whole pictures, where that was measured. ``trained_on_people``,
    ``general_trained_on_people``: how many of those measured it was trained on, None where nobody wrote it down.
    """

    name: str
    kind: str
    base: str
    method: str
    train_people: int | None
    train_seconds: float | None
    bytes: int | None
    added_bytes: int | None
    ms_per_crop: float | None
    points: int
    mean_error_crop_px: float | None
    pck_01: float | None = field(metadata=PCK_01)
    pck_02: float | None = field(metadata=PCK_02)
    angle_mae_deg: float | None
    angle_accuracy_10deg: float | None
    interval_95: Intervals
    differences: dict[str, Difference]
    difference_to_stock: Difference | None
    general_error_crop_px: float | None
    forgetting: Difference | None
    trained_on_people: int | None
    general_trained_on_people: int | None
    detection: DetectionFigures | None = field(default=None, metadata={"optional": True})


@dataclass(frozen=True, eq=False, repr=False)
class Comparison:
    """What :func:`compare` found. ``rows``: one a network; ``main`` and ``general``: the evaluations they were drawn from.
    ``to_json()`` is what ``posetune compare --json`` writes.
    """

    rows: tuple[ComparisonRow, ...]
    main: Evaluation
    general: Evaluation | None

    @property
    def result(self) -> dict[str, Any]:
        """The same as ``to_json()``."""
        return self.to_json()

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries, lists and numbers. Keys: docs/reference/json.md."""
        return {
            "posetune": __version__,
            "protocol": "crop",
            **_about(self.main),
            "offset_from": self.main.offset_from,
            "skipped": self.main.skipped,
            "general": None if self.general is None else _about(self.general),
            "rows": [row.to_json() for row in self.rows],
        }

    def __repr__(self) -> str:
        forgotten = "" if self.general is None else f"; forgetting on {len(self.general.people)} people"
        return f"Comparison({self.main.summary()}{forgotten})"


def _about(evaluation: Evaluation) -> dict[str, Any]:
    return {
        "data": evaluation.data,
        "splits": list(evaluation.splits),
        "held_out_by": list(evaluation.held_out_by),
        "people": len(evaluation.people),
        "groups": evaluation.groups,
        "left_out": evaluation.left_out,
        "warnings": list(evaluation.warnings),
        "contradictions": list(evaluation.contradictions),
    }


def compare(
    data: str | Path,
    split: str | Sequence[str] | None,
    models: Sequence[str | Path],
    *,
    general: str | Path | None = None,
    general_split: str | Sequence[str] = "val",
    images: str | Path | None = None,
    stock_names: Sequence[str] = stock.LANDMARK_NAMES,
    with_offset: bool = True,
    pipeline: bool = True,
    timing: bool = True,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Measure ``models`` and the stock networks by the crop protocol on ``data`` and, for what they forgot, on ``general``.

    ``models``: whatever ``stock.resolve`` takes. ``pipeline``: count who is found on whole pictures of ``data``, too.
    ``timing``: measure the time of an answer (one thread). The rest is as for :func:`evaluate`.

    Raises PosetuneError for bad data, bad networks, or nobody to score.
    """
    options: dict[str, Any] = {"stock_names": stock_names, "threads": threads, "progress": progress}
    main = evaluate(data, split, models, images=images, with_offset=with_offset, pipeline=pipeline, **options)
    other = None
    if general is not None:
        other = evaluate(general, general_split, models, with_offset=False, pipeline=False, **options)
    cost = _milliseconds(main.sources, main.people, progress) if timing else {}
    return Comparison(tuple(_row(e, main, other, cost.get(e.name)) for e in main.entries), main, other)


def _row(entry: Entry, main: Evaluation, general: Evaluation | None, milliseconds: float | None) -> ComparisonRow:
    source = main.sources.get(entry.name)  # an offset has none of its own
    summary = {} if source is None or entry.kind == "stock" else run_summary(source.path.parent)
    corrector = None if source is None else source.corrector
    measures = main.crop[entry.name]
    elsewhere = general.crop.get(entry.name) if general is not None else None
    there = next((e for e in general.entries if e.name == entry.name), None) if general is not None else None
    return ComparisonRow(
        name=entry.name,
        kind=entry.kind,
        base=entry.base,
        method=_METHODS.get(entry.kind) or _method(summary),
        train_people=summary.get("train_people"),
        train_seconds=summary.get("seconds"),
        bytes=None if source is None else len(source.landmarks) + len(corrector or b""),
        added_bytes=None if corrector is None else len(corrector),
        ms_per_crop=milliseconds,
        points=measures.points,
        mean_error_crop_px=measures.mean_error_crop_px,
        pck_01=measures.pck_01,
        pck_02=measures.pck_02,
        angle_mae_deg=measures.angle_mae_deg,
        angle_accuracy_10deg=measures.angle_accuracy_10deg,
        interval_95=measures.interval_95,
        differences=measures.differences or {},
        difference_to_stock=measures.difference_to_stock,
        general_error_crop_px=None if elsewhere is None else elsewhere.mean_error_crop_px,
        forgetting=None if elsewhere is None else elsewhere.difference_to_stock,
        trained_on_people=entry.trained_on,
        general_trained_on_people=None if there is None else there.trained_on,
        detection=main.detection.get(entry.name),
    )


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
