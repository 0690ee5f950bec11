"""Labels that a stock network firmly contradicts: left and right exchanged, points on the wrong limb.

Nobody but a person can say which of the two is wrong, so these are suspects: for a person to look at, and
for a trainer to trust less. How well this works on real labels: docs/lab/results/suspects.md.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from posetune.data.answers import crop_answers
from posetune.data.people import Dataset, Person
from posetune.errors import PosetuneError
from posetune.landmarks import COUNT, FLIP, NAMES, REGIONS
from posetune.runtime.landmarker import Landmarker

#: A swap is suspected when exchanging left and right brings the labels nearer to the network by at least
#: this share of the distance between left and right. (−1: the label is what the network says; 1: the very
#: reverse.)
SWAP_GAIN = 0.4
#: Left and right must lie this far apart on average (in torsos) for a swap to be told at all.
SWAP_SEPARATION = 0.15
#: A point is suspected when it lies this many torsos from the answer …
POINT_DISTANCE = 0.5
#: … while the answers on the crop and on its mirror image agree to this many torsos, …
POINT_AGREEMENT = 0.15
#: … the network takes the point for visible (0…1), …
POINT_VISIBILITY = 0.5
#: … and it fits the person otherwise: the median distance over their labels, in torsos.
POINT_REST = 0.3

_ARMS = (11, 12, *REGIONS["arms"], *REGIONS["hands"])
_LEGS = (23, 24, *REGIONS["legs"], *REGIONS["feet"])
_SWAPS = {"swap_all": (*_ARMS, *_LEGS), "swap_arms": _ARMS, "swap_legs": _LEGS}
#: What is said of labels whose sides are exchanged, by the kind of a suspect or a finding.
SWAP_TEXTS = {
    "swap_all": "left and right look exchanged",
    "swap_arms": "the left and the right arm look exchanged",
    "swap_legs": "the left and the right leg look exchanged",
}


@dataclass(frozen=True)
class Suspect:
    """A label that the network contradicts.

    ``kind``: "swap_all", "swap_arms", "swap_legs" or "point". ``landmarks``: the indices concerned.
    ``score``: for a swap the gain (SWAP_GAIN … 1), for a point its distance from the answer in torsos.
    ``text``: a sentence for the user.
    """

    person_id: int
    kind: str
    landmarks: tuple[int, ...]
    score: float
    text: str


def network_answers(
    dataset: Dataset, networks: Mapping[str, Landmarker], progress: Callable[[int], None] | None = None
) -> np.ndarray:
    """What ``networks`` say of ``dataset.usable`` by the crop protocol, for :func:`find_suspects`.

    Every network answers twice, on the crop and on its mirror image: where the two differ it is not sure.
    Returns (A, N, 33, 4): x, y, z in image px, visibility 0…1. ``progress`` is called with the crops done
    (of 2 N).
    """
    people = dataset.usable
    views = []
    for before, mirrored in ((0, False), (len(people), True)):

        def count(done: int, before: int = before) -> None:
            if progress is not None:
                progress(before + done)

        answers = crop_answers(networks, people, mirrored=mirrored, progress=count)
        views += [np.concatenate([a.points_px, a.visibility[..., None]], axis=-1) for a in answers.values()]
    return np.stack(views)


def find_suspects(dataset: Dataset, answers: np.ndarray) -> list[Suspect]:
    """The suspects among the labels of ``dataset.usable``, the strongest first.

    ``answers``: image px, (N, 33, ≥2) or several sets (A, N, 33, ≥2), in the order of ``dataset.usable``; a
    fourth value is the visibility. One answer serves, but two that must agree (see :func:`network_answers`)
    accuse fewer good labels.

    Raises PosetuneError if there are not as many answers as usable people.
    """
    views = answers[None] if answers.ndim == 3 else answers
    people = dataset.usable
    if views.ndim != 4 or views.shape[1:3] != (len(people), COUNT):
        raise PosetuneError(
            f"find_suspects wants answers of shape (A, {len(people)}, {COUNT}, ≥2), one for each usable "
            f"person, not {answers.shape}."
        )
    suspects: list[Suspect] = []
    for i, person in enumerate(people):
        swap = _swap(person, views[:, i])
        # Where sides are exchanged every single point looks wrong, and is not.
        suspects += [swap] if swap is not None else _points(person, views[:, i])
    return sorted(suspects, key=lambda s: (s.kind == "point", -s.score))


def swap_gain(keypoints: np.ndarray, views: np.ndarray, region: tuple[int, ...]) -> tuple[float, float]:
    """``(gain, separation)`` of exchanging left and right in ``region``: see SWAP_GAIN; separation in image
    px.

    ``keypoints`` (33, 3) image px and v; ``views`` (A, 33, ≥2) image px. (0, 0) if no pair of the region is
    labelled.
    """
    pairs = [i for i in region if FLIP[i] != i and keypoints[i, 2] > 0 and keypoints[FLIP[i], 2] > 0]
    if not pairs:
        return 0.0, 0.0
    label, exchanged = keypoints[pairs, :2], keypoints[FLIP[pairs], :2]
    separation = np.linalg.norm(label - exchanged, axis=-1)
    as_labelled = np.linalg.norm(views[:, pairs, :2] - label, axis=-1).mean(axis=0)
    as_exchanged = np.linalg.norm(views[:, pairs, :2] - exchanged, axis=-1).mean(axis=0)
    if not separation.sum() > 0:
        return 0.0, 0.0
    return float((as_labelled - as_exchanged).sum() / separation.sum()), float(separation.mean())


def _swap(person: Person, views: np.ndarray) -> Suspect | None:
    """Arms, legs, or both: "all" only if both take part, or one of them cannot be told."""
    gains: dict[str, float] = {}
    for kind, region in _SWAPS.items():
        gain, separation = swap_gain(person.keypoints, views, region)
        if separation >= SWAP_SEPARATION * person.torso:
            gains[kind] = gain
    arms, legs = gains.get("swap_arms"), gains.get("swap_legs")
    accused = [kind for kind in ("swap_arms", "swap_legs") if gains.get(kind, 0) >= SWAP_GAIN]
    if gains.get("swap_all", 0) >= SWAP_GAIN and (arms is None or arms > 0) and (legs is None or legs > 0):
        kind = "swap_all"
    elif accused:
        kind = max(accused, key=lambda k: gains[k])
    else:
        return None
    landmarks = tuple(i for i in _SWAPS[kind] if FLIP[i] != i and person.labelled[i] and person.labelled[FLIP[i]])
    return Suspect(person.id, kind, landmarks, gains[kind], f"{_who(person)}: {SWAP_TEXTS[kind]}")


def _points(person: Person, views: np.ndarray) -> list[Suspect]:
    distances = np.linalg.norm(views[..., :2] - person.keypoints[:, :2], axis=-1).mean(axis=0) / person.torso
    middle = views[..., :2].mean(axis=0)
    spread = 2 * np.linalg.norm(views[..., :2] - middle, axis=-1).max(axis=0) / person.torso
    sure = spread <= POINT_AGREEMENT
    if views.shape[-1] > 3:
        sure &= views[..., 3].mean(axis=0) >= POINT_VISIBILITY
    with np.errstate(invalid="ignore"):  # NaN: no answer, or no torso
        wrong = person.labelled & sure & (distances >= POINT_DISTANCE)
    if not wrong.any() or not np.median(distances[person.labelled]) <= POINT_REST:
        return []
    return [
        Suspect(
            person.id,
            "point",
            (int(i),),
            float(distances[i]),
            f"{_who(person)}: {NAMES[i]} is {distances[i]:.1f} torsos from where the network sees it",
        )
        for i in np.flatnonzero(wrong)
    ]


def _who(person: Person) -> str:
    return f"{person.image.path.name}, person {person.id}"
