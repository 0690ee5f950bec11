"""What a labelled set holds: how many, how large, how visible, which poses and angles. Figures only; no picture is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from posetune.data.people import Dataset, Person
from posetune.geometry import SMALLEST_TORSO, joint_angles
from posetune.landmarks import ANGLES, COUNT, LEFT_HIP, LEFT_SHOULDER, NAMES, RIGHT_HIP, RIGHT_SHOULDER

#: The points that make a pose: shoulders, elbows, wrists, hips, knees, ankles.
BODY = (11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
#: Of which so many have to be labelled.
_FEWEST = 8
#: Joint angles are counted in steps of so many degrees; a step is covered by so many people at least.
STEP, _COVERED = 15, 3
#: How far the trunk leans from upright: degrees up to which it is called so.
_LEANS = (("upright", 30.0), ("leaning", 60.0), ("lying", 120.0), ("upside down", 180.0))
#: Shoulders and hips narrower than this (torsos) are seen from the side.
_NARROW = 0.15


@dataclass(frozen=True, eq=False)
class Statistics:
    """Of one split. ``people``: without those to be ignored. ``hidden``, ``visible``: (33,) how many of them have the point with
    v = 1 and 2. ``torsos``: (N,) image px, of those that have one; ``heights``: (N,) share of the image's height that the labelled
    points take. ``in_image``: people in an image → images. ``angles``: (8, 12) how many have a joint at such an angle. ``leans``,
    ``faces``: how many stand so. ``poses``: (M, 12, 2) torsos from the middle of the hips, image axes, NaN where unlabelled.
    """

    name: str
    images: int
    groups: int
    people: int
    ignored: int
    hidden: np.ndarray
    visible: np.ndarray
    torsos: np.ndarray
    heights: np.ndarray
    in_image: dict[int, int]
    angles: np.ndarray
    leans: dict[str, int]
    faces: dict[str, int]
    poses: np.ndarray

    @property
    def covered(self) -> np.ndarray:
        """(8,) the share of the steps from 0° to 180° that at least three people have."""
        return (self.angles >= _COVERED).mean(axis=1)

    def to_json(self) -> dict[str, Any]:
        return {
            "name": self.name, "images": self.images, "groups": self.groups, "people": self.people, "ignored": self.ignored,
            "points": {
                NAMES[i]: {"visible": int(self.visible[i]), "hidden": int(self.hidden[i])}
                for i in range(COUNT) if self.visible[i] + self.hidden[i]
            },
            "torso_px": quantiles(self.torsos), "share_of_height": quantiles(self.heights),
            "too_small": int((self.torsos <= SMALLEST_TORSO).sum()),
            "people_in_image": {str(k): v for k, v in sorted(self.in_image.items())},
            "angles": {a.name: {"counts": row.tolist(), "covered": round(float(c), 3)}
                       for a, row, c in zip(ANGLES, self.angles, self.covered, strict=True)},
            "trunk": self.leans, "facing": self.faces,
        }  # fmt: skip


def statistics_of(dataset: Dataset) -> Statistics:
    """Count ``dataset``."""
    people = [p for p in dataset.people if not p.ignore]
    v = np.array([p.keypoints[:, 2] for p in people]).reshape(len(people), COUNT)
    torsos = np.array([p.torso for p in people])
    in_image = Counter(id(p.image) for p in people)
    counts = Counter(in_image.values())
    without = len(dataset.images) - len(in_image)
    shown = [p for p in people if p.image.height and p.labelled.any()]
    return Statistics(
        name=dataset.name,
        images=len(dataset.images),
        groups=len(dataset.groups),
        people=len(people),
        ignored=len(dataset.people) - len(people),
        hidden=(v == 1).sum(axis=0),
        visible=(v == 2).sum(axis=0),
        torsos=torsos[np.isfinite(torsos)],
        heights=np.array([np.ptp(p.keypoints[p.labelled, 1]) / p.image.height for p in shown]),
        in_image={**({0: without} if without else {}), **counts},
        angles=_angles(people),
        leans=_counted(people, _lean, [name for name, _ in _LEANS]),
        faces=_counted(people, _facing, ["the camera", "away", "sideways"]),
        poses=_poses(people),
    )  # fmt: skip


def quantiles(values: np.ndarray) -> dict[str, float] | None:
    """5, 25, 50, 75 and 95 %; None of nothing."""
    if not len(values):
        return None
    return {str(q): round(float(np.percentile(values, q)), 3) for q in (5, 25, 50, 75, 95)}


@dataclass(frozen=True, eq=False)
class PoseMap:
    """Poses laid out on a plane so that such as are alike lie together: the two directions in which all differ most (principal
    components). ``places``: of each split (M, 2). ``explained``: (2,) the shares of all differences. ``examples``: where on the
    plane some poses lie, and these, (12, 2) torsos.
    """

    places: list[np.ndarray]
    explained: np.ndarray
    examples: list[tuple[np.ndarray, np.ndarray]]


def pose_map(splits: Sequence[Statistics], cells: int = 5) -> PoseMap | None:
    """The poses of all splits on one plane; in each of ``cells`` × ``cells`` fields the pose nearest to its middle is an example.
    None where fewer than three poses are known.
    """
    poses = np.concatenate([s.poses for s in splits]) if splits else np.zeros((0, len(BODY), 2))
    if len(poses) < 3:
        return None
    flat = poses.reshape(len(poses), -1)
    # A point that nobody labelled is the middle of the hips; one that some lack is where the others have it.
    mean = np.array([np.mean(c[np.isfinite(c)]) if np.isfinite(c).any() else 0.0 for c in flat.T])
    centred = np.where(np.isfinite(flat), flat, mean) - mean
    values, axes = np.linalg.eigh(centred.T @ centred / len(centred))
    places = centred @ axes[:, [-1, -2]]
    total = max(float(values.sum()), 1e-9)
    ends = np.cumsum([len(s.poses) for s in splits])[:-1]
    return PoseMap(np.split(places, ends), values[[-1, -2]] / total, _examples(places, poses, cells))


def _examples(places: np.ndarray, poses: np.ndarray, cells: int) -> list[tuple[np.ndarray, np.ndarray]]:
    low, high = np.percentile(places, 1, axis=0), np.percentile(places, 99, axis=0)
    size = np.maximum((high - low) / cells, 1e-9)
    cell = np.floor((places - low) / size).astype(int)
    found = []
    for x in range(cells):
        for y in range(cells):
            inside = np.flatnonzero((cell == (x, y)).all(axis=1))
            if len(inside):
                middle = low + (np.array([x, y]) + 0.5) * size
                best = inside[int(np.argmin(np.linalg.norm(places[inside] - middle, axis=1)))]
                found.append((places[best], poses[best]))
    return found


def _poses(people: Sequence[Person]) -> np.ndarray:
    rows = []
    for person in people:
        hips, scale = _middle(person, LEFT_HIP, RIGHT_HIP), person.torso
        known = person.labelled[list(BODY)]
        if hips is None or not scale > SMALLEST_TORSO or known.sum() < _FEWEST:
            continue
        points = (person.keypoints[list(BODY), :2] - hips) / scale
        rows.append(np.where(known[:, None], points, np.nan))
    return np.array(rows).reshape(-1, len(BODY), 2)


def _angles(people: Sequence[Person]) -> np.ndarray:
    counts = np.zeros((len(ANGLES), 180 // STEP), int)
    for person in people:
        points = np.where(person.labelled[:, None], person.keypoints[:, :2], np.nan)
        degrees = joint_angles(points)
        for k in np.flatnonzero(np.isfinite(degrees)):
            counts[k, min(int(degrees[k] // STEP), counts.shape[1] - 1)] += 1
    return counts


def _counted(people: Sequence[Person], of: Any, names: Sequence[str]) -> dict[str, int]:
    counts = Counter(name for name in map(of, people) if name is not None)
    return {name: counts[name] for name in names}


def _lean(person: Person) -> str | None:
    hips, shoulders = _middle(person, LEFT_HIP, RIGHT_HIP), _middle(person, LEFT_SHOULDER, RIGHT_SHOULDER)
    if hips is None or shoulders is None or not np.hypot(*(shoulders - hips)) > 0:
        return None
    dx, dy = shoulders - hips
    degrees = float(np.degrees(np.arctan2(abs(dx), -dy)))
    return next(name for name, most in _LEANS if degrees <= most)


def _facing(person: Person) -> str | None:
    if not person.labelled[[LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP]].all() or not person.torso > 0:
        return None
    points = person.keypoints[:, :2]
    up = points[[LEFT_SHOULDER, RIGHT_SHOULDER]].mean(axis=0) - points[[LEFT_HIP, RIGHT_HIP]].mean(axis=0)
    across = np.array([-up[1], up[0]]) / max(np.hypot(*up), 1e-9)
    wide = (
        (points[LEFT_SHOULDER] - points[RIGHT_SHOULDER] + points[LEFT_HIP] - points[RIGHT_HIP])
        @ across
        / 2
        / person.torso
    )
    return "sideways" if abs(wide) < _NARROW else "the camera" if wide > 0 else "away"


def _middle(person: Person, a: int, b: int) -> np.ndarray | None:
    known = [i for i in (a, b) if person.labelled[i]]
    return person.keypoints[known, :2].mean(axis=0) if known else None
