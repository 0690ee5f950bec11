"""The pipeline protocol: whole images through detector and landmarks, as a user runs them, and who was
found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from posetune.data.answers import Answers
from posetune.data.found import match_found
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.geometry import Crop
from posetune.landmarks import LEFT_HIP, RIGHT_HIP
from posetune.measure.detection import MOST_PEOPLE, DetectionTally, Labelled, unsure
from posetune.measure.metrics import scorable
from posetune.measure.offset import add_offsets
from posetune.measure.oks import Detection, average_precision
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.pose import Pose
from posetune.runtime.tiles import Tiles
from posetune.skeleton import BLAZEPOSE


@dataclass(frozen=True, eq=False)
class PipelineAnswers:
    """What the whole pipeline gave: ``answers`` for N people (NaN where missed), the ``crops`` that those
    came from (N),
    and all ``detections`` of each image, in the order of the images. ``tally``: who was found, counted.
    """

    answers: Answers
    crops: list[Crop | None]
    detections: list[list[Detection]]
    tally: DetectionTally | None = None


def pipeline_answers(
    networks: Mapping[str, Landmarker],
    images: Sequence[ImageRecord],
    people: Sequence[Person],
    others: Sequence[Person],
    *,
    tiles: Tiles | None = None,
    progress: Callable[[int], None] | None = None,
) -> dict[str, PipelineAnswers]:
    """Run every network on every image and match its poses to ``people``, all of whom are scorable.

    ``others``: labelled as well, but not scored. As many people are looked for in an image as its labels tell of, at least one;
    who is found besides is counted only. ``tiles``: where else than at the whole image is looked.
    ``progress`` is called with the number of images done.
    """
    skeleton = people[0].skeleton if people else BLAZEPOSE
    results = {
        n: PipelineAnswers(Answers.empty(len(people), skeleton.count), [None] * len(people), [], DetectionTally())
        for n in networks
    }
    of_image: dict[str, list[int]] = {}
    for i, person in enumerate(people):
        of_image.setdefault(str(person.image.path), []).append(i)
    others_in: dict[str, list[Person]] = {}
    for person in others:
        others_in.setdefault(str(person.image.path), []).append(person)
    for done, image in enumerate(images, 1):
        rgb = image.read()
        indices, beside = of_image.get(str(image.path), []), others_in.get(str(image.path), [])
        labelled = Labelled.of([people[i] for i in indices], beside, (rgb.shape[1], rgb.shape[0]))
        wanted = max(1, len(indices) + len(beside))
        for name, network in networks.items():
            detections = network.detect(rgb, tiles)
            result = results[name]
            if tiles is not None:
                every = network.distinct_poses(rgb, detections, MOST_PEOPLE)
                poses = every[:wanted]
            else:
                poses = network.poses_of(rgb, detections[:wanted])
                every = [*poses, *network.poses_of(rgb, detections[wanted:MOST_PEOPLE])]
            if result.tally is not None:
                hips = np.array([_mid_hip(p) for p in every]).reshape(-1, 2)
                result.tally.add(labelled, every, hips, unsure(network, rgb, tiles))
            found = [skeleton.taken_from(p.skeleton, p.landmarks_px).astype(np.float64) for p in poses]
            result.detections.append([Detection(points, p.score) for points, p in zip(found, poses, strict=True)])
            for i, pose in zip(indices, match([people[i] for i in indices], poses), strict=True):
                if pose is not None:
                    result.answers.put(i, pose, skeleton)
                    result.crops[i] = pose.crop
        if progress is not None:
            progress(done)
    return results


def _mid_hip(pose: Pose) -> np.ndarray:
    """(2,) image px; of a network without hips among its points, the hip centre that steers the tracking."""
    hips = pose.skeleton.to_body(pose.landmarks_px, np.nan)[[LEFT_HIP, RIGHT_HIP], :2].mean(axis=0)
    return hips if np.isfinite(hips).all() else pose.auxiliary_px[0, :2]


def match(people: Sequence[Person], poses: Sequence[Pose]) -> list[Pose | None]:
    """The pose of each person, or None for those that were missed. A pose serves one person; the nearest
    pairs first.
    """
    if not people or not poses:
        return [None] * len(people)
    labelled = Labelled.of(people, (), (1, 1))
    found = match_found(labelled.hips, labelled.torsos, np.array([_mid_hip(p) for p in poses]))
    return [poses[k] if k >= 0 else None for k in found.person]


def with_offsets(
    run: PipelineAnswers, offsets: np.ndarray, images: Sequence[ImageRecord], people: Sequence[Person]
) -> PipelineAnswers:
    """``run`` with constant offsets added to the answers of ``people``.

    Detections move with their person; one that belongs to nobody cannot turn right by a small shift.
    """
    moved = add_offsets(run.answers, run.crops, offsets)
    detections = [list(d) for d in run.detections]
    position = {str(image.path): i for i, image in enumerate(images)}
    for i, person in enumerate(people):
        if run.crops[i] is not None:
            row = detections[position[str(person.image.path)]]
            for j, detection in enumerate(row):
                if np.array_equal(detection.points_px, run.answers.points_px[i], equal_nan=True):
                    row[j] = Detection(moved.points_px[i], detection.score)
    return PipelineAnswers(moved, run.crops, detections)


def precision(sets: Sequence[Dataset], run: PipelineAnswers) -> dict[str, float | None]:
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
