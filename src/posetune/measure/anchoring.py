"""Whether who corrects prelabels corrects them or believes them: their labels beside what was proposed, in images where the
proposal was shown and in those where it was held back (``posetune label --blind``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from posetune.data.people import Dataset
from posetune.errors import PosetuneError
from posetune.measure.annotators import Pair, paired

#: A point is where it was proposed if it is nearer than this, image px: nobody clicks so well.
_UNTOUCHED_PX = 0.5
_REPEATS = 2000


@dataclass(frozen=True)
class Beside:
    """Labels beside proposals. ``images`` looked at, ``people`` paired; ``distance``: mean over points, torsos; ``untouched``: the
    share of points that are where they were proposed.
    """

    images: int
    people: int
    distance: float
    untouched: float

    def to_json(self) -> dict[str, Any]:
        return vars(self)


@dataclass(frozen=True)
class Anchoring:
    """``shown``, ``blind``: images with the proposal shown and without. ``pull``: how much nearer labels are to the proposal where
    it was shown (torsos, blind minus shown), and its 95 % interval over images.
    """

    shown: Beside
    blind: Beside
    pull: float
    interval: tuple[float, float]

    def to_json(self) -> dict[str, Any]:
        return {
            "shown": self.shown.to_json(), "blind": self.blind.to_json(), "pull": self.pull, "interval": list(self.interval),
        }  # fmt: skip


def anchoring(labels: Dataset, proposed: Dataset, seed: int = 0) -> Anchoring:
    """``labels``: the set, of which people with a status that somebody gave count; ``proposed``: what was proposed for it.

    Raises PosetuneError where in no blind image, or in none with a proposal, somebody was labelled.
    """
    done = labels.where(lambda p: p.origin.seen)
    sides = []
    for blind in (False, True):
        images = [i for i in done.images if i.origin.blind == blind and any(p.image is i for p in done.people)]
        if not images:
            what = "blind image (label --blind 5% makes some)" if blind else "image with its prelabels shown"
            raise PosetuneError(f"{labels.name}: nobody was labelled yet in any {what}, and both are needed.")
        pairs, _ = paired([done.keep(images)], [proposed])
        sides.append((len(images), _by_image(pairs)))
    (shown_images, shown), (blind_images, blind_) = sides
    rng = np.random.default_rng(seed)
    draws = [_mean(_drawn(blind_, rng)) - _mean(_drawn(shown, rng)) for _ in range(_REPEATS)]
    low, high = np.percentile(draws, (2.5, 97.5))
    return Anchoring(
        _beside(shown_images, shown),
        _beside(blind_images, blind_),
        _mean(blind_) - _mean(shown),
        (float(low), float(high)),
    )


@dataclass(frozen=True, eq=False)
class _Person:
    """``torsos``, ``px``: (n,) of the points that both have."""

    torsos: np.ndarray
    px: np.ndarray


def _by_image(pairs: Sequence[Pair]) -> list[list[_Person]]:
    images: dict[str, list[_Person]] = {}
    for label, proposal in pairs:
        both = label.labelled & proposal.labelled
        px = np.linalg.norm(label.keypoints[both, :2] - proposal.keypoints[both, :2], axis=1)
        torso = proposal.torso if np.isfinite(proposal.torso) else label.torso
        if len(px) and torso > 0:
            images.setdefault(label.image.path.name, []).append(_Person(px / torso, px))
    return list(images.values())


def _drawn(images: list[list[_Person]], rng: np.random.Generator) -> list[list[_Person]]:
    return [images[i] for i in rng.integers(0, len(images), len(images))]


def _mean(images: list[list[_Person]]) -> float:
    return float(np.mean(np.concatenate([p.torsos for people in images for p in people])))


def _beside(count: int, images: list[list[_Person]]) -> Beside:
    px = np.concatenate([p.px for people in images for p in people])
    return Beside(count, sum(map(len, images)), _mean(images), float((px < _UNTOUCHED_PX).mean()))
