"""People whom the detector sees and nobody labelled: in pictures of several, some are forgotten."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from posetune.data.checks.finding import Finding
from posetune.data.found import region_of
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.errors import PosetuneError
from posetune.geometry import SMALLEST_TORSO, torso_px
from posetune.landmarks import COUNT
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.pose import Pose

#: Somebody is labelled if what was found overlaps a label's box by so much (intersection over union), …
_OVERLAP = 0.3
#: … or lies within one to so large a part, as somebody does whose legs alone were found, …
_WITHIN = 0.6
#: … or the points that are labelled lie so near, the mean in torsos: boxes around few points are small.
_NEAR = 0.75
#: Scores of the detector and of the landmark network from which on it is a person, and no coat.
_LEAST_SCORE = 0.7
#: People smaller than this share of the smallest one labelled in the set were left out on purpose.
_SMALLER = 0.5
#: So many more than are labelled are looked for.
_MORE = 3


def unlabelled_people(
    dataset: Dataset, landmarker: Landmarker, progress: Callable[[int], None] | None = None
) -> list[Finding]:
    """Whom ``landmarker`` finds and no label tells of. ``progress`` is called with the images done.

    Images that cannot be read are passed over.
    """
    labelled: dict[int, list[Person]] = {}
    for person in dataset.people:
        labelled.setdefault(id(person.image), []).append(person)
    torsos = [p.torso for p in dataset.usable if np.isfinite(p.torso)]
    least = max(SMALLEST_TORSO, _SMALLER * min(torsos, default=0.0))
    findings: list[Finding] = []
    for done, image in enumerate(dataset.images, 1):
        people = labelled.get(id(image), [])
        try:
            rgb = image.read()
        except PosetuneError:
            pass
        else:
            findings += _found_in(image, people, landmarker.predict(rgb, len(people) + _MORE), least)
        if progress is not None:
            progress(done)
    return [f.of_split(dataset.name) for f in findings]


def _found_in(image: ImageRecord, people: Sequence[Person], poses: Sequence[Pose], least: float) -> Iterator[Finding]:
    regions = [r for r in map(region_of, people) if r is not None]
    for pose in poses:
        box = _box_of(pose, image)
        score = float(min(pose.score, pose.detection_score))
        torso = torso_px(pose.landmarks_px[:COUNT], np.ones(COUNT, bool))
        if score < _LEAST_SCORE or torso < least or any(_overlaps(box, region) for region in regions):
            continue
        if any(_lies_on(pose.landmarks_px[:COUNT, :2], torso, person) for person in people):
            continue
        x0, y0, x1, y1 = box
        text = f"{image.path.name}: a person at {x0:.0f}, {y0:.0f} … {x1:.0f}, {y1:.0f} px whom nobody labelled"
        # Posters and mirrors score high, too: never as good as sure.
        yield Finding(
            "unlabelled_person",
            text,
            0.5 + 0.4 * (score - _LEAST_SCORE) / (1 - _LEAST_SCORE),
            image=image,
            box=np.array([x0, y0, x1 - x0, y1 - y0]),
        )


def _lies_on(points: np.ndarray, torso: float, person: Person) -> bool:
    """Whether the labelled points of ``person`` are those found, (33, 2) image px."""
    labelled = person.labelled
    apart = np.linalg.norm(points - person.keypoints[:, :2], axis=1)[labelled]
    return bool(labelled.any() and apart.mean() <= _NEAR * torso)


def _box_of(pose: Pose, image: ImageRecord) -> np.ndarray:
    """(4,) x0, y0, x1, y1, image px: the hull of the points, within the picture."""
    size = (image.width or np.inf, image.height or np.inf)
    points = np.clip(pose.landmarks_px[:COUNT, :2].astype(float), 0, size)
    return np.concatenate([points.min(axis=0), points.max(axis=0)])


def _overlaps(box: np.ndarray, region: np.ndarray) -> bool:
    width, height = np.minimum(box[2:], region[2:]) - np.maximum(box[:2], region[:2])
    if width <= 0 or height <= 0:
        return False
    common = width * height
    own, other = np.prod(box[2:] - box[:2]), np.prod(region[2:] - region[:2])
    return bool(common >= _OVERLAP * (own + other - common) or common >= _WITHIN * own)
