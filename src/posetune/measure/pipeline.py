"""The pipeline protocol: whole images through detector and landmarks, as a user runs them, and who was
found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from posetune.data.answers import Answers
from posetune.data.people import ImageRecord, Person
from posetune.geometry import Crop
from posetune.landmarks import LEFT_HIP, RIGHT_HIP
from posetune.measure.oks import Detection
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.pose import Pose
from posetune.skeleton import BLAZEPOSE

#: A pose belongs to a labelled person if its mid-hip is within this many torsos of the label's.
FOUND_WITHIN_TORSOS = 1.5


@dataclass(frozen=True, eq=False)
class PipelineAnswers:
    """What the whole pipeline gave: ``answers`` for N people (NaN where missed), the ``crops`` that those
    came from (N),
    and all ``detections`` of each image, in the order of the images.
    """

    answers: Answers
    crops: list[Crop | None]
    detections: list[list[Detection]]


def pipeline_answers(
    networks: Mapping[str, Landmarker],
    images: Sequence[ImageRecord],
    people: Sequence[Person],
    crowd: Mapping[str, int],
    *,
    progress: Callable[[int], None] | None = None,
) -> dict[str, PipelineAnswers]:
    """Run every network on every image and match its poses to ``people``, all of whom are scorable.

    ``crowd``: image path → how many people its labels tell of, ignored ones too: as many are looked for, at
    least one. ``progress`` is called with the number of images done.
    """
    skeleton = people[0].skeleton if people else BLAZEPOSE
    results = {
        n: PipelineAnswers(Answers.empty(len(people), skeleton.count), [None] * len(people), []) for n in networks
    }
    of_image: dict[str, list[int]] = {}
    for i, person in enumerate(people):
        of_image.setdefault(str(person.image.path), []).append(i)
    for done, image in enumerate(images, 1):
        rgb = image.read()
        indices = of_image.get(str(image.path), [])
        for name, network in networks.items():
            poses = network.predict(rgb, max_people=max(1, crowd.get(str(image.path), 0)))
            result = results[name]
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
    found: list[Pose | None] = [None] * len(people)
    if not people or not poses:
        return found
    hips = np.array([_mid_hip(p) for p in poses])
    labelled = np.array([(p.crop.cx, p.crop.cy) if p.crop else (np.nan, np.nan) for p in people])
    torsos = np.array([p.torso for p in people])
    if np.isnan(torsos).any():  # no hips or shoulders among the labels: about a fifth of the crop is a torso
        torsos = np.where(np.isnan(torsos), [p.crop.side / 5 if p.crop else np.nan for p in people], torsos)
    distance = np.linalg.norm(labelled[:, None] - hips[None], axis=-1) / torsos[:, None]
    for flat in np.argsort(distance, axis=None):
        person, pose = np.unravel_index(flat, distance.shape)
        if not distance[person, pose] <= FOUND_WITHIN_TORSOS:
            break
        if found[person] is None and not any(f is poses[pose] for f in found):
            found[person] = poses[pose]
    return found
