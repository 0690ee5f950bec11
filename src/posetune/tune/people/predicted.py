"""Another program's predictions as pseudo-labels: a teacher that ran elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posetune.data.people import ImageRecord
from posetune.data.predictions import Predicted, Predictions
from posetune.data.teacher import PERSON_TRUST
from posetune.errors import PosetuneError
from posetune.geometry import SMALLEST_TORSO, crop_from_labels, torso_px
from posetune.landmarks import COUNT
from posetune.progress import Say
from posetune.tune.people.samples import Subject

#: A point of less confidence is a guess, which teaches nothing.
_GUESS = 0.3
_NOTHING = np.full(COUNT, np.nan, np.float32)


def predicted_subjects(predictions: Predictions, records: Sequence[ImageRecord], say: Say) -> list[Subject]:
    """The people whom ``predictions`` show in ``records``, each point trusted by its confidence. Left out are those without a
    hip and a shoulder, too small ones, and those of whom little is sure.

    Raises PosetuneError if nobody is left.
    """
    subjects: list[Subject] = []
    seen = 0
    for record in records:
        people = predictions.of(record.origin.source or record.path.as_posix(), record.origin.frame)
        seen += len(people)
        subjects += [s for person in people if (s := _subject(record, person)) is not None]
    if not subjects:
        raise PosetuneError(
            f"Of the people in {predictions.path}, {seen} are in the unlabelled images, and none can be learnt from: its entries "
            "name the images by file_name (of videos with frame), and a hip and a shoulder have to be sure."
        )
    say(f"Pseudo-labels: {len(subjects)} of {seen} people in {predictions.path}; the others are unsure or too small.")
    return subjects


def _subject(record: ImageRecord, person: Predicted) -> Subject | None:
    trust = np.nan_to_num(np.where(person.confidence < _GUESS, 0.0, person.confidence)).astype(np.float32)
    sure = trust > 0
    crop = crop_from_labels(person.points_px, sure)
    given = np.isfinite(person.confidence)
    if crop is None or trust[given].mean() < PERSON_TRUST or torso_px(person.points_px, sure) <= SMALLEST_TORSO:
        return None
    points = np.where(sure[:, None], person.points_px, 0.0)
    return Subject(record, crop, points, trust, _NOTHING, None, f"{record.path.name} (predictions)")
