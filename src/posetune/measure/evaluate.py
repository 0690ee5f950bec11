"""The proof: networks against stock on labelled people, under both protocols."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from posetune import stock
from posetune._version import __version__
from posetune.data.answers import Answers, crop_answers
from posetune.data.contradictions import find_contradiction, sample_of
from posetune.data.dataset import Dataset, Person, warnings_of
from posetune.errors import PosetuneError
from posetune.geometry import SMALLEST_TORSO, Crop
from posetune.graph.points import has_own_points
from posetune.measure import offset
from posetune.measure.beside import Beside, Entry, behind_detector, named, networks_beside
from posetune.measure.bootstrap import Resampling
from posetune.measure.errors import analyse
from posetune.measure.metrics import Labels, scorable
from posetune.measure.oks import area_of, crop_precision
from posetune.measure.people_measured import (
    Chosen,
    choose,
    counted_reasons,
    offset_people,
    records_of,
    sets_with_crops,
    with_training,
)
from posetune.measure.pipeline import PipelineAnswers, pipeline_answers, precision, with_offsets
from posetune.measure.results import DetectionFigures, Measures
from posetune.measure.sides import sides
from posetune.measure.summary import Scored, difference, in_body, summarise
from posetune.measure.texts import against_stock, number
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.load import of_networks
from posetune.runtime.tiles import Tiles

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False, repr=False)
class Evaluation:
    """What :func:`evaluate` found. ``to_json()`` is what ``posetune eval --json`` writes.

    ``protocols``: "crop" and "pipeline" → name of a network → its measures. ``entries``: the networks, in the order of the
    tables. ``people``: whom they were measured on, of ``groups`` scenes or videos; ``held_out_by``: runs whose held-out part
    of a split they are. ``scored``: protocol → name → answers and errors for ``people``, in their order. ``sources``: name →
    the files of a network. The rest is what a reader has to know: people left out and why, what areas, torsos and the offset
    are from, stock networks that could not be had and why, warnings about the data, names that are none of the 33, and the
    keypoint set. ``contradictions``: of whole sets whose labels contradict stock full, a sentence each with the likely cause.
    """

    data: str
    splits: tuple[str, ...]
    held_out_by: tuple[str, ...]
    people: tuple[Person, ...]
    groups: int
    left_out: int
    left_out_because: str
    area_from: dict[str, int]
    torso_from: dict[str, int]
    offset_from: str
    skipped: dict[str, str]
    warnings: tuple[str, ...]
    contradictions: tuple[str, ...]
    dropped_names: tuple[str, ...]
    keypoints: tuple[str, ...]
    entries: tuple[Entry, ...]
    protocols: dict[str, dict[str, Measures]]
    scored: dict[str, dict[str, Scored]]
    sources: dict[str, stock.Networks]

    @property
    def crop(self) -> dict[str, Measures]:
        """The measures by the crop protocol."""
        return self.protocols["crop"]

    @property
    def detection(self) -> dict[str, DetectionFigures]:
        """Who was found, by network; empty without the pipeline protocol."""
        tables = self.protocols.get("pipeline", {})
        return {name: m.detection for name, m in tables.items() if m.detection is not None}

    @property
    def models(self) -> tuple[Entry, ...]:
        """The networks that were asked for, without the stock ones."""
        return tuple(e for e in self.entries if e.kind == "model")

    @property
    def split_names(self) -> str:
        """ "val", or "train, the part that mine held out"."""
        held = f", the part that {', '.join(self.held_out_by)} held out" if self.held_out_by else ""
        return ", ".join(self.splits) + held

    def summary(self) -> str:
        """The whole in one line: people, and the error of each network by the crop protocol."""
        shown = []
        for e in self.entries:
            measures = self.crop[e.name]
            gain = against_stock(measures) if e.kind == "model" else ""
            trained = f"trained on {e.trained_on} of them" if e.trained_on else ""
            seen = self.detection.get(e.name)
            found = f"finds {seen.found} of {seen.labelled} on whole pictures" if seen is not None else ""
            figures = (f"{e.name} {number(measures.mean_error_crop_px, 2)} crop px", gain, found, trained)
            shown.append(", ".join(text for text in figures if text))
        return f"{len(self.people)} people of {self.split_names}: {'; '.join(shown)}"

    @property
    def result(self) -> dict[str, Any]:
        """The same as ``to_json()``."""
        return self.to_json()

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries, lists and numbers. Keys: docs/reference/json.md."""
        models: dict[str, dict[str, Any]] = {}
        for e in self.entries:
            models[e.name] = {"kind": e.kind, "base": e.base}
            if e.kind == "model":
                models[e.name] |= {"trained_on_people": e.trained_on, "chosen_on_people": e.chosen_on}
        return {
            "posetune": __version__,
            "data": self.data,
            "splits": list(self.splits),
            "held_out_by": list(self.held_out_by),
            "people": len(self.people),
            "groups": self.groups,
            "left_out": self.left_out,
            "area_from": self.area_from,
            "torso_from": self.torso_from,
            "offset_from": self.offset_from,
            "skipped": self.skipped,
            "warnings": list(self.warnings),
            "contradictions": list(self.contradictions),
            "dropped_names": list(self.dropped_names),
            "keypoints": list(self.keypoints),
            "models": models,
            "protocols": {p: {name: m.to_json() for name, m in tables.items()} for p, tables in self.protocols.items()},
            "detection": self._detection_json(),
        }

    def _detection_json(self) -> dict[str, Any] | None:
        """Of the first network that was asked for, or full; those of all stand under ``protocols.pipeline``."""
        found = self.detection
        names = [e.name for e in self.models if e.name in found] or [n for n in ("full", *found) if n in found]
        return {"network": names[0], **found[names[0]].to_json()} if names else None

    def __repr__(self) -> str:
        return f"Evaluation({self.summary()})"


def evaluate(
    data: str | Path,
    split: str | Sequence[str] | None = None,
    models: Sequence[str | Path] = (),
    *,
    images: str | Path | None = None,
    stock_names: Sequence[str] = stock.LANDMARK_NAMES,
    detector: str | Path | None = None,
    pipeline: bool = True,
    with_offset: bool = True,
    threads: int | None = None,
    tiles: str | int | Tiles | None = "off",
    progress: Progress | None = None,
) -> Evaluation:
    """Measure ``models`` beside the stock networks and stock + constant offset.

    If a model has a keypoint set of its own, everything is measured on the label files' own points, each network on those
    that it has; differences are over the points that both have.

    ``data``: a data set folder or COCO file; ``split``: one or several (a sequence, or names with commas), whose people are
    pooled; None: the people that the runs among ``models`` held out of their training, without such runs those of val.
    ``models``: whatever ``stock.resolve`` takes; ``detector``: what finds people for them, and for stock full as one more
    line if there are none, as in ``stock.detector_of`` (None: their own). Stock networks other than the models' bases are
    left out, and named under ``skipped``, if they cannot be had. ``tiles``: where the detectors look besides at whole images, as
    ``Landmarker.predict`` takes it. ``progress(what, done, total)`` is called along the way.

    Raises PosetuneError for bad data, bad networks, or nobody to score.
    """
    report = progress or (lambda what, done, total: None)
    looked_at = Tiles.of(tiles)
    given = named(models) if detector is None else behind_detector(models, detector)
    native = any(has_own_points(source.landmarks) for source in given.values())
    records = records_of(given)
    chosen = choose(data, split, records, images=images, native=native)
    sets = sets_with_crops(chosen.sets, native, threads, report)
    subjects = _Subjects.of(sets)
    if not subjects.people:
        raise _nobody(data, chosen, sets, threads, report)
    beside = networks_beside(given, stock_names, threads)
    networks, entries = beside.networks, with_training(beside.entries, subjects.people, records)
    contradictions = [_contradiction(dataset, networks["full"], report) for dataset in sets]

    crop = crop_answers(networks, subjects.people, progress=lambda n: report("crops", n, len(subjects.people)))
    offsets: dict[str, np.ndarray] = {}
    offset_from = ""
    if with_offset:
        bases = {b: networks[b] for b in [e.base for e in entries if e.kind == "model"] or ["full"]}
        apart = offset_people(data, images, chosen, subjects.people[0].skeleton)
        offsets, offset_from = _fit_offsets(apart, bases, crop, subjects.people, report)
        entries += [Entry(f"{base} + offset", "offset", base) for base in bases]
    entries.sort(key=lambda e: ("stock", "offset", "model").index(e.kind))
    protocols = {"crop": _by_crops(entries, subjects, crop, offsets)}
    if pipeline:
        whole = _run_pipeline(networks, subjects, offsets, looked_at, report)
        protocols["pipeline"] = _by_pipeline(entries, subjects, whole)
    return _evaluation(data, chosen, subjects, beside, entries, protocols, offset_from, contradictions)


@dataclass(frozen=True, eq=False)
class _Subjects:
    """``people``: those of ``sets`` who can be scored; ``labels`` and ``resampling`` are theirs."""

    sets: list[Dataset]
    people: tuple[Person, ...]

    @classmethod
    def of(cls, sets: list[Dataset]) -> _Subjects:
        return cls(sets, tuple(p for dataset in sets for p in dataset.people if scorable(p)))

    @cached_property
    def labels(self) -> Labels:
        return Labels.of(self.people)

    @cached_property
    def resampling(self) -> Resampling:
        return Resampling.of(np.array([p.group for p in self.people], dtype=object))


class _Protocol(NamedTuple):
    """Name of an entry → its answers and errors, and its measures."""

    scored: dict[str, Scored]
    measures: dict[str, Measures]


def _nobody(
    data: str | Path, chosen: Chosen, sets: list[Dataset], threads: int | None, report: Progress
) -> PosetuneError:
    """Why nobody can be scored, and what it takes."""
    why = counted_reasons(p for dataset in sets for p in dataset.people)
    full = of_networks(stock.resolve("full"), threads=threads)
    causes = [text for dataset in sets if (text := _contradiction(dataset, full, report))]
    return PosetuneError(
        f"Nobody in {data} ({', '.join(chosen.splits)}) can be scored{f': {why}' if why else ''}. That takes a labelled hip "
        f"and a labelled shoulder of the other side, and a torso of more than {SMALLEST_TORSO:g} px."
        + "".join(f" {text}" for text in (*causes, *warnings_of(*sets)))
    )


def _by_crops(
    entries: Sequence[Entry], subjects: _Subjects, crop: dict[str, Answers], offsets: dict[str, np.ndarray]
) -> _Protocol:
    crops: list[Crop | None] = [p.crop for p in subjects.people]
    answers = crop | {f"{base} + offset": offset.add_offsets(crop[base], crops, o) for base, o in offsets.items()}
    scored = {e.name: _scored(answers[e.name], subjects.labels) for e in entries}
    precisions = {e.name: crop_precision(subjects.people, answers[e.name]) for e in entries}
    measures = _measures(entries, subjects, scored, precisions)
    for name, figures in sides(subjects.people, entries, scored).items():
        measures[name] = replace(measures[name], sides=figures)
    return _Protocol(scored, measures)


def _by_pipeline(entries: Sequence[Entry], subjects: _Subjects, whole: dict[str, PipelineAnswers]) -> _Protocol:
    scored = {e.name: _scored(whole[e.name].answers, subjects.labels) for e in entries}
    precisions = {e.name: precision(subjects.sets, whole[e.name]) for e in entries}
    measures = _measures(entries, subjects, scored, precisions)
    for name in measures:
        if (tally := whole[name].tally) is not None:
            measures[name] = replace(measures[name], detection=tally.figures())
    return _Protocol(scored, measures)


def _evaluation(
    data: str | Path,
    chosen: Chosen,
    subjects: _Subjects,
    beside: Beside,
    entries: Sequence[Entry],
    protocols: dict[str, _Protocol],
    offset_from: str,
    contradictions: Iterable[str],
) -> Evaluation:
    sets, people = subjects.sets, subjects.people
    return Evaluation(
        data=str(data),
        splits=chosen.splits,
        held_out_by=chosen.held_out_by,
        people=people,
        groups=subjects.resampling.groups,
        left_out=sum(len(d.people) for d in sets) - len(people),
        left_out_because=counted_reasons(p for d in sets for p in d.people),
        area_from=dict(Counter(area_of(p)[1] for p in people)),
        torso_from=dict(Counter(p.torso_from for p in people)),
        offset_from=offset_from,
        skipped=beside.skipped,
        warnings=tuple(warnings_of(*sets)),
        contradictions=tuple(filter(None, contradictions)),
        dropped_names=tuple(dict.fromkeys(n for d in sets for n in d.dropped_names)),
        keypoints=subjects.labels.skeleton.names,
        entries=tuple(entries),
        protocols={name: p.measures for name, p in protocols.items()},
        scored={name: p.scored for name, p in protocols.items()},
        sources=beside.sources,
    )


def _contradiction(dataset: Dataset, landmarker: Landmarker, report: Progress) -> str:
    """What is wrong with all labels of a set, as stock full sees it: one sentence, or nothing."""
    looked_at = len(sample_of(dataset))
    found = find_contradiction(dataset, landmarker, "stock full", lambda n: report("people looked for", n, looked_at))
    return "" if found is None else found.text


def _scored(answers: Answers, labels: Labels) -> Scored:
    return Scored(answers, labels.only(answers.given))


def _measures(
    entries: Sequence[Entry],
    subjects: _Subjects,
    scored: dict[str, Scored],
    precisions: dict[str, dict[str, float | None]],
) -> dict[str, Measures]:
    """Entry name → its measures, its difference to the stock network it was made of, and a row for each
    person.
    """
    people, resampling = subjects.people, subjects.resampling
    tables = {}
    for entry in entries:
        one = scored[entry.name]
        differences = None
        if entry.kind != "stock":
            differences = {
                e.name: difference(one, scored[e.name], e.name, resampling) for e in entries if e.kind == "stock"
            }
        analysis = analyse(*in_body(people, one))
        tables[entry.name] = summarise(
            people, one, precisions[entry.name], resampling, analysis, differences, entry.base
        )
    return tables


def _fit_offsets(
    apart: Sequence[Person],
    networks: dict[str, Landmarker],
    crop: dict[str, Answers],
    people: Sequence[Person],
    report: Progress,
) -> tuple[dict[str, np.ndarray], str]:
    """``(base → offsets, where they were fitted)``: on ``apart``, people of the train split, if there are any."""
    if apart:
        answers = crop_answers(networks, apart, progress=lambda n: report("offset", n, len(apart)))
        return {b: offset.fit_offsets(answers[b], apart) for b in networks}, f"{len(apart)} people of train"
    folds = offset.two_folds(people)
    return (
        {base: offset.fit_across_folds(crop[base], people, folds) for base in networks},
        "the other half of the people measured, divided by group (there is no train split besides)",
    )


def _run_pipeline(
    networks: dict[str, Landmarker],
    subjects: _Subjects,
    offsets: dict[str, np.ndarray],
    tiles: Tiles | None,
    report: Progress,
) -> dict[str, PipelineAnswers]:
    images = [image for dataset in subjects.sets for image in dataset.images]
    others = [p for dataset in subjects.sets for p in dataset.people if not scorable(p)]
    whole = pipeline_answers(
        networks,
        images,
        subjects.people,
        others,
        tiles=tiles,
        progress=lambda n: report("whole images", n, len(images)),
    )
    moved = {f"{base} + offset": with_offsets(whole[base], o, images, subjects.people) for base, o in offsets.items()}
    return whole | moved
