"""From the user's folder to subjects with the labels' own points."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from posetune.data.dataset import Dataset, has_split, keep_for_validation, load_dataset, warnings_of
from posetune.data.detector_crops import people_without_crops, with_seen_crops
from posetune.data.people import Person
from posetune.data.rulings import Rulings
from posetune.data.suspects import find_suspects, network_answers
from posetune.errors import PosetuneError
from posetune.runtime.landmarker import Landmarker
from posetune.skeleton import BLAZEPOSE, Skeleton
from posetune.tune.config import TrainConfig
from posetune.tune.people.collect import believed, record_split, replay_subjects, ruled, validation_subjects, worth
from posetune.tune.people.label_trust import DISTRUSTED
from posetune.tune.people.samples import Subject, subject_of

Say = Callable[[str], None]
#: A point with fewer labels than this cannot be learnt; it is left out of the new head.
FEWEST_LABELS = 5


@dataclasses.dataclass(frozen=True, eq=False)
class Material:
    """What a run learns from, chooses on, and is held by; all subjects have the points of ``skeleton``."""

    skeleton: Skeleton
    train: list[Subject]
    val: list[Subject]
    replay: list[Subject]


def gather(config: TrainConfig, landmarks: bytes, detector: bytes, folder: Path, say: Say) -> Material:
    """Everything that a run needs. ``landmarks``, ``detector``: the base networks. ``folder``: of the run.

    Raises PosetuneError if nobody in the data can be used.
    """
    landmarker = Landmarker(landmarks, detector)
    train, val = _splits(config, landmarker, say)
    kept = _learnable(train, say)
    people = {"train": worth(train), "val": worth(val)}
    for name, found in people.items():
        if not found:
            raise PosetuneError(
                f"{train.name if name == 'train' else val.name} has nobody to use: no crop could be found for them; "
                "label hips and shoulders, or whole people that a detector can see."
            )
    chosen = validation_subjects(val, config.val_people, config.seed)
    trust = _trust(train, people["train"], landmarker, say) if config.suspects else None
    subjects = [_only(subject_of(p, None if trust is None else trust[i]), kept) for i, p in enumerate(people["train"])]
    record_split(config, [s.image for s in subjects], [p.image for p in val.usable], train.root, folder)
    replay = replay_subjects(config, landmarks, detector, 0, say)
    skeleton = _subset(train.skeleton, kept)
    say(f"A head for {skeleton.count} points: {', '.join(skeleton.names)}.")
    say(f"Training on {len(subjects)} people, choosing on {len(chosen)}.")
    nothing = np.zeros(skeleton.count, np.float32)
    return Material(
        skeleton,
        subjects,
        [_only(s, kept) for s in chosen],
        [
            dataclasses.replace(
                s, keypoints=np.zeros((skeleton.count, 2)), weight=nothing, visible=nothing * np.nan, world=None,
                flip=skeleton.flip,
            )
            for s in replay
        ],
    )  # fmt: skip


def has_own_names(config: TrainConfig) -> bool:
    """Whether one of the labelled points of the training split is none of the 33."""
    train = load_dataset(Path(config.data or ""), config.train_split, native=True)
    labelled = train.labelled_landmarks
    return any(labelled[i] and i not in train.skeleton.body for i in range(train.skeleton.count))


def _splits(config: TrainConfig, landmarker: Landmarker, say: Say) -> tuple[Dataset, Dataset]:
    """Train and val in their own points, with crops; where there is no val, whole groups of train are split off."""
    data = Path(config.data or "")

    def load(split: str) -> Dataset:
        dataset = believed(load_dataset(data, split, native=True), landmarker, config)
        return ruled(_with_crops(dataset, landmarker, say), say)

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
        say(f"No split '{config.val_split}': {len(val.usable)} people, {how}, are kept for validation.")
    for warning in warnings_of(train, val):
        say(warning)
    return train, val


def _with_crops(dataset: Dataset, landmarker: Landmarker, say: Say) -> Dataset:
    wanting = len(people_without_crops(dataset))
    if not wanting:
        return dataset
    say(
        f"{dataset.name}: the labels of {wanting} people imply no crop of the whole person; the detector looks for them."
    )
    dataset, lost = with_seen_crops(dataset, landmarker)
    if lost:
        say(f"{dataset.name}: {lost} of them were not found; without labelled hips and shoulders they are left out.")
    return dataset


def _learnable(train: Dataset, say: Say) -> np.ndarray:
    """(k,) the positions of the points that have enough labels; a pair stays or goes together."""
    counts = np.sum([p.labelled for p in worth(train)] or [np.zeros(train.skeleton.count, bool)], axis=0)
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


def _trust(train: Dataset, people: Sequence[Person], landmarker: Landmarker, say: Say) -> np.ndarray:
    """(N, K) how far each label is trusted: what is among the 33 is judged as always, the rest is believed.

    Where all of a person's sides look exchanged, the sides of the other points are not believed either.
    """
    skeleton = train.skeleton
    weights = np.ones((len(people), skeleton.count), np.float32)
    body = tuple(_as_body(p) for p in people)
    judged = [i for i, p in enumerate(body) if p.crop is not None]
    asked = dataclasses.replace(train, people=tuple(body[i] for i in judged))
    if not judged or not skeleton.body:
        return weights
    place = {people[i].id: i for i in judged}
    back = {landmark: position for position, landmark in skeleton.body.items()}
    rulings = Rulings.beside(train.root)
    suspects = rulings.without_kept(asked, find_suspects(asked, network_answers(asked, {"base": landmarker})))
    for suspect in suspects:
        row = place[suspect.person_id]
        weights[row, [back[i] for i in suspect.landmarks if i in back]] = DISTRUSTED
        if suspect.kind == "swap_all":
            weights[row, [i for i in range(skeleton.count) if skeleton.flip[i] != i]] = DISTRUSTED
    if suspects:
        swaps = sum(s.kind != "point" for s in suspects)
        say(
            f"Suspects among the labels, set aside in training: {swaps} people with left and right exchanged, "
            f"{len(suspects) - swaps} single points; posetune data check lists them."
        )
    return weights


def _as_body(person: Person) -> Person:
    """The same person in the 33."""
    return dataclasses.replace(person, keypoints=person.skeleton.to_body(person.keypoints), keypoints_3d=None,
                               skeleton=BLAZEPOSE)  # fmt: skip
