"""Looking for what is wrong with a data set before hours are spent on it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posetune.data.answers import by_image
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.data.suspects import Suspect, find_suspects, network_answers
from posetune.errors import PosetuneError
from posetune.geometry import torso_px
from posetune.landmarks import INDEX

__all__ = ["Problem", "Suspect", "check_images", "check_labels", "check_splits", "find_suspects", "network_answers"]

#: A bone this many times longer than the person's other bones let expect is no perspective but a mistake.
BONE_RATIO = 4.0
#: Two labels of one image that are nearer than this on average (in torsos) are one person labelled twice.
TWICE_DISTANCE = 0.1
#: A labelled point may lie outside its person's box by this share of the box's longer side.
BOX_TOLERANCE = 0.25

#: Usual lengths of bones in units of the torso diagonal.
_BONES: dict[tuple[str, str], float] = {
    ("shoulder", "elbow"): 0.55, ("elbow", "wrist"): 0.48, ("hip", "knee"): 0.78, ("knee", "ankle"): 0.76,
    ("shoulder", "hip"): 0.93, ("wrist", "index"): 0.18, ("wrist", "pinky"): 0.18, ("wrist", "thumb"): 0.14,
    ("ankle", "heel"): 0.16, ("heel", "foot_index"): 0.42, ("ankle", "foot_index"): 0.38,
}  # fmt: skip


@dataclass(frozen=True)
class Problem:
    """Something that is wrong. ``kind``: a few words, the same for all of a kind; ``text``: which one, and
    how.
    """

    kind: str
    text: str


def check_images(dataset: Dataset, progress: Callable[[int], None] | None = None) -> list[Problem]:
    """Read every image: missing, damaged, or not of the size that the labels say."""
    problems = []
    for done, image in enumerate(dataset.images, 1):
        try:
            height, width = image.read().shape[:2]
        except PosetuneError as error:
            problems.append(Problem("images that cannot be read", str(error)))
        else:
            if (width, height) != (image.width, image.height):
                turned = (height, width) == (image.width, image.height)
                hint = "; turned by its EXIF orientation, while the labels were made on the unturned image?" * turned
                text = f"{image.path.name} is {width} × {height}, its labels say {image.width} × {image.height}{hint}"
                problems.append(Problem("images of another size than labelled", text))
        if progress is not None:
            progress(done)
    return problems


def check_labels(dataset: Dataset) -> list[Problem]:
    """What can be seen in the labels alone: impossible skeletons, people twice, points off their box,
    nothing to use.
    """
    problems: list[Problem] = [*_images_listed_twice(dataset)]
    for person in dataset.people:
        if person.ignore:
            continue
        problems += _bones(person)
        problems += _outside_box(person)
    for _, members in by_image(dataset.usable):
        problems += _twice([dataset.usable[i] for i in members])
    return problems


def check_splits(sets: Sequence[Dataset]) -> list[Problem]:
    """Scenes, videos or images that stand in more than one split: what is measured on them means little."""
    problems = []
    for i, first in enumerate(sets):
        for second in sets[i + 1 :]:
            for what, shared in (
                ("images", _same_images(first.images, second.images)),
                ("groups", sorted(set(first.groups) & set(second.groups))),
            ):
                if shared and not (what == "groups" and all(g.startswith("image:") for g in shared)):
                    text = f"{first.name} and {second.name} share {len(shared)}: {', '.join(shared[:5])}"
                    problems.append(Problem(f"{what} in more than one split", text + (" …" if len(shared) > 5 else "")))
    return problems


def _same_images(first: Sequence[ImageRecord], second: Sequence[ImageRecord]) -> list[str]:
    """The images of ``first`` that are in ``second`` as well: the same files, or copies of them whatever they are called."""
    there = {image.path.resolve() for image in second}
    sizes: dict[int, list[Path]] = {}
    for image in second:
        sizes.setdefault(_bytes(image.path), []).append(image.path)
    contents: dict[int, set[bytes]] = {}
    shared = []
    for image in first:
        size = _bytes(image.path)
        if image.path.resolve() in there:
            shared.append(image.path.name)
        elif size > 0 and size in sizes:  # only of files of one size are the contents compared
            if size not in contents:
                contents[size] = {_digest(path) for path in sizes[size]}
            if _digest(image.path) in contents[size]:
                shared.append(image.path.name)
    return sorted(shared)


def _bytes(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _digest(path: Path) -> bytes:
    try:
        return hashlib.sha256(path.read_bytes()).digest()
    except OSError:
        return str(path).encode()


def _images_listed_twice(dataset: Dataset) -> list[Problem]:
    seen: dict[str, ImageRecord] = {}
    problems = []
    for image in dataset.images:
        if str(image.path) in seen:
            text = f"{image.path.name} has the ids {seen[str(image.path)].id} and {image.id}"
            problems.append(Problem("images listed twice", text))
        seen[str(image.path)] = image
    return problems


def _bones(person: Person) -> list[Problem]:
    """Bones far longer than the rest of the body lets expect. Foreshortening makes bones shorter, never
    longer.
    """
    lengths: dict[str, float] = {}
    for (a, b), usual in _BONES.items():
        for side in ("left", "right"):
            i, j = INDEX[f"{side}_{a}"], INDEX[f"{side}_{b}"]
            if person.labelled[i] and person.labelled[j]:
                pixels = float(np.linalg.norm(person.keypoints[i, :2] - person.keypoints[j, :2]))
                lengths[f"{side} {a}–{b}"] = pixels / usual
    torso = torso_px(person.keypoints, person.labelled)
    if np.isfinite(torso):
        lengths["torso"] = torso
    if len(lengths) < 3:
        return []
    problems = []
    for name, size in lengths.items():
        others = float(np.median([v for n, v in lengths.items() if n != name]))
        if size > BONE_RATIO * others > 0:
            text = f"{_who(person)}: {name.replace('_', ' ')} is {size / others:.1f} times too long"
            problems.append(Problem("impossible skeletons", text))
    return problems


def _outside_box(person: Person) -> list[Problem]:
    if person.bbox is None:
        return []
    x, y, w, h = person.bbox
    slack = BOX_TOLERANCE * max(w, h)
    # Hidden points, and such beyond the picture's edge, may lie outside a box around what is seen.
    seen = (person.keypoints[:, 2] == 2) & _within(person.keypoints, person.image)
    points = person.keypoints[seen, :2]
    outside = (points < [x - slack, y - slack]) | (points > [x + w + slack, y + h + slack])
    count = int(outside.any(axis=1).sum())
    if not count:
        return []
    return [Problem("points outside their box", f"{_who(person)}: {count} of {len(points)} visible points")]


def _within(keypoints: np.ndarray, image: ImageRecord) -> np.ndarray:
    """(33,) bool: inside the image."""
    x, y = keypoints[:, 0], keypoints[:, 1]
    return (x >= 0) & (y >= 0) & (x <= image.width) & (y <= image.height)


def _twice(people: Sequence[Person]) -> list[Problem]:
    problems = []
    for i, first in enumerate(people):
        for second in people[i + 1 :]:
            both = first.labelled & second.labelled
            distance = np.linalg.norm(first.keypoints[both, :2] - second.keypoints[both, :2], axis=1)
            if both.sum() >= 3 and distance.mean() < TWICE_DISTANCE * first.torso:
                text = f"{first.image.path.name}: persons {first.id} and {second.id} have the same points"
                problems.append(Problem("people labelled twice", text))
    return problems


def _who(person: Person) -> str:
    return f"{person.image.path.name}, person {person.id}"
