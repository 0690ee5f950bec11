"""Why a network errs: its errors by pose, view, size and occlusion, and left/right swaps against plain misses.

The conditions are told from the labels, so they are the same for every network; only "network: unseen" is the
network's own word. docs/reference/measures.md defines them for readers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from posetune.data.people import Person
from posetune.data.sides import MISSED, flipped_points
from posetune.geometry import SIZE, interior_angle
from posetune.landmarks import INDEX, LEFT_HIP, LEFT_SHOULDER, NAMES, RIGHT_HIP, RIGHT_SHOULDER
from posetune.measure.metrics import mean_or_none
from posetune.measure.results import Analysis, ConditionFigures
from posetune.measure.summary import Scored

#: A network that gives a point less visibility than this takes it for hidden.
SEEN = 0.5
#: Torso against the image's up direction, degrees.
TILTED_FROM_DEG, UPSIDE_DOWN_FROM_DEG = 45.0, 120.0
#: From the side: shoulders and hips are no farther apart than this share of the length from mid-hip to mid-shoulder.
SIDE_VIEW_BELOW = 0.3
#: Interior angles of a knee and the hip of the same side below which a person is crouched.
CROUCHED_BELOW_DEG = 100.0
#: Length of the torso in image px: from … to below ….
SIZES = ((0.0, 32.0), (32.0, 64.0), (64.0, 128.0), (128.0, np.inf))


@dataclass(frozen=True, eq=False)
class Condition:
    """Some of the labelled points of N people. ``kind``: "pose", "size" or "occlusion"; ``mask``: (N, 33) bool."""

    kind: str
    name: str
    mask: np.ndarray

    @property
    def people(self) -> np.ndarray:
        """(N,) bool: who has such a point."""
        return np.asarray(self.mask.any(axis=1))


def conditions(people: Sequence[Person], scored: Scored) -> list[Condition]:
    """Those conditions that at least one labelled point meets. A person may be upside-down and seen from the side."""
    labels = scored.labels
    found: list[Condition] = []

    def add(kind: str, name: str, mask: np.ndarray) -> None:
        mask = (mask[:, None] if mask.ndim == 1 else mask) & labels.labelled
        if mask.any():
            found.append(Condition(kind, name, mask))

    for name, test in _POSES.items():
        add("pose", name, np.array([test(person) for person in people]))
    for low, high in SIZES:
        if low == 0:
            name = f"torso below {high:.0f} px"
        else:
            name = f"torso {low:.0f} … {high:.0f} px" if np.isfinite(high) else f"torso from {low:.0f} px"
        add("size", name, (labels.torso >= low) & (labels.torso < high))
    hidden = labels.keypoints[..., 2] == 1
    if hidden.any():  # a set whose labels never say "hidden" says nothing by "visible"
        add("occlusion", "label: hidden", hidden)
        add("occlusion", "label: visible", ~hidden)
    with np.errstate(invalid="ignore"):
        unseen = scored.answers.visibility < SEEN
    add("occlusion", "network: unseen", unseen)
    add("occlusion", "network: seen", np.isfinite(scored.answers.visibility) & ~unseen)
    return found


def missed(scored: Scored) -> np.ndarray:
    """(N, 33) bool: labelled points that are off by more than MISSED; people who were not found do not count here."""
    with np.errstate(invalid="ignore"):
        return scored.errors_px > MISSED * scored.labels.torso[:, None]


def swapped(scored: Scored) -> np.ndarray:
    """(N, 33) bool: the missed points that are left/right swaps (``data.sides``)."""
    labels = scored.labels
    return flipped_points(scored.answers.points_px, labels.keypoints, labels.labelled, labels.torso)


def analyse(people: Sequence[Person], scored: Scored) -> Analysis:
    """What the errors of one network are made of: points off by more than a fifth of the torso, swaps among them, and a row
    for each condition.
    """
    wrong, swaps = missed(scored), swapped(scored)
    return Analysis(
        points=int(np.isfinite(scored.errors_px).sum()),
        missed=int(wrong.sum()),
        swaps=int(swaps.sum()),
        people_with_swaps=int(swaps.any(axis=1).sum()),
        error_share_of_missed=_share(scored.errors_crop, wrong),
        error_share_of_swaps=_share(scored.errors_crop, swaps),
        worst_tenth_share=_worst_tenth(scored.errors_crop),
        swaps_by_landmark={NAMES[i]: int(n) for i, n in enumerate(swaps.sum(axis=0)) if n},
        by=tuple(
            ConditionFigures(
                kind=condition.kind,
                name=condition.name,
                people=int(condition.people.sum()),
                points=int(condition.mask.sum()),
                mean_error_crop_px=mean_or_none(scored.errors_crop[condition.mask]),
                pck_02=mean_or_none(scored.hits(MISSED)[condition.mask]),
                missed=int((wrong & condition.mask).sum()),
                swaps=int((swaps & condition.mask).sum()),
            )
            for condition in conditions(people, scored)
        ),
    )


def _share(errors: np.ndarray, mask: np.ndarray) -> float | None:
    """How much of the sum of ``errors`` is in ``mask``."""
    total = float(np.nansum(errors))
    return float(np.nansum(errors[mask])) / total if total > 0 else None


def _worst_tenth(errors: np.ndarray) -> float | None:
    """How much of the error the worst tenth of the people carries."""
    sums = np.sort(np.nansum(errors, axis=1))[::-1]
    total = float(sums.sum())
    return float(sums[: max(1, round(len(sums) / 10))].sum()) / total if total > 0 else None


def _tilt(person: Person) -> float:
    """Degrees between the torso's and the image's up direction."""
    return abs(np.degrees(person.crop.angle)) if person.crop is not None else 0.0


def _across(person: Person, a: int, b: int) -> float:
    """How far left of a pair lies to the right of right in the upright crop, in lengths of the torso; NaN if unlabelled.

    Positive: the person faces the camera.
    """
    if person.crop is None or not (person.labelled[a] and person.labelled[b]):
        return float("nan")
    crop = person.crop.to_crop(person.keypoints[:, :2])
    middle = [
        crop[[i for i in pair if person.labelled[i]]].mean(axis=0)
        for pair in _TORSO
        if person.labelled[list(pair)].any()
    ]
    length = float(np.linalg.norm(middle[0] - middle[1])) if len(middle) == 2 else 0.0
    return float(crop[a, 0] - crop[b, 0]) / length if length > 0 else float("nan")


_TORSO = ((LEFT_SHOULDER, RIGHT_SHOULDER), (LEFT_HIP, RIGHT_HIP))


def _widths(person: Person) -> np.ndarray:
    widths = np.array([_across(person, a, b) for a, b in _TORSO])
    return widths[np.isfinite(widths)]


def _is_side_view(person: Person) -> bool:
    widths = _widths(person)
    return bool(widths.size and (np.abs(widths) < SIDE_VIEW_BELOW).all())


def _is_back_view(person: Person) -> bool:
    widths = _widths(person)
    return bool(widths.size and (widths < 0).all() and not _is_side_view(person))


def _bend(person: Person, a: str, b: str, c: str) -> float:
    indices = [INDEX[name] for name in (a, b, c)]
    if not person.labelled[indices].all():
        return float("nan")
    return float(interior_angle(*person.keypoints[indices, :2]))


def _is_crouched(person: Person) -> bool:
    return any(
        _bend(person, f"{side}_hip", f"{side}_knee", f"{side}_ankle") < CROUCHED_BELOW_DEG
        and _bend(person, f"{side}_shoulder", f"{side}_hip", f"{side}_knee") < CROUCHED_BELOW_DEG
        for side in ("left", "right")
    )


def _hands_up(person: Person) -> bool:
    """A wrist is above its shoulder, along the body, by more than half a torso."""
    if person.crop is None:
        return False
    crop = person.crop.to_crop(person.keypoints[:, :2])
    torso = person.torso * SIZE / person.crop.side
    return any(
        person.labelled[wrist] and person.labelled[shoulder] and crop[shoulder, 1] - crop[wrist, 1] > 0.5 * torso
        for shoulder, wrist in ((11, 15), (12, 16))
    )


_POSES: dict[str, Callable[[Person], bool]] = {
    "upright": lambda p: _tilt(p) < TILTED_FROM_DEG,
    "tilted or lying": lambda p: TILTED_FROM_DEG <= _tilt(p) < UPSIDE_DOWN_FROM_DEG,
    "upside-down": lambda p: _tilt(p) >= UPSIDE_DOWN_FROM_DEG,
    "seen from the side": _is_side_view,
    "seen from behind": _is_back_view,
    "seen from the front": lambda p: bool(_widths(p).size) and not _is_side_view(p) and not _is_back_view(p),
    "crouched": _is_crouched,
    "hands up": _hands_up,
}
