"""The proof: networks against stock on labelled people, under both protocols."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posetune import stock
from posetune._version import __version__
from posetune.data.answers import Answers, crop_answers
from posetune.data.dataset import Dataset, Person, find_splits, load_dataset
from posetune.data.detector_crops import people_without_crops, with_seen_crops
from posetune.errors import PosetuneError
from posetune.geometry import Crop
from posetune.graph.flatbuffer import Graph
from posetune.graph.points import has_own_points
from posetune.measure import offset
from posetune.measure.bootstrap import Resampling
from posetune.measure.errors import analyse
from posetune.measure.metrics import SMALLEST_TORSO, Labels, scorable
from posetune.measure.oks import Detection, area_of, average_precision
from posetune.measure.pipeline import PipelineAnswers, pipeline_answers
from posetune.measure.summary import Scored, difference, in_body, per_person, summarise
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.load import of_networks
from posetune.skeleton import BLAZEPOSE, Skeleton

#: How many people of the train split the constant offset is fitted on; more do not change a median.
OFFSET_PEOPLE = 400
#: Convolution weights of the stock networks, to tell what a tuned file was made of.
_STOCK_WEIGHTS = {"lite": 1.36e6, "full": 3.17e6, "heavy": 13.75e6}

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Entry:
    """One line of the tables. ``kind``: "stock", "offset" or "model"; ``base``: the stock network it is
    held against.
    """

    name: str
    kind: str
    base: str


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What :func:`evaluate` found. ``result`` is the JSON of ``posetune eval`` (docs/reference/json.md); the rest
    are its parts.

    ``scored``: protocol ("crop", "pipeline") → entry name → answers and errors for ``people``, in their
    order.
    """

    result: dict[str, Any]
    entries: tuple[Entry, ...]
    people: tuple[Person, ...]
    scored: dict[str, dict[str, Scored]]


def evaluate(
    data: str | Path,
    split: str | Sequence[str],
    models: Sequence[str | Path] = (),
    *,
    images: str | Path | None = None,
    stock_names: Sequence[str] = stock.LANDMARK_NAMES,
    pipeline: bool = True,
    with_offset: bool = True,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Evaluation:
    """Measure ``models`` beside the stock networks and stock + constant offset.

    If a model has a keypoint set of its own, everything is measured on the label files' own points, each network on those
    that it has; differences are over the points that both have.

    ``data``: a data set folder or COCO file; ``split``: one or several (a sequence, or names with commas),
    whose people are pooled; ``models``: whatever ``stock.resolve`` takes. Stock networks other than the
    models' bases are left out, and named under "skipped", if they cannot be had. ``progress(what, done,
    total)`` is called along the way.

    Raises PosetuneError for bad data, bad networks, or nobody to score.
    """
    report = progress or (lambda what, done, total: None)
    splits = [s.strip() for s in split.split(",") if s.strip()] if isinstance(split, str) else list(split)
    if Path(data).is_file():
        splits = [Path(data).stem]  # a lone label file is all there is
    if not splits:
        raise PosetuneError("Name a split to evaluate, for example --split val.")
    native = any(has_own_points(stock.resolve(model).landmarks) for model in models)
    sets = [load_dataset(data, name, images=images, native=native) for name in splits]
    if native:
        sets = _with_crops(sets, report)
    people = tuple(p for dataset in sets for p in dataset.people if scorable(p))
    if not people:
        raise PosetuneError(
            f"Nobody in {data} ({', '.join(splits)}) can be scored: that takes a labelled hip and a "
            f"labelled shoulder of the other side, and a torso of more than {SMALLEST_TORSO:g} px."
        )
    networks, entries, skipped = networks_beside(models, stock_names, threads)
    labels, resampling = Labels.of(people), Resampling.of(np.array([p.group for p in people], dtype=object))

    crop = crop_answers(networks, people, progress=lambda n: report("crops", n, len(people)))
    offsets: dict[str, np.ndarray] = {}
    offset_from = ""
    if with_offset:
        bases = list(dict.fromkeys([e.base for e in entries if e.kind == "model"] or ["full"]))
        offsets, offset_from = _fit_offsets(data, images, splits, bases, networks, crop, people, report)
        entries += [Entry(f"{base} + offset", "offset", base) for base in bases]
    entries.sort(key=lambda e: ("stock", "offset", "model").index(e.kind))
    crops: list[Crop | None] = [p.crop for p in people]
    crop |= {f"{base} + offset": offset.add_offsets(crop[base], crops, o) for base, o in offsets.items()}
    scored = {"crop": {e.name: _scored(crop[e.name], labels) for e in entries}}
    precision = {"crop": {e.name: _crop_precision(people, crop[e.name]) for e in entries}}

    if pipeline:
        whole = _run_pipeline(networks, sets, people, offsets, report)
        scored["pipeline"] = {e.name: _scored(whole[e.name].answers, labels) for e in entries}
        precision["pipeline"] = {e.name: _pipeline_precision(sets, whole[e.name]) for e in entries}

    result = {
        "posetune": __version__,
        "data": str(data),
        "splits": splits,
        "people": len(people),
        "groups": resampling.groups,
        "left_out": sum(len(d.people) for d in sets) - len(people),
        "area_from": _count(area_of(p)[1] for p in people),
        "offset_from": offset_from,
        "skipped": skipped,
        "warnings": [w for d in sets for w in d.warnings],
        "dropped_names": list(dict.fromkeys(n for d in sets for n in d.dropped_names)),
        "keypoints": list(labels.skeleton.names),
        "models": {e.name: {"kind": e.kind, "base": e.base} for e in entries},
        "protocols": {
            protocol: _protocol(entries, people, scored[protocol], precision[protocol], resampling)
            for protocol in scored
        },
    }
    return Evaluation(result, tuple(entries), people, scored)


def _scored(answers: Answers, labels: Labels) -> Scored:
    return Scored(answers, labels.only(answers.given))


def _with_crops(sets: list[Dataset], report: Progress) -> list[Dataset]:
    """The sets with crops for people whose labels imply none, where stock full sees them; all in one keypoint set."""
    first = sets[0].skeleton
    other = next((s for s in sets if not s.skeleton.same_points(first)), None)
    if other is not None:
        raise PosetuneError(f"{other.name} has other keypoints than {sets[0].name}; evaluate them one by one.")
    if not any(people_without_crops(s) for s in sets):
        return sets
    landmarker = of_networks(stock.resolve("full"))
    images = sum(len(s.images) for s in sets)
    return [with_seen_crops(s, landmarker, lambda n: report("detector", n, images))[0] for s in sets]


def _protocol(
    entries: Sequence[Entry],
    people: Sequence[Person],
    scored: dict[str, Scored],
    precision: dict[str, dict[str, float | None]],
    resampling: Resampling,
) -> dict[str, Any]:
    """Entry name → its measures, its difference to the stock network it was made of, and a row for each
    person.
    """
    tables = {}
    for entry in entries:
        table = summarise(scored[entry.name], precision[entry.name], resampling)
        if entry.kind != "stock":
            table["differences"] = {
                e.name: difference(scored[entry.name], scored[e.name], e.name, resampling)
                for e in entries
                if e.kind == "stock"
            }
            table["difference_to_stock"] = table["differences"][entry.base]
        table["per_person"] = per_person(people, scored[entry.name])
        table["analysis"] = analyse(*in_body(people, scored[entry.name]))
        tables[entry.name] = table
    return tables


def networks_beside(
    models: Sequence[str | Path], stock_names: Sequence[str], threads: int | None
) -> tuple[dict[str, Landmarker], list[Entry], dict[str, str]]:
    """Load what is to be measured: ``(name → landmarker, entries, name → why it was skipped)``."""
    networks: dict[str, Landmarker] = {}
    entries: list[Entry] = []
    skipped: dict[str, str] = {}
    given: list[tuple[str, stock.Networks, str]] = []
    for model in models:
        found = stock.resolve(model)
        if not found.is_stock:
            name = _unused(found.name, [n for n, _, _ in given])
            given.append((name, found, stock_base(found.landmarks)))
    needed = {base for _, _, base in given} | {"full"}
    for name in (n for n in stock.LANDMARK_NAMES if n in stock_names or n in needed):
        try:
            found = stock.resolve(name)
        except PosetuneError as error:
            if name in needed:
                raise
            skipped[name] = str(error)
            continue
        networks[name] = of_networks(found, name=name, threads=threads)
        entries.append(Entry(name, "stock", name))
    for name, found, base in given:
        networks[name] = of_networks(found, name=name, threads=threads)
        entries.append(Entry(name, "model", base))
    return networks, entries, skipped


def stock_base(landmarks: bytes) -> str:
    """ "lite", "full" or "heavy": which stock network a landmark network was made of, by the number of its
    weights.
    """
    model = Graph.read(landmarks).model
    weights = sum(
        math.prod(int(n) for n in tensor.shape)
        for tensor in model.subgraphs[0].tensors
        if tensor.shape is not None and len(tensor.shape) == 4 and _has_data(model.buffers[tensor.buffer])
    )
    return min(_STOCK_WEIGHTS, key=lambda name: abs(math.log(max(weights, 1) / _STOCK_WEIGHTS[name])))


def _has_data(buffer: Any) -> bool:
    return (buffer.data is not None and len(buffer.data) > 0) or bool(getattr(buffer, "size", 0))


def _unused(name: str, used: Sequence[str]) -> str:
    """A name for a table that is neither a stock network's nor taken."""
    taken = {*used, *stock.LANDMARK_NAMES}
    candidates = [name, *(f"{name} ({n})" for n in range(2, len(taken) + 3))]
    return next(c for c in candidates if c not in taken)


def _fit_offsets(
    data: str | Path,
    images: str | Path | None,
    splits: Sequence[str],
    bases: Sequence[str],
    networks: dict[str, Landmarker],
    crop: dict[str, Answers],
    people: Sequence[Person],
    report: Progress,
) -> tuple[dict[str, np.ndarray], str]:
    """``(base → offsets, where they were fitted)``: on the train split if there is one that is not being
    measured.
    """
    usable = _train_people(data, images, people[0].skeleton) if "train" not in splits else []
    if usable:
        answers = crop_answers(
            {base: networks[base] for base in bases}, usable, progress=lambda n: report("offset", n, len(usable))
        )
        return {b: offset.fit_offsets(answers[b], usable) for b in bases}, f"{len(usable)} people of train"
    folds = offset.two_folds(people)
    return (
        {base: offset.fit_across_folds(crop[base], people, folds) for base in bases},
        "the other half of the people measured, divided by group (there is no train split besides)",
    )


def _train_people(data: str | Path, images: str | Path | None, skeleton: Skeleton) -> list[Person]:
    """Some people of the train split, evenly chosen; none if there is no such split, or it cannot be read."""
    if not Path(data).is_dir() or "train" not in find_splits(data):
        return []
    try:
        train = load_dataset(data, "train", images=images, native=skeleton is not BLAZEPOSE)
        if not train.skeleton.same_points(skeleton):
            return []
        usable = [p for p in train.usable if scorable(p)]
    except PosetuneError:  # the split to measure is what matters; the offset can be fitted without train
        return []
    return usable[:: max(1, math.ceil(len(usable) / OFFSET_PEOPLE))]


def _run_pipeline(
    networks: dict[str, Landmarker],
    sets: Sequence[Dataset],
    people: Sequence[Person],
    offsets: dict[str, np.ndarray],
    report: Progress,
) -> dict[str, PipelineAnswers]:
    images = [image for dataset in sets for image in dataset.images]
    crowd = _count(str(p.image.path) for dataset in sets for p in dataset.people)
    whole = pipeline_answers(networks, images, people, crowd, progress=lambda n: report("whole images", n, len(images)))
    for base, offsets_of_base in offsets.items():
        stock_run = whole[base]
        moved = offset.add_offsets(stock_run.answers, stock_run.crops, offsets_of_base)
        # Detections move with their person; one that belongs to nobody cannot turn right by a small shift.
        detections = [list(d) for d in stock_run.detections]
        position = {str(image.path): i for i, image in enumerate(images)}
        for i, person in enumerate(people):
            if stock_run.crops[i] is not None:
                row = detections[position[str(person.image.path)]]
                for j, detection in enumerate(row):
                    if np.array_equal(detection.points_px, stock_run.answers.points_px[i], equal_nan=True):
                        row[j] = Detection(moved.points_px[i], detection.score)
        whole[f"{base} + offset"] = PipelineAnswers(moved, stock_run.crops, detections)
    return whole


def _crop_precision(people: Sequence[Person], answers: Answers) -> dict[str, float | None]:
    """AP where every person's crop gives one detection, ranked by presence."""
    images: dict[str, tuple[list[Person], list[Detection], list[Person]]] = {}
    for i, person in enumerate(people):
        row = images.setdefault(str(person.image.path), ([], [], []))
        row[0].append(person)
        row[1].append(Detection(answers.points_px[i], float(answers.score[i])))
    return average_precision(list(images.values()))


def _pipeline_precision(sets: Sequence[Dataset], run: PipelineAnswers) -> dict[str, float | None]:
    """AP of the whole pipeline; people that are not scored neither help nor harm."""
    rows: list[tuple[list[Person], list[Detection], list[Person]]] = []
    position = 0
    for dataset in sets:
        of_image: dict[str, list[Person]] = {}
        for person in dataset.people:
            of_image.setdefault(str(person.image.path), []).append(person)
        for image in dataset.images:
            here = of_image.get(str(image.path), [])
            rows.append(
                (
                    [p for p in here if scorable(p)],
                    run.detections[position],
                    [p for p in here if not scorable(p)],
                )
            )
            position += 1
    return average_precision(rows)


def _count(items: Any) -> dict[str, int]:
    counts: dict[str, int] = {}
    for item in items:
        counts[item] = counts.get(item, 0) + 1
    return counts
