"""Dividing a set into train, val and test by whole groups, so that each has all kinds of poses in its share."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from posetune.data.losses import added_up
from posetune.data.people import Dataset, Person
from posetune.errors import PosetuneError
from posetune.landmarks import INDEX, LEFT_HIP, LEFT_SHOULDER, RIGHT_HIP, RIGHT_SHOULDER

#: Kinds of poses that are told apart, and how many people there are for each at least.
_KINDS, _PEOPLE_A_KIND = 8, 10
_LIMBS = tuple(
    (INDEX[f"{side}_{a}"], INDEX[f"{side}_{b}"])
    for side in ("left", "right")
    for a, b in (("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle"))
)


def merged(sets: Sequence[Dataset]) -> Dataset:
    """Several splits as one set; images and people are numbered anew, as each may have started from 1.

    Raises PosetuneError if their points differ.
    """
    first = sets[0]
    if len(sets) == 1:
        return first
    if any(not s.skeleton.same_points(first.skeleton) for s in sets):
        raise PosetuneError(
            f"{first.name} and its other splits have other points; they cannot be divided anew together."
        )
    images: list = []
    people: list[Person] = []
    for dataset in sets:
        renewed = {id(i): dataclasses.replace(i, id=len(images) + n) for n, i in enumerate(dataset.images, 1)}
        images += renewed.values()
        people += [
            dataclasses.replace(p, id=len(people) + n, image=renewed[id(p.image)])
            for n, p in enumerate(dataset.people, 1)
        ]
    return dataclasses.replace(
        first,
        images=tuple(images),
        people=tuple(people),
        warnings=tuple(dict.fromkeys(w for s in sets for w in s.warnings)),
        losses=added_up([loss for s in sets for loss in s.losses]),
        source_names=tuple(dict.fromkeys(n for s in sets for n in s.source_names)),
        dropped_names=tuple(dict.fromkeys(n for s in sets for n in s.dropped_names)),
    )


def divide(dataset: Dataset, shares: Mapping[str, float], seed: int = 0) -> dict[str, Dataset]:
    """``dataset`` divided by whole groups. ``shares``: name of a split → its share of the people; the shares sum to 1.

    Of each kind of pose (:func:`pose_kinds`) every split gets about its share, as far as groups allow. Each split has at least
    one group. The same seed gives the same split, whatever the order of images in the file.

    Raises PosetuneError: fewer groups than splits, or shares that are none.
    """
    if not all(0 < share < 1 for share in shares.values()) or abs(sum(shares.values()) - 1) > 1e-9:
        raise PosetuneError(f"The shares {', '.join(f'{k} {v:g}' for k, v in shares.items())} do not make up a whole.")
    kinds = pose_kinds(dataset.people, seed)
    groups = sorted(set(dataset.groups))
    if len(groups) < len(shares):
        raise PosetuneError(
            f"{dataset.name} has {len(groups)} group{'s' if len(groups) != 1 else ''} (scene, video or track), and a group is "
            f"never divided: {len(shares)} splits take as many. Label another scene, or say what a group is with --group-by."
        )
    place = {group: i for i, group in enumerate(groups)}
    counts = np.zeros((len(groups), max(kinds, default=0) + 1))
    for person, kind in zip(dataset.people, kinds, strict=True):
        counts[place[person.group], kind] += 1
    images = np.zeros(len(groups))
    for image in dataset.images:
        images[place[image.group]] += 1
    # Images count a little, so that pictures of nobody are shared out, too.
    chosen = _assign(np.column_stack([counts, 0.1 * images]), list(shares.values()), seed)
    return {
        name: dataset.keep([i for i in dataset.images if chosen[place[i.group]] == s], f"{dataset.name} {name}")
        for s, name in enumerate(shares)
    }


def _assign(counts: np.ndarray, shares: Sequence[float], seed: int) -> np.ndarray:
    """(G,) the split of each group: largest first, where it brings the counts (G, kinds) nearest to what is wanted."""
    wanted = np.outer(shares, counts.sum(axis=0))
    weight = 1 / np.maximum(counts.sum(axis=0), 1)
    have = np.zeros_like(wanted)
    chosen = np.full(len(counts), -1)
    shuffled = np.random.default_rng(seed).permutation(len(counts))
    order = shuffled[np.argsort(-counts[shuffled].sum(axis=1), kind="stable")]
    for done, group in enumerate(order):
        # how much nearer to its share each split comes, for what it still lacks
        gain = ((np.abs(wanted - have) - np.abs(wanted - have - counts[group])) * weight).sum(axis=1)
        empty = [s for s in range(len(shares)) if not (chosen == s).any()]
        open_to = empty if len(counts) - done <= len(empty) else range(len(shares))
        relative = {s: gain[s] / wanted[s].sum() for s in open_to}
        chosen[group] = max(relative, key=lambda s: (relative[s], shares[s]))
        have[chosen[group]] += counts[group]
    return chosen


def pose_kinds(people: Sequence[Person], seed: int = 0) -> list[int]:
    """(N,) for each person the kind of pose, 0…: people whose torso and limbs point the same ways (k-means)."""
    features = np.array([_directions(person) for person in people]).reshape(len(people), -1)
    count = max(1, min(_KINDS, len(people) // _PEOPLE_A_KIND))
    if count == 1:
        return [0] * len(people)
    rng = np.random.default_rng(seed)
    order = np.lexsort(features.T)  # the same centres, whatever the order of people
    centres = features[order[rng.choice(len(order), count, replace=False)]]
    nearest = np.zeros(len(features), int)
    for _ in range(20):
        nearest = np.argmin(((features[:, None] - centres[None]) ** 2).sum(axis=2), axis=1)
        centres = np.array(
            [features[nearest == k].mean(axis=0) if (nearest == k).any() else centres[k] for k in range(count)]
        )
    return nearest.tolist()


def _directions(person: Person) -> np.ndarray:
    """(18,) unit vectors of torso and limbs in the image; 0, 0 where one is not labelled."""
    body = person.skeleton.to_body(person.keypoints)
    vectors = [_between(body, (LEFT_HIP, RIGHT_HIP), (LEFT_SHOULDER, RIGHT_SHOULDER))]
    vectors += [_between(body, (a,), (b,)) for a, b in _LIMBS]
    return np.concatenate(vectors)


def _between(body: np.ndarray, first: Sequence[int], second: Sequence[int]) -> np.ndarray:
    ends = [[i for i in end if body[i, 2] > 0] for end in (first, second)]
    if not all(ends):
        return np.zeros(2)
    vector = body[ends[1], :2].mean(axis=0) - body[ends[0], :2].mean(axis=0)
    return vector / max(float(np.hypot(*vector)), 1e-9)
