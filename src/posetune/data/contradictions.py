"""Whole sets that contradict a network: y counted from the bottom, per cent for pixels, left and right as the viewer sees them.

A few people of the set are compared with what the network finds in their pictures by itself, without the labels' help, as the
labels are and with each usual mistake undone. Where one of these fits most people and the labels as they are do not, that is
said. A set that is merely hard fits no better with any of them, and nothing is. Where one fits a large part of the people, and
the labels as they are fit the others, that is said, too: two people labelled, or two sets were put together.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from posetune.data.answers import by_image
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.data.picture_sizes import picture_size, to_shown
from posetune.data.suspects import SWAP_GAIN, SWAP_SEPARATION, swap_gain
from posetune.errors import PosetuneError
from posetune.geometry import torso_px
from posetune.landmarks import COUNT, FLIP, LEFT_SHOULDER, NAMES, RIGHT_SHOULDER
from posetune.runtime.landmarker import Landmarker

#: So many people are looked at.
MOST_PEOPLE = 40
#: Fewer, of whom the network finds anybody in the picture, say nothing.
_FEWEST = 4
#: Labels fit a person if they lie so near the answer in the mean, in torsos; they are the same person's up to the second.
_FITS, _SAME = 0.35, 0.6
#: A mistake is told if so large a share of people fits with it undone, and so much larger a share than as it is.
_SHARE, _GAIN = 0.5, 0.4
#: Left and right are told as exchanged in the whole set from this share of the people on, and of those who face the camera, for
#: whom the viewer's sides are the wrong ones.
_EXCHANGED, _EXCHANGED_FACING = 0.4, 0.65
#: A mistake made in a part of the set is told from this share of so many people on. Of the real sets measured, none has it in
#: more than one person of 13.
_PART, _FEWEST_OF_PART = 0.25, 10
#: Labels that mean these pictures, however hard these are, lie near the answers for some people at least: if so small a share of
#: so many does, they belong elsewhere. The hardest sets measured have 0.45.
_NOWHERE, _FEWEST_ELSEWHERE = 0.1, 10
#: The larger of torso and this part of the body's extent is the yardstick: torsos seen from above have no length.
_OF_EXTENT = 0.25
#: Points with fewer labels than this many body points place nobody.
_FEWEST_POINTS = 4

Move = Callable[[np.ndarray, ImageRecord], np.ndarray]


@dataclass(frozen=True)
class Contradiction:
    """``text``: one sentence, with the likely cause. ``kind``: "sides", "names" or what the coordinates are. ``in_part``: the
    labels of the other people are right, so that nobody need be kept from using the set.
    """

    kind: str
    text: str
    in_part: bool = False


@dataclass(frozen=True, eq=False)
class _Sighting:
    """A labelled person, (33, 3) in ``keypoints``, and all whom the network finds in the picture: ``poses`` (P, 33, 2) image px,
    ``scales`` (P,) their torsos or so.
    """

    image: ImageRecord
    keypoints: np.ndarray
    poses: np.ndarray
    scales: np.ndarray

    def distances(self, points: np.ndarray) -> np.ndarray:
        """(P,) the mean distance of labelled ``points`` (33, 2) from each pose, in its torsos; at most 3 for a point."""
        labelled = self.keypoints[:, 2] > 0
        apart = np.linalg.norm(self.poses[:, labelled] - points[labelled], axis=-1) / self.scales[:, None]
        return np.minimum(apart, 3.0).mean(axis=1)


def find_contradiction(
    dataset: Dataset, landmarker: Landmarker, network: str, progress: Callable[[int], None] | None = None
) -> Contradiction | None:
    """What is wrong with all labels of a set, or with a large part of them, if anything is. ``network``: what ``landmarker`` is
    called, for the sentence.
    ``progress`` is called with the people done, of at most :data:`MOST_PEOPLE`.
    """
    sightings = _sightings(dataset, landmarker, progress or (lambda done: None))
    if len(sightings) < _FEWEST:
        return None
    sides = _sides(sightings)
    if sides is not None:  # names in another order exchange sides, too
        return _names(sightings, network) or sides
    whole = _coordinates(sightings, network) or _names(sightings, network) or _elsewhere(sightings, network)
    return whole or _sides_in_part(sightings) or _coordinates_in_part(sightings)


def sample_of(dataset: Dataset) -> list[Person]:
    """At most :data:`MOST_PEOPLE`, evenly over the set."""
    people = [p for p in dataset.people if not p.ignore and (_body(p)[:, 2] > 0).sum() >= _FEWEST_POINTS]
    if len(people) <= MOST_PEOPLE:
        return people
    return [people[i] for i in np.linspace(0, len(people) - 1, MOST_PEOPLE).round().astype(int)]


def _sightings(dataset: Dataset, landmarker: Landmarker, progress: Callable[[int], None]) -> list[_Sighting]:
    people = sample_of(dataset)
    sightings: list[_Sighting] = []
    crowd: dict[str, int] = {}
    for person in dataset.people:
        crowd[str(person.image.path)] = crowd.get(str(person.image.path), 0) + 1
    done = 0
    for image, members in by_image(people):
        try:
            rgb = image.read()
        except PosetuneError:
            continue
        poses = landmarker.predict(rgb, min(crowd[str(image.path)] + 1, 6))
        if poses:
            points = np.stack([p.landmarks_px[:COUNT, :2] for p in poses])
            scales = np.array([_scale(p) for p in points])
            sightings += [_Sighting(people[i].image, _body(people[i]), points, scales) for i in members]
        done += len(members)
        progress(done)
    return sightings


def _body(person: Person) -> np.ndarray:
    return person.skeleton.to_body(person.keypoints)


def _scale(points: np.ndarray) -> float:
    extent = float(np.hypot(*np.ptp(points, axis=0)))
    return max(torso_px(points, np.ones(COUNT, bool)), _OF_EXTENT * extent, 1.0)


# --- left and right ------------------------------------------------------------------------------------------------


def _sides(sightings: Sequence[_Sighting]) -> Contradiction | None:
    """Sides exchanged in many people whose labels fit otherwise."""
    exchanged, facing, same = _exchanged(sightings)
    count = sum(exchanged)
    if count < _FEWEST or count < _EXCHANGED * len(exchanged) or same < _SHARE * len(sightings):
        return None
    behind = [e for e, f in zip(exchanged, facing, strict=True) if not f]
    in_front = [e for e, f in zip(exchanged, facing, strict=True) if f]
    if sum(in_front) < _EXCHANGED_FACING * len(in_front):
        return None
    cause = "were they labelled as the viewer sees them?"
    if sum(behind) > 0.5 * len(behind) and len(behind) >= 2:
        cause = "were they labelled as the viewer sees them, the names exchanged, or the pictures mirrored?"
    return Contradiction("sides", f"{count} of {len(exchanged)} people have left and right exchanged: {cause}")


def _sides_in_part(sightings: Sequence[_Sighting]) -> Contradiction | None:
    exchanged, _, _ = _exchanged(sightings)
    count = sum(exchanged)
    if not _is_part(count, len(exchanged)):
        return None
    told = f"{count} of {len(exchanged)} people have left and right exchanged"
    cause = ", the others have not: did two people label them, or were they put together from two sources?"
    if count >= _EXCHANGED_FACING * len(exchanged):  # of a set in which the network finds few
        cause = ": were they labelled as the viewer sees them?"
    return Contradiction("sides", told + cause, in_part=True)


def _exchanged(sightings: Sequence[_Sighting]) -> tuple[list[bool], list[bool], int]:
    """Of the people whose sides can be told: whether the labels have them exchanged, and whether they face the camera; and how
    many people lie where the network sees somebody.
    """
    exchanged: list[bool] = []
    facing: list[bool] = []
    same = 0
    for sighting in sightings:
        points = sighting.keypoints[:, :2]
        flipped = sighting.distances(points[FLIP]) if _flippable(sighting) else sighting.distances(points)
        distances = np.minimum(sighting.distances(points), flipped)
        best = int(np.argmin(distances))
        pose = sighting.poses[best]
        gain, separation = swap_gain(sighting.keypoints, pose[None], tuple(range(11, COUNT)))
        same += distances[best] <= _SAME
        if distances[best] <= _SAME and separation >= SWAP_SEPARATION * sighting.scales[best]:
            exchanged.append(gain >= SWAP_GAIN)
            facing.append(bool(pose[LEFT_SHOULDER, 0] > pose[RIGHT_SHOULDER, 0]))
    return exchanged, facing, same


def _is_part(count: int, of: int) -> bool:
    return of >= _FEWEST_OF_PART and count >= max(_FEWEST, _PART * of)


def _flippable(sighting: _Sighting) -> bool:
    """Whether whatever is labelled has a labelled partner, so that exchanging compares the same points."""
    labelled = sighting.keypoints[:, 2] > 0
    return bool((labelled == labelled[FLIP]).all())


# --- coordinates ---------------------------------------------------------------------------------------------------


def _turned_back(points: np.ndarray, image: ImageRecord) -> np.ndarray:
    size = picture_size(image.path)
    if size is None or size.orientation == 1:
        return points
    matrix = to_shown(size.orientation, *size.stored)
    return (points - matrix[:, 2]) @ matrix[:, :2]  # turned and mirrored alone: its inverse is its transpose


def _unturned(points: np.ndarray, image: ImageRecord) -> np.ndarray:
    size = picture_size(image.path)
    if size is None or size.orientation == 1:
        return points
    matrix = to_shown(size.orientation, *size.stored)
    return points @ matrix[:, :2].T + matrix[:, 2]


def _by(x: float, y: float, points: np.ndarray, image: ImageRecord) -> np.ndarray:
    return points * [x * image.width, y * image.height]


def _turned(turn: int, points: np.ndarray, image: ImageRecord) -> np.ndarray:
    stored = (image.width, image.height) if turn == 3 else (image.height, image.width)
    matrix = to_shown(turn, *stored)
    return points @ matrix[:, :2].T + matrix[:, 2]


#: What the coordinates may be in truth, and how they come to be px of the picture; the likeliest first.
_MOVES: dict[str, Move] = {
    # First: pictures that are turned are the likelier cause of what exchanging x and y, or y from the bottom, explains as well.
    "the labels turned as EXIF turns the pictures": _unturned,
    "the labels not turned as EXIF turns the pictures (width and height exchanged in the label file?)": _turned_back,
    "y counted from the bottom": lambda p, i: np.column_stack([p[:, 0], i.height - p[:, 1]]),
    "x and y exchanged": lambda p, i: p[:, ::-1],
    "the coordinates taken as per cent of the picture": functools.partial(_by, 0.01, 0.01),
    "the coordinates taken as shares (0…1) of the picture": functools.partial(_by, 1, 1),
    "x counted from the right (or the pictures mirrored back)": lambda p, i: np.column_stack(
        [i.width - p[:, 0], p[:, 1]]
    ),
    "the labels turned by 90° clockwise": functools.partial(_turned, 6),
    "the labels turned by 90° counterclockwise": functools.partial(_turned, 8),
    "the labels turned by 180°": functools.partial(_turned, 3),
    "y counted from the bottom, x and y exchanged": lambda p, i: np.column_stack([p[:, 1], i.height - p[:, 0]]),
}


def _coordinates(sightings: Sequence[_Sighting], network: str) -> Contradiction | None:
    """The mistake in the coordinates with which undone most people fit."""
    as_is, as_is_px = _fit(sightings, lambda p, _: p)
    moves = dict(_MOVES)
    factor = _common_factor(sightings)
    if factor is not None:
        moves[f"all coordinates multiplied by {factor:.2f} (pictures resized after labelling?)"] = lambda p, _: (
            p * factor
        )
    best: tuple[str, float, float] | None = None
    for what, move in moves.items():
        distances, px = _fit(sightings, move)
        if (distances <= _FITS).mean() < max(_SHARE, (as_is <= _FITS).mean() + _GAIN):
            continue
        if best is None or np.median(distances) < 0.8 * best[1]:
            best = what, float(np.median(distances)), float(np.median(px))
    if best is None:
        return None
    return Contradiction(
        best[0],
        f"{network} is {np.median(as_is_px):.0f} px from the labels of {len(sightings)} people; with {best[0]} it would be "
        f"{best[2]:.0f}: how were the coordinates exported?",
    )


def _coordinates_in_part(sightings: Sequence[_Sighting]) -> Contradiction | None:
    """The mistake with which undone a large part of the people fit who lie near nobody as they are."""
    as_is, _ = _fit(sightings, lambda p, _: p)
    mended = {what: (_fit(sightings, move)[0] <= _FITS) & (as_is > _SAME) for what, move in _MOVES.items()}
    what = max(mended, key=lambda w: int(mended[w].sum()))  # the first, the likeliest, of several
    count = int(mended[what].sum())
    if not _is_part(count, len(sightings)):
        return None
    return Contradiction(
        what,
        f"{count} of {len(sightings)} people fit only with {what}, the others do not need it: were two exports put together?",
        in_part=True,
    )


def _fit(sightings: Sequence[_Sighting], move: Move) -> tuple[np.ndarray, np.ndarray]:
    """(N,) the distance of each person's moved labels from the nearest pose, with sides as they are or exchanged, in torsos and
    in px.
    """
    torsos, px = [], []
    for sighting in sightings:
        points = move(sighting.keypoints[:, :2], sighting.image)
        distances = sighting.distances(points)
        if _flippable(sighting):
            distances = np.minimum(distances, sighting.distances(points[FLIP]))
        best = int(np.argmin(distances))
        torsos.append(distances[best])
        labelled = sighting.keypoints[:, 2] > 0
        px.append(np.linalg.norm(sighting.poses[best][labelled] - points[labelled], axis=-1).mean())
    return np.array(torsos), np.array(px)


def _common_factor(sightings: Sequence[_Sighting]) -> float | None:
    """The factor that takes all labels to their poses, if it is much the same for most people, and not 1."""
    factors = []
    for sighting in sightings:
        labelled = sighting.keypoints[:, 2] > 0
        points = sighting.keypoints[labelled, :2]
        along = (sighting.poses[:, labelled] * points).sum(axis=(1, 2)) / max(float((points**2).sum()), 1e-9)
        off = [
            np.linalg.norm(pose[labelled] - f * points, axis=-1).mean() / scale
            for pose, f, scale in zip(sighting.poses, along, sighting.scales, strict=True)
        ]
        if min(off) <= _FITS:
            factors.append(float(along[int(np.argmin(off))]))
    if len(factors) < max(_FEWEST, _SHARE * len(sightings)):
        return None
    low, middle, high = np.percentile(factors, (25, 50, 75))
    return float(middle) if high < 1.15 * low and abs(np.log(middle)) > 0.15 else None


# --- names ---------------------------------------------------------------------------------------------------------


def _names(sightings: Sequence[_Sighting], network: str) -> Contradiction | None:
    """Points that all lie where the network sees others: the list of names is in another order."""
    apart: list[np.ndarray] = []
    for sighting in sightings:
        labelled = sighting.keypoints[:, 2] > 0
        between = (
            np.linalg.norm(sighting.keypoints[:, None, None, :2] - sighting.poses[None], axis=-1)
            / sighting.scales[:, None]
        )
        nearest = between[labelled].min(axis=2).mean(axis=0)  # (P,) whoever the points are: whose body do they lie on?
        best = int(np.argmin(nearest))
        if nearest[best] <= _FITS:
            apart.append(np.where(labelled[:, None], between[:, best], np.nan))
    if len(apart) < max(_FEWEST, _SHARE * len(sightings)):
        return None
    table = np.stack(apart)
    known = np.flatnonzero(np.isfinite(table[:, :, 0]).sum(axis=0) >= _FEWEST)
    medians = np.nanmedian(table[:, known], axis=0)  # (k, 33)
    moved, exchanged = [], 0
    for row, i in enumerate(known):
        j = int(np.argmin(medians[row]))
        if medians[row, j] <= _FITS and medians[row, i] > max(_FITS, 2 * medians[row, j]):
            moved.append((int(i), j))
            # An ankle on the other side's heel lies near the other ankle, too.
            exchanged += bool(medians[row, FLIP[i]] <= _FITS)
    if len(moved) < max(3, 0.3 * len(known)) or exchanged > 0.75 * len(moved):
        return None
    some = ", ".join(f"'{NAMES[i]}' lies on the {NAMES[j].replace('_', ' ')}" for i, j in moved[:3])
    return Contradiction(
        "names",
        f"{len(moved)} of {len(known)} named points lie where {network} sees others ({some}): is the list of names in another "
        "order than the points?",
    )


# --- anywhere ------------------------------------------------------------------------------------------------------


def _elsewhere(sightings: Sequence[_Sighting], network: str) -> Contradiction | None:
    """Labels that lie near next to nobody whom the network finds, for a reason that is none of those above."""
    distances, px = _fit(sightings, lambda p, _: p)
    if len(sightings) < _FEWEST_ELSEWHERE or (distances <= _SAME).mean() > _NOWHERE:
        return None
    return Contradiction(
        "elsewhere",
        f"{network} finds nobody near the labels: of {len(sightings)} people they lie {np.median(px):.0f} px off: do the labels "
        "belong to other pictures, or are the coordinates counted from elsewhere (a box, the middle)?",
    )
