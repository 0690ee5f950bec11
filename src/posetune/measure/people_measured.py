"""Whom networks are measured on, and what the networks know of them from training."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from posetune import stock
from posetune.data.dataset import Dataset, Person, find_splits, has_split, load_dataset
from posetune.data.detector_crops import completed, people_without_crops, with_seen_crops
from posetune.data.reviewed import labels_seen
from posetune.data.split_record import SplitRecord
from posetune.errors import PosetuneError
from posetune.landmarks import LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER
from posetune.measure.beside import Entry
from posetune.measure.metrics import SMALLEST_TORSO, scorable
from posetune.runtime.load import of_networks
from posetune.skeleton import BLAZEPOSE, Skeleton

#: How many people the constant offset is fitted on; more do not change a median.
OFFSET_PEOPLE = 400


@dataclass(frozen=True, eq=False)
class Chosen:
    """``sets``: a data set for each of ``splits``. ``held_out_by``: the runs of whose training they are the held-out part;
    empty where they are whole splits. ``rest``: of a split that was divided so, the part that is not measured.
    """

    sets: list[Dataset]
    splits: tuple[str, ...]
    held_out_by: tuple[str, ...] = ()
    rest: Dataset | None = None


def records_of(sources: Mapping[str, stock.Networks]) -> dict[str, SplitRecord]:
    """Name → what the run folder that a network lies in says it learned from; those that say nothing are left out."""
    found = {name: SplitRecord.of_run(source.path.parent) for name, source in sources.items()}
    return {name: record for name, record in found.items() if record is not None}


def choose(
    data: str | Path,
    split: str | Sequence[str] | None,
    records: Mapping[str, SplitRecord],
    *,
    images: str | Path | None,
    native: bool,
) -> Chosen:
    """The people of ``split`` (several with commas, or a sequence). None: those that the runs in ``records`` held out, in a
    split of their own or as a part of the one they were trained on; without such runs, those of val.

    A lone label file is all there is, and only what the runs held out of it, where they say so and no split is named.

    Prelabels that nobody has seen are never measured by (``data.reviewed``).

    Raises PosetuneError for unreadable data, and if nobody was held out.
    """

    def load(name: str) -> Dataset:
        notes: list[str] = []
        dataset = labels_seen(load_dataset(data, name, images=images, native=native), notes.append)
        return replace(dataset, warnings=(*dataset.warnings, *notes))

    if Path(data).is_file():
        whole = load(Path(data).stem)
        only = (Path(data).stem,)
        return (None if split is not None else _held_out(whole, only, records)) or Chosen([whole], only)
    if split is not None:
        names = [s.strip() for s in split.split(",") if s.strip()] if isinstance(split, str) else list(split)
        if not names:
            raise PosetuneError("Name a split to evaluate, for example --split val.")
        return Chosen([load(name) for name in names], tuple(names))
    there = find_splits(data)
    names = list(dict.fromkeys(record.val_split for record in records.values())) or ["val"]
    if all(has_split(data, name) for name in names):
        return Chosen([load(name) for name in names], tuple(names))
    trained = list(dict.fromkeys(record.train_split for record in records.values()))
    for name in (name for name in trained if has_split(data, name)):
        part = _held_out(load(name), (name,), records)
        if part is not None:
            return part
    missing = next(name for name in names if not has_split(data, name))
    why = f"and none of its people were held out by {', '.join(records)}" if records else "to measure on"
    raise PosetuneError(
        f"{data} has no split '{missing}' {why}; it has {', '.join(there)}. Name one that holds people whom training has not seen "
        "with --split."
    )


def _held_out(whole: Dataset, splits: tuple[str, ...], records: Mapping[str, SplitRecord]) -> Chosen | None:
    """The part of a set that every run held out; None if there is no such part."""
    held = np.ones(len(whole.people), bool)
    for record in records.values():
        held &= record.held_back(whole.people) & ~record.learned_from(whole.people)
    if not records or not held.any():
        return None
    kept = {id(person.image) for person, inside in zip(whole.people, held, strict=True) if inside}
    part = whole.keep(image for image in whole.images if id(image) in kept)
    rest = whole.keep(image for image in whole.images if id(image) not in kept)
    return Chosen([part], splits, tuple(records), rest)


def sets_with_crops(
    sets: list[Dataset], native: bool, threads: int | None, report: Callable[[str, int, int], None]
) -> list[Dataset]:
    """The sets with crops of the detector for people whose labels imply none. ``native``: of label files' own points."""
    return _with_crops(sets, report) if native else [_completed(s, threads) for s in sets]


def _completed(dataset: Dataset, threads: int | None) -> Dataset:
    """``dataset`` with the detector's crops where most labels imply none, as with upper bodies; said among its warnings."""
    notes: list[str] = []
    dataset = completed(dataset, of_networks(stock.resolve("full"), threads=threads), notes.append)
    return replace(dataset, warnings=(*dataset.warnings, *notes))


def _with_crops(sets: list[Dataset], report: Callable[[str, int, int], None]) -> list[Dataset]:
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


def offset_people(data: str | Path, images: str | Path | None, chosen: Chosen, skeleton: Skeleton) -> list[Person]:
    """Some people to fit the constant offset on, evenly chosen: of the train split, where that is not being measured, or of the
    rest of a split that was divided. None if there are none, or they cannot be read.
    """
    if chosen.rest is None and ("train" in chosen.splits or not Path(data).is_dir() or not has_split(data, "train")):
        return []
    try:
        train = chosen.rest or labels_seen(
            load_dataset(data, "train", images=images, native=skeleton is not BLAZEPOSE), lambda _: None
        )
    except PosetuneError:  # the split to measure is what matters; the offset can be fitted without train
        return []
    if not train.skeleton.same_points(skeleton):
        return []
    usable = [p for p in train.usable if scorable(p)]
    return usable[:: max(1, math.ceil(len(usable) / OFFSET_PEOPLE))]


def reason_left_out(person: Person) -> str:
    """Why a person is not scored, to stand behind a count of people; empty if the person is."""
    if scorable(person):
        return ""
    if person.ignore:
        return "marked to be ignored, as a crowd, or without any label"
    labelled = person.skeleton.to_body(person.keypoints)[:, 2] > 0
    for pair, what in (((LEFT_HIP, RIGHT_HIP), "hip"), ((LEFT_SHOULDER, RIGHT_SHOULDER), "shoulder")):
        if not labelled[list(pair)].any():
            return f"without a labelled {what}"
    if np.isnan(person.torso):
        return "with a shoulder and a hip of one side only"
    return f"with a torso of {SMALLEST_TORSO:g} px or less"


def counted_reasons(people: Iterable[Person]) -> str:
    """ "3 without a labelled hip, 1 with a torso of 10 px or less": why some of ``people`` are not scored."""
    counts = Counter(filter(None, map(reason_left_out, people)))
    return ", ".join(f"{count} {reason}" for reason, count in counts.most_common())


def with_training(
    entries: Sequence[Entry], people: Sequence[Person], records: Mapping[str, SplitRecord]
) -> list[Entry]:
    """The same entries, each model's with how many of ``people`` it was trained and chosen on."""
    return [
        entry
        if entry.name not in records
        else replace(
            entry,
            trained_on=int(records[entry.name].learned_from(people).sum()),
            chosen_on=int(records[entry.name].held_back(people).sum()),
        )
        for entry in entries
    ]


def training_sentence(entry: Entry, people: int) -> str:
    """That a network was trained on some of the ``people`` measured; empty if it was not, or if that is not known."""
    if not entry.trained_on:
        return ""
    if entry.trained_on == people:
        return (
            f"{entry.name} was trained on all of these {people} people: its figures say how well it learned them, not how good "
            "it is on people it has not seen."
        )
    return (
        f"{entry.name} was trained on {entry.trained_on} of these {people} people: its figures are no measure of how good it is "
        "on people it has not seen."
    )


def training_notes(entries: Sequence[Entry], people: int) -> list[str]:
    """What else is to be said of what the models know of the ``people`` measured, a sentence each."""
    unknown = [e.name for e in entries if e.kind == "model" and e.trained_on is None]
    notes = []
    if unknown:
        notes.append(
            f"Whether {' and '.join(unknown)} learned from some of these people is not known: no split.json lies beside "
            f"{'it' if len(unknown) == 1 else 'them'} (a run of an earlier version, or a file by itself)."
        )
    for count in dict.fromkeys(e.chosen_on for e in entries if e.chosen_on):
        names = [e.name for e in entries if e.chosen_on == count]
        those, its = ("it was", "its") if len(names) == 1 else ("they were", "their")
        notes.append(
            f"{' and '.join(names)} held {'these' if count == people else f'{count} of these {people}'} people out of training, "
            f"and {those} chosen on them: on people that no run has looked at {its} figures may be a little worse."
        )
    return notes
