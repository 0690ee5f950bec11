"""The run's own pictures, looked at where nobody's label tells anything: parts of people, people far away, bystanders, nobody.

On people as they are labelled, and on rendered ones, a network is sure that somebody is there; training on them alone moves its
word on whoever is hard to see, and it loses people (docs/lab/results/skill-and-forgetting.md). On these crops it is held to the
base in that word alone (presence): held to the points that the base gives for half a leg, it learned a quarter less.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from posetune.geometry import Crop
from posetune.tune.people.samples import Subject, unlabelled_subject

#: Shares of the crops: close to a labelled person (a part of the body fills it), and around one from afar; the rest lie anywhere.
_CLOSE, _FAR = 0.4, 0.3
#: The side of such crops in that of the person's own. Between them lies what labels teach, which must not be held.
_CLOSE_SIDES, _FAR_SIDES = (0.3, 0.6), (1.7, 3.0)
#: Of those that lie anywhere, in the longer side of the picture.
_ANYWHERE_SIDES = (0.2, 1.2)
#: A crop is a labelled person's own if its middle is nearer than this share of that one's side, and its side within this factor.
_NEAR, _ALIKE = 0.3, 1.6
_TURN_DEG = 15.0
_TRIES = 20


def surroundings(subjects: Sequence[Subject], count: int, seed: int) -> list[Subject]:
    """``count`` crops of the pictures of ``subjects``, none of them one that labels are learnt from; the pictures in turn.

    The same for the same seed. Fewer where a picture has no such place.
    """
    by_picture: dict[str, list[Subject]] = {}
    for subject in subjects:
        by_picture.setdefault(str(subject.image.path), []).append(subject)
    found: list[Subject] = []
    pictures = list(by_picture.values())
    rng = np.random.default_rng([seed, 5])
    order = rng.permutation(len(pictures))
    for n in range(count if pictures else 0):
        people = pictures[order[n % len(pictures)]]
        crop = _crop(people, rng)
        if crop is not None:
            image = people[0].image
            name = f"{image.path.name} (surroundings)"
            found.append(dataclasses.replace(unlabelled_subject(image, crop), name=name, held=False))
    return found


def _crop(people: Sequence[Subject], rng: np.random.Generator) -> Crop | None:
    """A crop of the picture of ``people`` that is nobody's own; None if none was found."""
    for _ in range(_TRIES):
        person = people[int(rng.integers(len(people)))]
        turn = float(np.radians(rng.normal(0, _TURN_DEG)))
        kind = rng.random()
        if kind < _CLOSE:
            points = person.keypoints[person.weight > 0]
            centre = points[rng.integers(len(points))] if len(points) else np.array([person.crop.cx, person.crop.cy])
            side = person.crop.side * _drawn(_CLOSE_SIDES, rng)
            crop = Crop(float(centre[0]), float(centre[1]), side, person.crop.angle + turn)
        elif kind < _CLOSE + _FAR:
            side = person.crop.side * _drawn(_FAR_SIDES, rng)
            cx, cy = np.array([person.crop.cx, person.crop.cy]) + rng.uniform(-0.4, 0.4, 2) * side
            crop = Crop(float(cx), float(cy), side, turn)
        else:
            size = np.array([person.image.width, person.image.height], float)
            if not size.all():
                continue
            cx, cy = rng.uniform(0.1, 0.9, 2) * size
            crop = Crop(float(cx), float(cy), float(size.max()) * _drawn(_ANYWHERE_SIDES, rng), turn)
        if not any(_own(crop, other.crop) for other in people):
            return crop
    return None


def _drawn(sides: tuple[float, float], rng: np.random.Generator) -> float:
    """Between two sides, in equal parts of the logarithm."""
    low, high = np.log(sides)
    return float(np.exp(rng.uniform(low, high)))


def _own(crop: Crop, person: Crop) -> bool:
    apart = float(np.hypot(crop.cx - person.cx, crop.cy - person.cy)) / person.side
    return apart < _NEAR and 1 / _ALIKE < crop.side / person.side < _ALIKE
