"""What a job can do with a picture: predict, label, teach, eval. Each is a function from pixels to rows, and a schema."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from posetune import stock
from posetune.data.answers import crop_answers
from posetune.data.dataset import load_dataset
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.data.reviewed import seen
from posetune.data.teacher import pseudo_labels
from posetune.errors import PosetuneError
from posetune.graph.points import has_own_points
from posetune.label.prelabel import found_in, proposals
from posetune.measure.metrics import scorable
from posetune.measure.pipeline import pipeline_answers
from posetune.runtime import batch
from posetune.runtime.landmarker import Landmarker
from posetune.scale.job import Job
from posetune.scale.plan import Item
from posetune.scale.rows import ANSWERS, LESSONS, POSES, PRELABELS, values_of

#: The people in a picture (H, W, 3) uint8 RGB as rows' values.
Look = Callable[[Landmarker, np.ndarray, Item], Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Task:
    """``schema``: of its rows; ``table``: the merged result's name; ``beside``: that of the other file that merging writes;
    ``videos``: whether it takes them; ``look``: what makes its Look.
    """

    schema: pa.Schema
    table: str
    beside: str
    videos: bool
    look: Callable[[Job, batch.Options], Look]


def _predict(job: Job, options: batch.Options) -> Look:
    return lambda landmarker, rgb, item: [values_of(pose) for pose in options.predict(landmarker, rgb, item.file)]


def _label(job: Job, options: batch.Options) -> Look:
    """Prelabels as ``posetune label`` makes them, of all pictures."""
    _check_points(options)

    def look(landmarker: Landmarker, rgb: np.ndarray, item: Item) -> Sequence[Mapping[str, Any]]:
        found = proposals(landmarker, rgb, found_in(landmarker, rgb, options.max_people, options.tiles))
        return [
            {"score": one.score, "keypoints": one.keypoints.ravel(), "outside": one.outside.ravel(),
             "confidence": one.confidence}
            for one in found
        ]  # fmt: skip

    return look


def _teach(job: Job, options: batch.Options) -> Look:
    """What a teacher says of everybody in several views, sure or not."""
    _check_points(options)

    def look(landmarker: Landmarker, rgb: np.ndarray, item: Item) -> Sequence[Mapping[str, Any]]:
        image = ImageRecord(item.uri, Path(item.uri), rgb.shape[1], rgb.shape[0], item.file)
        crops = [(image, pose.crop) for pose in options.predict(landmarker, rgb, item.file)]
        said = pseudo_labels(landmarker, crops, lambda _: rgb)
        return [
            {"score": float(said.score[i]), "points_px": said.points_px[i].ravel(), "trust": said.trust[i],
             "spread": said.spread[i], "crop": [crop.cx, crop.cy, crop.side, crop.angle]}
            for i, (_, crop) in enumerate(crops)
        ]  # fmt: skip

    return look


def _check_points(options: batch.Options) -> None:
    if has_own_points(stock.resolve(options.model).landmarks):
        raise PosetuneError("A network with points of its own labels and teaches nothing: MediaPipe's 33 are wanted.")


def _eval(job: Job, options: batch.Options) -> Look:
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


TASKS = {
    "predict": Task(POSES, "predictions.parquet", "predictions.json", True, _predict),
    "label": Task(PRELABELS, "labels.parquet", "labels.json", False, _label),
    "teach": Task(LESSONS, "lessons.parquet", "labels.json", False, _teach),
    "eval": Task(ANSWERS, "answers.parquet", "evaluation.json", False, _eval),
}
