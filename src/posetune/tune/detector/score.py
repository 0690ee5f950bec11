"""How well a detector finds people: what a run chooses by."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from posetune.data.found import match_found
from posetune.graph.torch.network import Network
from posetune.tune.detector.batches import Prepared
from posetune.tune.detector.samples import Sample
from posetune.tune.detector.targets import found_by
from posetune.tune.detector.trainer import DetectorTrainer, live

_AT_ONCE = 8  # pictures that a thread works on


@dataclass(frozen=True, eq=False)
class Looked:
    """Pictures to look at, as the detector sees them; ``base_says``: of each, the hips (K, 2) that the base detector says."""

    samples: tuple[Sample, ...]
    prepared: tuple[Prepared, ...]
    base_says: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Score:
    """``labelled`` people and how many of them were ``found``; ``duplicates``: second answers for one of them; ``false``: answers
    where nobody is labelled and the base detector says nobody either.

    ``centre``: of those found, how far the crop's middle lies from the label's, in sides of the label's crop, median; ``side``: the
    crop's side in that of the label's, median; ``angle_deg``: how far it is turned from the label's, median.
    """

    labelled: int
    found: int
    duplicates: int
    false: int
    centre: float
    side: float
    angle_deg: float

    @property
    def f1(self) -> float:
        """The harmonic mean of the share found and the share of answers that find somebody; 1 where nobody is labelled or found."""
        wrong = self.duplicates + self.false
        whole = 2 * self.found + wrong + (self.labelled - self.found)
        return 2 * self.found / whole if whole else 1.0

    def to_json(self) -> dict[str, float | None]:
        """For programs; what there is not is None."""
        return {"f1": self.f1, **{k: None if v != v else v for k, v in vars(self).items()}}

    def __str__(self) -> str:
        counts = f"found {self.found} of {self.labelled}, {self.duplicates} twice, {self.false} where nobody is"
        if not self.found:
            return counts
        return f"{counts}; crop {self.side:.2f} of the label's side, {self.centre:.3f} sides off, {self.angle_deg:.0f}° turned"


def looked_at(samples: Sequence[Sample], trainer: DetectorTrainer) -> Looked:
    """Prepare pictures for :func:`score_of`. The trainer's base detector says whom it finds by itself."""
    prepared: list[Prepared] = []
    for first in range(0, len(samples), _AT_ONCE):
        prepared += trainer.prepare(samples[first : first + _AT_ONCE])
    says = [people[:, 1] for people in answers(trainer.stock, trainer, prepared, None)]
    return Looked(tuple(samples), tuple(prepared), tuple(says))


def score_of(network: Network, looked: Looked, trainer: DetectorTrainer, pool: Executor | None = None) -> Score:
    """``network``: any with the frozen layers of ``trainer``."""
    labelled = found = duplicates = false = 0
    errors: list[tuple[float, float, float]] = []
    given = answers(network, trainer, looked.prepared, pool)
    for sample, people, says in zip(looked.samples, given, looked.base_says, strict=True):
        circles, radius = sample.people, sample.people.radius
        torsos = np.maximum(np.linalg.norm(circles.shoulder - circles.hip, axis=1), radius / 4)
        match = match_found(circles.hip, torsos, people[:, 1], sample.ignored)
        labelled, found = labelled + len(circles), found + int((match.person >= 0).sum())
        duplicates += int(match.duplicate.sum())
        wrong = people[match.false]
        if sample.others != "nobody" and len(says) and len(wrong):
            reach = np.linalg.norm(wrong[:, 2] - wrong[:, 1], axis=1)[:, None] / 2
            own = np.linalg.norm(wrong[:, None, 1] - says[None], axis=2) < reach
            wrong = wrong[~own.any(axis=1)]
        false += 0 if sample.others == "ignore" else len(wrong)
        for k in np.flatnonzero(match.person >= 0):
            up, theirs = (p[2] - p[1] for p in (people[match.person[k]], (None, circles.hip[k], circles.circle[k])))
            off = float(np.linalg.norm(people[match.person[k], 1] - circles.hip[k]))
            turn = np.degrees(np.arctan2(theirs[0] * up[1] - theirs[1] * up[0], np.dot(theirs, up)))
            errors.append((off / (2.5 * radius[k]), float(np.linalg.norm(up)) / radius[k], abs(float(turn))))
    centre, side, angle = np.median(errors, axis=0) if errors else (float("nan"),) * 3
    return Score(labelled, found, duplicates, false, float(centre), float(side), float(angle))


@torch.no_grad()
def answers(
    network: Network, trainer: DetectorTrainer, prepared: Sequence[Prepared], pool: Executor | None
) -> list[np.ndarray]:
    """Of each picture (K, 5, 2): box centre, hips, circle, shoulders, top of whom ``network`` finds, px of 224."""

    def run(part: Sequence[Prepared]) -> list[np.ndarray]:
        with torch.no_grad():
            stems: Tensor = torch.stack([p.stem for p in part]).to(trainer.device)
            outputs = network.finish(trainer.begin(stems).values, trainer.outputs, trainer.stem)
            boxes, logits = (t.cpu().numpy() for t in live(outputs))
        return [found_by(b, s)[0] for b, s in zip(boxes, logits, strict=True)]

    parts = [prepared[i : i + _AT_ONCE] for i in range(0, len(prepared), _AT_ONCE)]
    return [answer for part in (map(run, parts) if pool is None else pool.map(run, parts)) for answer in part]
