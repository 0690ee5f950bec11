"""What a job with ``--what eval`` measures on, and what it does with a picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from posetune.data.answers import crop_answers
from posetune.data.dataset import load_dataset
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.data.reviewed import seen
from posetune.errors import PosetuneError
from posetune.measure.metrics import scorable
from posetune.measure.pipeline import pipeline_answers
from posetune.runtime import batch
from posetune.runtime.landmarker import Landmarker
from posetune.scale.job import Job
from posetune.scale.plan import Item
from posetune.scale.rows import Look


@dataclass(frozen=True, eq=False)
class Measured:
    """``people``: those of ``dataset`` who can be scored, in its order; ``of_image``, ``others``: an image's path → the numbers of
    its people, and its people who cannot.
    """

    dataset: Dataset
    people: tuple[Person, ...]
    of_image: Mapping[str, list[int]]
    others: Mapping[str, list[Person]]

    @classmethod
    def of(cls, job: Job) -> Measured:
        """Raises PosetuneError for bad data, or nobody to score."""
        if len(job.inputs) != 1:
            raise PosetuneError("--what eval measures on one data set: give its folder.")
        dataset = seen(load_dataset(job.inputs[0], job.split or "val"), lambda _: None)
        people = tuple(p for p in dataset.people if scorable(p))
        if not people:
            raise PosetuneError(f"Nobody in {dataset.name} can be scored: posetune eval says why.")
        of_image: dict[str, list[int]] = {}
        for number, person in enumerate(people):
            of_image.setdefault(str(person.image.path), []).append(number)
        others: dict[str, list[Person]] = {}
        for person in dataset.people:
            if not scorable(person):
                others.setdefault(str(person.image.path), []).append(person)
        return cls(dataset, people, of_image, others)

    def in_image(self, number: int) -> tuple[ImageRecord, list[int], list[Person]]:
        """An image of the set, the numbers of its people, and those who cannot be scored."""
        image = self.dataset.images[number]
        return image, self.of_image.get(str(image.path), []), self.others.get(str(image.path), [])

    def items(self) -> list[Item]:
        """What there is to look at: every image of the set."""
        return [Item(str(im.path), im.path.name, "image", n) for n, im in enumerate(self.dataset.images)]


def answer(job: Job, options: batch.Options) -> Look:
    """The answers on everybody in a labelled picture, by both protocols of ``posetune eval``."""
    measured = Measured.of(job)

    def look(landmarker: Landmarker, rgb: np.ndarray, item: Item) -> Sequence[Mapping[str, Any]]:
        image, numbers, others = measured.in_image(item.start)
        people = [measured.people[n] for n in numbers]
        crops = crop_answers({"": landmarker}, people)[""]
        whole = pipeline_answers({"": landmarker}, [image], people, others, tiles=options.tiles)[""]
        rows = [_row("crop", n, crops.points_px[i], crops.world[i], crops.visibility[i], crops.score[i])
                for i, n in enumerate(numbers)]  # fmt: skip
        found = whole.answers
        for detection in whole.detections[0]:
            mine = [
                i
                for i in range(len(numbers))
                if np.array_equal(found.points_px[i], detection.points_px, equal_nan=True)
            ]
            label = numbers[mine[0]] if mine else None
            world, visibility = (found.world[mine[0]], found.visibility[mine[0]]) if mine else (None, None)
            rows.append(_row("pipeline", label, detection.points_px, world, visibility, detection.score))
        return rows

    return look


def _row(protocol: str, label: int | None, points: Any, world: Any, visibility: Any, score: float) -> dict[str, Any]:
    return {
        "protocol": protocol, "label": label, "score": float(score), "landmarks_px": points.ravel(),
        "world": None if world is None else world.ravel(), "visibility": visibility,
    }  # fmt: skip
