"""Corrections as labelled people, with their pictures in a folder for as long as a pass runs; and how networks err on them."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from posetune.data.answers import Answers, crop_answers
from posetune.data.people import ImageRecord, Person
from posetune.errors import PosetuneError
from posetune.files import write_bytes
from posetune.measure.metrics import Labels, in_crop_px, point_errors
from posetune.progress import Say
from posetune.runtime.landmarker import Landmarker
from posetune.store.correction import Correction
from posetune.store.corrections import Corrections
from posetune.store.sets import people_of


def labelled(
    units: Sequence[Correction], store: Corrections, folder: Path, say: Say = lambda text: None
) -> list[tuple[Correction, Person]]:
    """Each correction with the person that it labels; pictures are written to ``folder``. Those whose picture is damaged are left
    out, and said; they stay in the store.
    """
    people = people_of([unit.without_held() for unit in units], folder).people
    images: dict[str, ImageRecord | None] = {}
    found: list[tuple[Correction, Person]] = []
    for unit, person in zip(units, people, strict=True):
        if unit.image not in images:
            images[unit.image] = _placed(unit, person.image, store, folder, say)
        image = images[unit.image]
        if image is not None:
            found.append((unit, dataclasses.replace(person, id=len(found) + 1, image=image)))
    return found


def _placed(unit: Correction, image: ImageRecord, store: Corrections, folder: Path, say: Say) -> ImageRecord | None:
    path = folder / f"{unit.image}{unit.suffix}"
    try:
        write_bytes(path, store.picture(unit))
    except PosetuneError as error:
        say(f"A correction is left out: {error}")
        return None
    return dataclasses.replace(image, path=path, group=group_of(unit))


def group_of(unit: Correction) -> str:
    """What a correction shares a scene or a video with; a name that says nothing of the scene."""
    return f"store-{hashlib.sha256(unit.scene.encode()).hexdigest()[:16]}"


def errors_by(
    networks: Mapping[str, Landmarker], people: Sequence[Person], progress: Callable[[int], None] | None = None
) -> dict[str, np.ndarray]:
    """Name of a network → (N,) its error on each person, px of the 256 px crop; all of them are scorable (``measure.metrics``)."""
    return {name: errors_of(found, people) for name, found in crop_answers(networks, people, progress=progress).items()}


def errors_of(answers: Answers, people: Sequence[Person]) -> np.ndarray:
    """(N,) mean error of each person, px of the 256 px crop, over their labelled points."""
    labels = Labels.of(people)
    errors = in_crop_px(point_errors(answers.points_px, labels), labels)
    return np.asarray(np.nanmean(errors, axis=1))
