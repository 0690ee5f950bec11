"""Labelled people: the splits of the user's set, who of them teaches something, and as subjects of a run."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np

from posetune.data.contradictions import find_contradiction, sample_of
from posetune.data.dataset import Dataset, load_train_and_val, warnings_of
from posetune.data.detector_crops import completed, why_no_crop
from posetune.data.people import Person
from posetune.data.rulings import FILE as RULINGS_FILE
from posetune.data.rulings import Rulings
from posetune.errors import PosetuneError
from posetune.geometry import SMALLEST_TORSO
from posetune.landmarks import NAMES
from posetune.progress import Reporter, Say
from posetune.runtime.landmarker import Landmarker
from posetune.stock import Networks
from posetune.tune.config import TrainConfig
from posetune.tune.people.label_trust import trust_of
from posetune.tune.people.samples import Subject, subject_of
from posetune.tune.people.second_look import Suspected


def believed(dataset: Dataset, landmarker: Landmarker, config: TrainConfig, report: Reporter) -> Dataset:
    """``dataset``, unless all its labels contradict ``landmarker``, the base, in a way that has a likely cause. Where a part of
    them does, that is said.

    Raises PosetuneError then, except with ``config.trust_labels``.
    """
    if config.trust_labels:
        return dataset
    with report.counting("people, labels compared with the base", len(sample_of(dataset))) as counter:
        found = find_contradiction(dataset, landmarker, Path(config.base).name, counter.at)
    if found is not None and found.in_part:
        report.say(f"{dataset.name}: {found.text} posetune data check {config.data} --sheet FILE.jpg shows whom.")
    elif found is not None:
        raise PosetuneError(
            f"{dataset.name}: {found.text} Correct the labels; or train on them as they are with --trust-labels "
            "(trust_labels: true)."
        )
    return dataset


def ruled(dataset: Dataset, say: Say) -> Dataset:
    """``dataset`` without the labels that its suspects.json rules to be wrong."""
    rulings = Rulings.beside(dataset.root)
    dropped, kept = rulings.count(dataset, "drop"), rulings.count(dataset, "keep")
    if dropped or kept:
        say(f"{dataset.name}: by {RULINGS_FILE}, suspected labels of {kept} people are kept and of {dropped} dropped.")
    return rulings.dropped(dataset)


def load_splits(config: TrainConfig, networks: Networks, report: Reporter) -> tuple[Dataset, Dataset]:
    """The sets to train on and to choose on. Where there is no ``val``, whole groups of train are split off. ``networks``: the
    base, which the labels are compared with, and whose detector gives crops where labels imply none.
    """
    data, say = Path(config.data or ""), report.say
    landmarker = Landmarker(networks.landmarks, networks.detector)

    def complete(dataset: Dataset) -> Dataset:
        return ruled(completed(believed(dataset, landmarker, config, report), landmarker, say), say)

    train, val = load_train_and_val(
        data, config.train_split, config.val_split, config.val_share, config.seed, say, complete
    )
    for warning in warnings_of(train, val):
        say(warning)
    for dataset in (train, val):
        if not trainable_people(dataset):
            raise PosetuneError(
                f"{dataset.name} has no person to use: {_why_nobody(dataset)}; posetune data check {config.data} says more."
            )
    if train.dropped_names:
        say(f"Points without a counterpart among the 33, left out: {', '.join(train.dropped_names)}.")
    known = [NAMES[i] for i in np.flatnonzero(train.labelled_landmarks)]
    learned, chosen = (len(trainable_people(dataset)) for dataset in (train, val))
    say(
        f"Training on {learned} people, choosing on {chosen}; {len(known)} of 33 points labelled; "
        "what has no label is held to the stock network's answer."
    )
    return train, val


def _why_nobody(dataset: Dataset) -> str:
    people = [p for p in dataset.people if not p.ignore]
    if not people and any(not p.origin.seen for p in dataset.people):
        return "all its labels are prelabels that nobody has seen, or were rejected"
    if people and any(p.crop is None for p in people):
        return (
            f"{why_no_crop(people)}, where a hip and a shoulder are needed, and the detector did not find them either"
        )
    return f"labels for a shoulder and a hip and a torso of more than {SMALLEST_TORSO:.0f} px are needed"


def trainable_people(dataset: Dataset) -> list[Person]:
    """The people that teach something: usable, and large enough."""
    # A torso that cannot be measured (one diagonal point missing) is no reason to leave someone out of training.
    return [p for p in dataset.usable if not p.torso <= SMALLEST_TORSO]


def validation_subjects(val: Dataset, most: int, seed: int) -> list[Subject]:
    """The people that the run looks at: those of the crop protocol, at most ``most``, chosen by ``seed``."""
    people = [p for p in val.usable if p.torso > SMALLEST_TORSO] or trainable_people(val)
    order = np.random.default_rng([seed, 3]).permutation(len(people))[:most]
    return [subject_of(people[i]) for i in sorted(order)]


def training_subjects(
    train: Dataset, networks: Networks, config: TrainConfig, report: Reporter
) -> tuple[list[Subject], Suspected | None]:
    """The people to learn from, with labels trusted as far as they deserve it; and those of them with suspected labels.
    ``networks``: whose contradiction makes a label suspect.
    """
    people = trainable_people(train)
    if not config.suspects:
        return [subject_of(p) for p in people], None
    train = dataclasses.replace(train, people=tuple(people))
    trust = trust_of(train, networks, report)
    return [subject_of(p, w) for p, w in zip(people, trust, strict=True)], Suspected.among(train, trust)
