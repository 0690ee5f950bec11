"""From the user's folder to subjects with the labels' own points."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from posetune.data.dataset import Dataset, has_split, keep_for_validation, load_dataset, warnings_of
from posetune.data.detector_crops import people_without_crops, with_seen_crops
from posetune.data.people import Person
from posetune.data.reviewed import labels_seen
from posetune.data.rulings import Rulings
from posetune.data.suspects import find_suspects
from posetune.errors import PosetuneError
from posetune.progress import Reporter, Say
from posetune.runtime.landmarker import Landmarker
from posetune.skeleton import BLAZEPOSE, Skeleton
from posetune.tune.config import TrainConfig
from posetune.tune.people.collect import Material, record_split
from posetune.tune.people.label_trust import DISTRUSTED, asked
from posetune.tune.people.labelled import believed, ruled, trainable_people, validation_subjects
from posetune.tune.people.replay import prepare_pool, replay_subjects
from posetune.tune.people.samples import Subject, subject_of

if TYPE_CHECKING:
    from posetune.tune.session import Session

#: A point with fewer labels than this cannot be learnt; it is left out of the new head.
FEWEST_LABELS = 5


def collect_points(session: Session) -> tuple[Skeleton, Material]:
    """Everybody that a run needs, in the labels' points that can be learnt, which the skeleton names.

    Raises PosetuneError if nobody in the data can be used.
    """
    config, networks, report = session.config, session.networks, session.report
    if config.use_prelabels:
        raise PosetuneError("Prelabels have MediaPipe's 33 points, and this head others; leave out --use-prelabels.")
    prepare_pool(config)
    landmarker = Landmarker(networks.landmarks, networks.detector)
    train, val = _splits(config, landmarker, report)
    kept = _learnable(train, report.say)
    people = {"train": trainable_people(train), "val": trainable_people(val)}
    for name, found in people.items():
        if not found:
            raise PosetuneError(
                f"{train.name if name == 'train' else val.name} has nobody to use: no crop could be found for them; "
                "label hips and shoulders, or whole people that a detector can see."
            )
    chosen = validation_subjects(val, config.val_people, config.seed)
    trust = _trust(train, people["train"], landmarker, report) if config.suspects else None
    subjects = [_only(subject_of(p, None if trust is None else trust[i]), kept) for i, p in enumerate(people["train"])]
    record_split(session, [s.image for s in subjects], [p.image for p in val.usable], train.root)
    replay = replay_subjects(config, networks, subjects, report)
    skeleton = _subset(train.skeleton, kept)
    report.say(f"A head for {skeleton.count} points: {', '.join(skeleton.names)}.")
    report.say(f"Training on {len(subjects)} people, choosing on {len(chosen)}.")
    return skeleton, Material(subjects, [_only(s, kept) for s in chosen], [_unknown(s, skeleton) for s in replay])


def _unknown(subject: Subject, skeleton: Skeleton) -> Subject:
    """Somebody of whom none of the points is known."""
    nothing = np.zeros(skeleton.count, np.float32)
    return dataclasses.replace(
        subject, keypoints=np.zeros((skeleton.count, 2)), weight=nothing, visible=nothing * np.nan, world=None,
        flip=skeleton.flip,
    )  # fmt: skip


def labels_other_points(config: TrainConfig) -> bool:
    """Whether one of the labelled points of the training split is none of the 33."""
    train = load_dataset(Path(config.data or ""), config.train_split, native=True)
    labelled = train.labelled_landmarks
    return any(labelled[i] and i not in train.skeleton.body for i in range(train.skeleton.count))


def _splits(config: TrainConfig, landmarker: Landmarker, report: Reporter) -> tuple[Dataset, Dataset]:
    """Train and val in their own points, with crops; where there is no val, whole groups of train are split off."""
    data = Path(config.data or "")

    def load(split: str) -> Dataset:
        dataset = labels_seen(load_dataset(data, split, native=True), report.say)
        dataset = believed(dataset, landmarker, config, report)
        return ruled(_with_crops(dataset, landmarker, report), report.say)

    train = load(config.train_split)
    if has_split(data, config.val_split):
        val = load(config.val_split)
        if not val.skeleton.same_points(train.skeleton):
            raise PosetuneError(
                f"{val.name} has other keypoints than {train.name}: {', '.join(val.skeleton.names)}; give both the "
                "same list of names in the same order."
            )
    else:
        train, val, how = keep_for_validation(train, config.val_share, config.seed)
        report.say(f"No split '{config.val_split}': {len(val.usable)} people, {how}, are kept for validation.")
    for warning in warnings_of(train, val):
        report.say(warning)
    return train, val


def _with_crops(dataset: Dataset, landmarker: Landmarker, report: Reporter) -> Dataset:
    wanting = len(people_without_crops(dataset))
    if not wanting:
        return dataset
    report.say(
        f"{dataset.name}: the labels of {wanting} people imply no crop of the whole person; the detector looks for them."
    )
    with report.counting("images, people looked for") as counter:
        dataset, lost = with_seen_crops(dataset, landmarker, counter.at)
    if lost:
        report.say(
            f"{dataset.name}: {lost} of them were not found; without labelled hips and shoulders they are left out."
        )
    return dataset


def _learnable(train: Dataset, say: Say) -> np.ndarray:
    """(k,) the positions of the points that have enough labels; a pair stays or goes together."""
    counts = np.sum([p.labelled for p in trainable_people(train)] or [np.zeros(train.skeleton.count, bool)], axis=0)
    enough = counts >= FEWEST_LABELS
    enough |= enough[train.skeleton.flip]
    if not enough.any():
        raise PosetuneError(f"{train.name}: no keypoint has {FEWEST_LABELS} labels; label more people.")
    if not enough.all():
        names = ", ".join(n for n, good in zip(train.skeleton.names, enough, strict=True) if not good)
        say(f"Left out, with fewer than {FEWEST_LABELS} labels: {names}.")
    return np.flatnonzero(enough)


def _subset(skeleton: Skeleton, kept: np.ndarray) -> Skeleton:
    if len(kept) == skeleton.count:
        return skeleton
    place = {int(old): new for new, old in enumerate(kept)}
    return Skeleton(
        tuple(skeleton.names[i] for i in kept),
        tuple((place[a], place[b]) for a, b in skeleton.edges if a in place and b in place),
        np.array([place[int(skeleton.flip[i])] for i in kept]),
        skeleton.sigmas[kept],
    )


def _only(subject: Subject, kept: np.ndarray) -> Subject:
    if len(kept) == len(subject.weight):
        return subject
    place = {int(old): new for new, old in enumerate(kept)}
    return dataclasses.replace(
        subject, keypoints=subject.keypoints[kept], weight=subject.weight[kept], visible=subject.visible[kept],
        flip=np.array([place[int(subject.flip[i])] for i in kept]),
    )  # fmt: skip


def _trust(train: Dataset, people: Sequence[Person], landmarker: Landmarker, report: Reporter) -> np.ndarray:
    """(N, K) how far each label is trusted: what is among the 33 is judged as always, the rest is believed.

    Where all of a person's sides look exchanged, the sides of the other points are not believed either.
    """
    skeleton = train.skeleton
    weights = np.ones((len(people), skeleton.count), np.float32)
    body = tuple(_as_body(p) for p in people)
    judged = [i for i, p in enumerate(body) if p.crop is not None]
    judged_set = dataclasses.replace(train, people=tuple(body[i] for i in judged))
    if not judged or not skeleton.body:
        return weights
    place = {people[i].id: i for i in judged}
    back = {landmark: position for position, landmark in skeleton.body.items()}
    rulings = Rulings.beside(train.root)
    suspects = rulings.without_kept(judged_set, find_suspects(judged_set, asked(judged_set, landmarker, report)))
    for suspect in suspects:
        row = place[suspect.person_id]
        weights[row, [back[i] for i in suspect.landmarks if i in back]] = DISTRUSTED
        if suspect.kind == "swap_all":
            weights[row, [i for i in range(skeleton.count) if skeleton.flip[i] != i]] = DISTRUSTED
    if suspects:
        swaps = sum(s.kind != "point" for s in suspects)
        report.say(
            f"Suspects among the labels, set aside in training: {swaps} people with left and right exchanged, "
            f"{len(suspects) - swaps} single points; posetune data check --rule lists them."
        )
    return weights


def _as_body(person: Person) -> Person:
    """The same person in the 33."""
    return dataclasses.replace(person, keypoints=person.skeleton.to_body(person.keypoints), keypoints_3d=None,
                               skeleton=BLAZEPOSE)  # fmt: skip
