"""Prelabels that nobody has seen, as subjects: a network's guesses, trusted as far as it trusted itself."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from posetune.data.dataset import Dataset, load_dataset
from posetune.data.people import Person
from posetune.data.reviewed import prelabelled
from posetune.progress import Say
from posetune.tune.config import TrainConfig
from posetune.tune.people.labelled import trainable_people
from posetune.tune.people.pseudo_labels import scaled
from posetune.tune.people.samples import Subject, subject_of, typical_labels

#: The trust in a point of whose confidence nothing is known.
_UNKNOWN = 0.5
#: A confidence below this is a guess, which teaches nothing.
_GUESS = 0.3


def prelabel_subjects(config: TrainConfig, val: Dataset, seen: Sequence[Subject], say: Say) -> list[Subject]:
    """The people of the train split whose prelabels nobody has seen, weighted as pseudo-labels: a point by its confidence, a
    person no more than a typical one of ``seen``. Not of a group of ``val``.
    """
    whole = load_dataset(Path(config.data or ""), config.train_split)
    groups = {image.group for image in val.images}
    people = trainable_people(prelabelled(whole, lambda image: image.group in groups))
    subjects = [subject_of(person, _trust(person)) for person in people]
    subjects = [s for s in subjects if s.weight.any()]
    say(f"Learning from {len(subjects)} people by prelabels that nobody has seen, weighted as pseudo-labels.")
    return scaled(subjects, typical_labels(seen)) if seen else subjects


def _trust(person: Person) -> np.ndarray:
    said = person.origin.confidence or (None,) * len(person.keypoints)
    confidence = np.array([_UNKNOWN if share is None else share for share in said], np.float32)
    return np.where(confidence < _GUESS, np.float32(0), confidence)
