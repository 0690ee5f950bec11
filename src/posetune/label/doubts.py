"""Whose labels to look at first: what can be told of a label from itself and from the confidence it came with, without a network.

Simple signs, each a probability that the person needs a hand, joined as if they were independent. What networks say of labels
(``data.checks``) is surer and takes a second a person; what it left in the set's folder goes before (``label.hints``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posetune.landmarks import COUNT, INDEX, LEFT_HIP, LEFT_SHOULDER, REGIONS, RIGHT_HIP, RIGHT_SHOULDER, USUAL_BONES

#: A point of this confidence or less is doubted; body points count in full, those of hands and face little.
LOW = 0.5
_WEIGHT = np.array([0.1 if i in REGIONS["face"] or i in REGIONS["hands"] else 1.0 for i in range(COUNT)])
#: A bone so many times longer than the person's others let expect is a sign, and nearly sure at twice that.
BONE = 1.8
#: Shoulders and hips one way round are as good as always so, where both are so wide apart (torsos).
_WIDTH = 0.15
#: Pairs (a, b) of points, and the usual length between them in torsos.
BONES: tuple[tuple[int, int, float], ...] = tuple(
    (INDEX[f"{side}_{a}"], INDEX[f"{side}_{b}"], usual) for (a, b), usual in USUAL_BONES.items() for side in ("left", "right")
)  # fmt: skip
_LONG_BONES = [k for k, (_, _, usual) in enumerate(BONES) if usual >= 0.4]
_TRUNK = [LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP]


@dataclass(frozen=True)
class Doubt:
    """``kind``: "low", "bone", "sides" or "suspect"; ``points``: which; ``share``: 0…1, how likely it is that a hand is needed."""

    kind: str
    points: tuple[int, ...]
    share: float


def scores(keypoints: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """(N,) 0…1, the larger the more in doubt. ``keypoints``: (N, 33, 3) image px and v; ``confidence``: (N, 33), NaN unknown."""
    sure = (1 - _low(keypoints, confidence)) * (1 - _bones(keypoints).max(axis=1, initial=0)) * (1 - _sides(keypoints))
    return 1 - sure


def doubts_of(keypoints: np.ndarray, confidence: np.ndarray) -> list[Doubt]:
    """What is doubted of one person: (33, 3) and (33,)."""
    found = []
    share = float(_low(keypoints[None], confidence[None])[0])
    low = _doubted(keypoints, confidence)
    if low.any():
        found.append(Doubt("low", tuple(int(i) for i in np.flatnonzero(low)), share))
    bones = _bones(keypoints[None])[0]
    found += [
        Doubt("bone", BONES[_LONG_BONES[k]][:2], float(bones[k])) for k in np.argsort(-bones)[:3].tolist() if bones[k] > 0
    ]  # fmt: skip
    sides = float(_sides(keypoints[None])[0])
    if sides > 0.1:
        found.append(Doubt("sides", tuple(_TRUNK), sides))
    return found


def score_of(doubts: Sequence[Doubt]) -> float:
    """Of one person, as :func:`scores`."""
    strongest: dict[str, float] = {}
    for doubt in doubts:
        strongest[doubt.kind] = max(strongest.get(doubt.kind, 0.0), doubt.share)
    return float(1 - np.prod([1 - share for share in strongest.values()]))


def _doubted(keypoints: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    return (keypoints[..., 2] > 0) & (np.nan_to_num(confidence, nan=1.0) <= LOW)


def _low(keypoints: np.ndarray, confidence: np.ndarray) -> np.ndarray:
    """(N,) from the mean lack of confidence of the labelled points, by their weight: half of it all is as good as sure."""
    labelled = (keypoints[..., 2] > 0) * _WEIGHT
    lack = np.clip((LOW + 0.2 - np.nan_to_num(confidence, nan=1.0)) / (LOW + 0.2), 0, 1) * labelled
    return np.clip(2 * lack.sum(axis=1) / np.maximum(labelled.sum(axis=1), 1), 0, 0.9)


def _bones(keypoints: np.ndarray) -> np.ndarray:
    """(N, bones) 0…0.9: from BONE times too long on."""
    known = keypoints[..., 2] > 0
    sizes = np.full((len(keypoints), len(_LONG_BONES)), np.nan)
    for column, k in enumerate(_LONG_BONES):
        a, b, usual = BONES[k]
        length = np.linalg.norm(keypoints[:, a, :2] - keypoints[:, b, :2], axis=1) / usual
        sizes[:, column] = np.where(known[:, a] & known[:, b], length, np.nan)
    enough = np.isfinite(sizes).sum(axis=1) >= 4
    middle = np.full(len(sizes), np.nan)
    middle[enough] = np.nanmedian(sizes[enough], axis=1)
    ratio = np.nan_to_num(sizes / np.maximum(middle[:, None], 1e-6))
    return np.clip((ratio / BONE - 1) * 0.9, 0, 0.9) * enough[:, None]


def _sides(keypoints: np.ndarray) -> np.ndarray:
    """(N,) 0…0.8: shoulders one way round and hips the other, both wide apart."""
    known = (keypoints[:, _TRUNK, 2] > 0).all(axis=1)
    shoulders = keypoints[:, LEFT_SHOULDER, :2] - keypoints[:, RIGHT_SHOULDER, :2]
    hips = keypoints[:, LEFT_HIP, :2] - keypoints[:, RIGHT_HIP, :2]
    middle = keypoints[:, [LEFT_SHOULDER, RIGHT_SHOULDER], :2].mean(axis=1) - keypoints[
        :, [LEFT_HIP, RIGHT_HIP], :2
    ].mean(axis=1)
    torso = np.maximum(np.linalg.norm(middle, axis=1), 1e-6)
    wide = np.minimum(np.linalg.norm(shoulders, axis=1), np.linalg.norm(hips, axis=1)) / torso
    against = (shoulders * hips).sum(axis=1) < 0
    return np.where(known & against, 0.8 * np.clip(wide / _WIDTH, 0, 1) ** 2, 0.0)
