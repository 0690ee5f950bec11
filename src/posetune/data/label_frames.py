"""Labels brought into the frame of the picture as it is read: pictures are resized, turned and exported anew after they were
labelled, and the sizes in the label file tell.

The frame of all labels behind this module: px of the picture as ``read_image`` gives it, turned as EXIF says. A label file's
size that is another one can mean several things; its labelled points say which, all images of a set together.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posetune.data.people import Dataset, ImageRecord, Person
from posetune.data.picture_sizes import PictureSize, picture_size, to_shown
from posetune.errors import PosetuneError
from posetune.landmarks import LEFT_HIP, LEFT_SHOULDER

#: Sizes that differ by no more than this are the same: exporters round.
_SAME_PX = 1.0
#: A labelled point this far outside, as a share of the picture's longer side, speaks against a reading.
_SLACK = 0.02
#: One image alone is read otherwise than its set if so large a share of its points lies outside, and none the other way.
_PLAIN = 0.25
#: So many points, all within the smaller picture, say that they are in its frame already, whatever size the file names.
_MANY_POINTS, _MANY_IMAGES, _MUCH_SMALLER = 30, 3, 0.8

#: One reading wins by what lies outside if at least this share of the points is outside in the other.
_DECISIVE = 0.1

_MIRRORED = (2, 4, 5, 7)


@dataclass(frozen=True)
class _Reading:
    """One way to read the labels of an image: ``matrix`` (2, 3) takes them to px of the picture; ``exchange``: left and right
    are exchanged, since the picture that was labelled is the mirror image. ``meaning``: a key of :data:`_SENTENCES`.
    """

    meaning: str
    matrix: np.ndarray
    exchange: bool = False

    def apply(self, points: np.ndarray) -> np.ndarray:
        return points @ self.matrix[:, :2].T + self.matrix[:, 2]


_SENTENCES = {
    "scaled": "were resized after labelling ({example}): their points are scaled with them",
    "as they are": "have another size than the label file says ({example}), but their points fit as they are: the picture's "
    "own size is taken",
    "turned": "are turned by their EXIF orientation and were labelled unturned ({example}): their points are turned with them",
    "exchanged": "have width and height exchanged in the label file ({example}): the points fit the picture as it is shown, "
    "and its own size is taken",
}


def fit_to_pictures(dataset: Dataset, *, where: str, strict: bool, rescale: bool = True) -> Dataset:
    """``dataset`` with images of their own size, and labels in px of the picture as it is read.

    Where an image file cannot be found or read, the label file's word stands. ``strict``: images that are not those that were
    labelled (another aspect) are an error; otherwise they keep the size that the label file says. ``rescale``: labels of
    pictures that were resized since are scaled with them; otherwise that is an error.

    Raises PosetuneError for such images.
    """
    sizes = {id(image): picture_size(image.path) for image in dataset.images}
    different = [i for i in dataset.images if _differs(i, sizes[id(i)])]
    ambiguous = [i for i in dataset.images if _turn_is_not_told(i, sizes[id(i)])]
    people: dict[int, list[Person]] = {}
    for person in dataset.people:
        people.setdefault(id(person.image), []).append(person)
    points = {id(i): _points_of(people.get(id(i), [])) for i in different}
    ways = {id(i): _readings(i, sizes[id(i)]) for i in different}
    readings, notes = _choose(different, people, points, ways, sizes)
    resized = [i for i in different if id(i) in readings and readings[id(i)].meaning == "scaled"]
    if resized and not rescale:
        raise PosetuneError(
            f"{where}: {len(resized)} of {len(dataset.images)} images have another size than was labelled "
            f"({_example(resized[0], sizes[id(resized[0])])}), of the same shape; if they were resized after labelling, --rescale "
            "scales the points with them, otherwise give the pictures that were labelled."
        )
    if ambiguous:
        notes.append(
            f"{len(ambiguous)} images have an EXIF orientation that leaves their size as it is (such as "
            f"{ambiguous[0].path.name}): their labels are taken as made on the picture as it is shown, turned"
        )
    unfit = [i for i in different if id(i) not in readings]
    if unfit:
        sentence = (
            f"{len(unfit)} of {len(dataset.images)} images are not the pictures that were labelled "
            f"({_example(unfit[0], sizes[id(unfit[0])])})"
        )
        if strict:
            raise PosetuneError(
                f"{where}: {sentence}, neither resized as a whole nor turned by EXIF; put the pictures that were labelled in "
                "their place, or correct width and height in the label file."
            )
        notes.append(sentence)
    warnings = (*dataset.warnings, *(f"{where}: {note}." for note in notes))
    renewed = {}
    for image in dataset.images:
        size = sizes[id(image)]
        if size is not None and (id(image) in readings or id(image) not in ways):
            renewed[id(image)] = dataclasses.replace(image, width=size.width, height=size.height)
    if not readings and all(_is_size(i, sizes[id(i)]) for i in dataset.images):
        return dataclasses.replace(dataset, warnings=warnings)
    moved = dataclasses.replace(dataset, people=tuple(_moved(p, readings.get(id(p.image))) for p in dataset.people))
    return moved.with_images(renewed, warnings)


def _is_size(image: ImageRecord, size: PictureSize | None) -> bool:
    return size is None or (image.width, image.height) == (size.width, size.height)


def _differs(image: ImageRecord, size: PictureSize | None) -> bool:
    """Whether the label file gives a size that is not the picture's."""
    if size is None or not image.width:
        return False
    return max(abs(image.width - size.width), abs(image.height - size.height)) > _SAME_PX


def _turn_is_not_told(image: ImageRecord, size: PictureSize | None) -> bool:
    """Whether the picture is turned or mirrored, and its size is the same without that."""
    return size is not None and size.orientation > 1 and size.stored == (size.width, size.height)


def _readings(image: ImageRecord, size: PictureSize | None) -> list[_Reading]:
    """The ways to read the labels of an image, the likeliest first; none if its picture is not the one that was labelled."""
    assert size is not None
    labelled, exchanged, shown = (image.width, image.height), (image.height, image.width), (size.width, size.height)
    ways = []
    if size.orientation >= 5 and _same_aspect(labelled, size.stored) and not _same_aspect(labelled, shown):
        ways += [_turned(size, labelled), _Reading("exchanged", _scale(exchanged, shown))]
    elif _same_aspect(labelled, shown):
        ways += [_Reading("scaled", _scale(labelled, shown)), _Reading("as they are", _scale(shown, shown))]
    elif _same_aspect(exchanged, shown):
        ways += [_Reading("exchanged", _scale(exchanged, shown))]
    return ways


def _turned(size: PictureSize, labelled: tuple[int, int]) -> _Reading:
    turn = to_shown(size.orientation, *size.stored)
    scale = _scale(labelled, size.stored)
    return _Reading("turned", np.column_stack([turn[:, :2] @ scale[:, :2], turn[:, 2]]), size.orientation in _MIRRORED)


def _same_aspect(a: tuple[int, int], b: tuple[int, int]) -> bool:
    """Whether one size is the other one resized, but for rounding to whole pixels."""
    small, large = sorted((a, b), key=lambda s: s[0] * s[1])
    return (
        abs(small[1] - large[1] * small[0] / large[0]) <= _SAME_PX
        or abs(small[0] - large[0] * small[1] / large[1]) <= _SAME_PX
    )


def _scale(a: tuple[int, int], b: tuple[int, int]) -> np.ndarray:
    return np.array([[b[0] / a[0], 0, 0], [0, b[1] / a[1], 0]])


def _points_of(people: Sequence[Person]) -> np.ndarray:
    """(n, 2) the labelled points of the people of an image, as the label file gives them."""
    return np.concatenate([p.keypoints[p.labelled, :2] for p in people] or [np.zeros((0, 2))])


def _choose(
    images: Sequence[ImageRecord],
    people: dict[int, list[Person]],
    points: dict[int, np.ndarray],
    ways: dict[int, list[_Reading]],
    sizes: dict[int, PictureSize | None],
) -> tuple[dict[int, _Reading], list[str]]:
    """``(readings, notes)``: the reading of each image, by id(image), where there is one that its points do not contradict."""
    chosen: dict[int, _Reading] = {}
    for kind in {_kind(ways[id(i)]) for i in images}:
        members = [i for i in images if _kind(ways[id(i)]) == kind]
        if not kind:
            continue
        outside = {id(i): [_outside(way.apply(points[id(i)]), sizes[id(i)]) for way in ways[id(i)]] for i in members}
        totals = np.sum([outside[id(i)] for i in members], axis=0)
        usual = int(np.argmin(totals))
        if kind == ("turned", "exchanged") and not _decisive(totals, sum(len(points[id(i)]) for i in members)):
            upright = [sum(_upright(ways[id(i)][way], people.get(id(i), [])) for i in members) for way in range(2)]
            usual = int(np.argmax(upright))
        if kind == ("scaled", "as they are") and totals[1] == 0 and _fit_as_they_are(members, points, sizes):
            usual = 1
        for image in members:
            counts, of = outside[id(image)], max(len(points[id(image)]), 1)
            best = int(np.argmin(counts))
            use = best if counts[usual] > _PLAIN * of and counts[best] == 0 else usual
            if counts[use] <= 0.5 * of:  # else it is turned in a way that nothing tells
                chosen[id(image)] = ways[id(image)][use]
    notes = []
    for meaning, sentence in _SENTENCES.items():
        of_kind = [i for i in images if id(i) in chosen and chosen[id(i)].meaning == meaning]
        if of_kind:
            example = _example(of_kind[0], sizes[id(of_kind[0])])
            mirrored = any(chosen[id(i)].exchange for i in of_kind)
            notes.append(
                f"{len(of_kind)} images {sentence.format(example=example)}"
                + ", and where it mirrors them left and right are exchanged" * mirrored
            )
    return chosen, notes


def _decisive(outside: np.ndarray, count: int) -> bool:
    """Whether of two readings one leaves far fewer points outside, of ``count``."""
    return bool(outside.min() <= 0.25 * outside.max() and outside.max() >= _DECISIVE * count)


def _upright(way: _Reading, people: Sequence[Person]) -> float:
    """How many people stand upright so, less those on their heads: where points within a square tell nothing, most people do."""
    score = 0.0
    for person in people:
        body = person.skeleton.to_body(person.keypoints)
        known, upper = body[:, 2] > 0, np.arange(len(body)) < LEFT_HIP
        above, below = known & upper, known & ~upper
        if not below.any():  # shoulders and below, under a head
            above, below = (
                known & (np.arange(len(body)) < LEFT_SHOULDER),
                known & (np.arange(len(body)) >= LEFT_SHOULDER),
            )
        if above.any() and below.any():
            down = way.apply(body[below, :2]).mean(axis=0) - way.apply(body[above, :2]).mean(axis=0)
            score += float(down[1] / max(np.hypot(*down), 1e-9))
    return score


def _kind(ways: Sequence[_Reading]) -> tuple[str, ...]:
    return tuple(way.meaning for way in ways)


def _outside(points: np.ndarray, size: PictureSize | None) -> int:
    assert size is not None
    slack = _SLACK * max(size.width, size.height)
    return int(((points < -slack) | (points > [size.width + slack, size.height + slack])).any(axis=1).sum())


def _fit_as_they_are(
    images: Sequence[ImageRecord], points: dict[int, np.ndarray], sizes: dict[int, PictureSize | None]
) -> bool:
    """Whether pictures are much smaller than the label file says, and yet hold all of very many points."""
    smaller = []
    for image in images:
        size = sizes[id(image)]
        if size is not None and size.width < _MUCH_SMALLER * image.width and len(points[id(image)]):
            smaller.append(len(points[id(image)]))
    return len(smaller) >= max(_MANY_IMAGES, len(images) / 2) and sum(smaller) >= _MANY_POINTS


def _example(image: ImageRecord, size: PictureSize | None) -> str:
    assert size is not None
    return f"{image.path.name} is {size.width} × {size.height}, labelled at {image.width} × {image.height}"


def _moved(person: Person, reading: _Reading | None) -> Person:
    """``person`` in px of the picture."""
    if reading is None or reading.meaning == "as they are":
        return person
    linear = reading.matrix[:, :2]
    keypoints = person.keypoints.copy()
    keypoints[:, :2] = np.where(person.labelled[:, None], reading.apply(keypoints[:, :2]), 0.0)
    beside = person.outside
    if beside is not None:
        beside = np.column_stack([reading.apply(beside[:, :2]), beside[:, 2]])
    in_space = person.keypoints_3d
    if in_space is not None:
        axes = linear / np.abs(linear).sum(axis=1, keepdims=True)  # turned with the picture, in metres still
        in_space = np.column_stack([in_space[:, :2] @ axes.T, in_space[:, 2]])
    if reading.exchange:
        flip = person.skeleton.flip
        keypoints = keypoints[flip]
        in_space = None if in_space is None else in_space[flip]
        beside = None if beside is None else beside[flip]
    box = person.bbox
    if box is not None:
        corners = reading.apply(np.array([box[:2], box[:2] + box[2:]]))
        box = np.concatenate([corners.min(axis=0), np.ptp(corners, axis=0)])
    area = None if person.area is None else person.area * float(abs(np.linalg.det(linear)))
    return dataclasses.replace(person, keypoints=keypoints, keypoints_3d=in_space, bbox=box, area=area, outside=beside)
