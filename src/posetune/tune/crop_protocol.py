"""The crop protocol: everybody on the plain crop that the labels imply, errors in px of a 256 px crop.

One way for the network in torch that is being trained, and for the file that users get; for MediaPipe's 33 points and for a
head's K points. ``measure`` does the same on whole sets, through the runtime.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch

from posetune.data.sides import flipped_points
from posetune.geometry import SIZE, side_torso_px, torso_px
from posetune.graph.torch.network import Network
from posetune.landmarks import COUNT
from posetune.progress import Counter
from posetune.runtime.landmark_network import LandmarkNetwork, refine
from posetune.tune.people.samples import ImageCache, Sample, Subject, make_sample
from posetune.tune.training.losses import OUTPUTS, Prediction
from posetune.tune.training.losses import refine as refine_batch

#: People who are asked about at once.
_BATCH = 8


@dataclass(frozen=True, eq=False)
class Answerer:
    """A network as the protocol asks it. ``size``: its crops' side S. ``points``: (B, S, S, 3) uint8 RGB → (B, K, 2) crop px,
    or (A, B, K, 2) where it gives A answers.
    """

    size: int
    points: Callable[[np.ndarray], np.ndarray]


@dataclass(frozen=True, eq=False)
class Errors:
    """What was found on N crops.

    ``found``: (N, K, 2) or (A, N, K, 2), crop px of the network's ``size``. ``target``: (N, K, 2). ``known``: (N, K) bool.
    """

    found: np.ndarray
    target: np.ndarray
    known: np.ndarray
    size: int

    @cached_property
    def px(self) -> np.ndarray:
        """(…, N, K): the distances, px of a 256 px crop, also where nothing is known."""
        return np.linalg.norm(self.found - self.target, axis=-1) * (SIZE / self.size)

    @property
    def mean_px(self) -> np.ndarray:
        """(…): the mean over what is known; NaN where nothing is."""
        known = self.px[..., self.known]
        return known.mean(-1) if known.shape[-1] else np.full(known.shape[:-1], np.nan)

    @property
    def people_px(self) -> np.ndarray:
        """(N,): the mean of each person."""
        with np.errstate(invalid="ignore"):
            return np.where(self.known, self.px, 0).sum(-1) / self.known.sum(-1)

    def within(self, share: float, torso: float | None = None) -> float:
        """The share of the known points that err by no more than ``share`` of the torso; people without one are left out, and
        it is NaN where nobody has one.

        ``torso``: px of a 256 px crop, instead of each person's own (which the 33 points tell).
        """
        torsos = self._torsos * (SIZE / self.size) if torso is None else np.full(len(self.target), torso)
        ratio = (self.px / torsos[:, None])[self.known]
        ratio = ratio[np.isfinite(ratio)]
        return float((ratio <= share).mean()) if len(ratio) else float("nan")

    @property
    def flipped(self) -> np.ndarray:
        """(N,) bool: whose left and right are taken for each other, of MediaPipe's 33 points (``data.sides``)."""
        return np.asarray(flipped_points(self.found, self.target, self.known, self._torsos).any(axis=1))

    @property
    def _torsos(self) -> np.ndarray:
        """(N,) crop px of the network's ``size``; NaN where somebody has none."""
        return np.array([_torso(points, known) for points, known in zip(self.target, self.known, strict=True)])


def _torso(points: np.ndarray, known: np.ndarray) -> float:
    """Of somebody labelled on one side alone, that side."""
    diagonals = torso_px(points, known)
    return side_torso_px(points, known) if np.isnan(diagonals) else diagonals


def plain_crop(subject: Subject, cache: ImageCache, size: int) -> Sample:
    """The crop that the labels imply, neither turned nor moved; ``size``: its side, px."""
    return make_sample(subject, cache.read(subject.image), size, None, np.random.default_rng(0))


def measured(
    answerer: Answerer, subjects: Sequence[Subject], cache: ImageCache, pool: Executor | None = None,
    counter: Counter | None = None,
) -> Errors:  # fmt: skip
    """Ask about everybody. ``pool``: whose threads share the work. ``counter`` counts the people."""

    def part(start: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        samples = [plain_crop(s, cache, answerer.size) for s in subjects[start : start + _BATCH]]
        found = answerer.points(np.stack([s.pixels for s in samples]))
        return found, np.stack([s.points for s in samples]), np.stack([s.weight for s in samples]) > 0

    parts = []
    for piece in (pool.map if pool is not None else map)(part, range(0, len(subjects), _BATCH)):
        parts.append(piece)
        if counter is not None:
            counter.step(by=len(piece[1]))
    found, target, known = zip(*parts, strict=True)
    return Errors(np.concatenate(found, axis=-3), np.concatenate(target), np.concatenate(known), answerer.size)


def share_of(people: int, part: int, parts: int) -> list[int]:
    """Whom of N people one of several ``parts`` looks at: whole batches, so that all are asked about in the company in which one
    alone would ask about them, and answers do not differ in their last bits.
    """
    return [k for k in range(people) if k // _BATCH % parts == part]


def together(parts: Sequence[Errors | None]) -> Errors:
    """The errors of N people of whom each part looked at its :func:`share_of`, each once, in their own order; None for a part
    without anybody.
    """
    present = [part for part in parts if part is not None]
    if len(parts) == 1:
        return present[0]
    people = sum(len(p.target) for p in present)
    order = np.argsort([who for k in range(len(parts)) for who in share_of(people, k, len(parts))])
    found = np.take(np.concatenate([p.found for p in present], axis=-3), order, axis=-3)
    target, known = (np.concatenate([getattr(p, name) for p in present])[order] for name in ("target", "known"))
    return Errors(found, target, known, present[0].size)


# --- networks ----------------------------------------------------------------------------------------------------------


def in_torch(network: Network, device: torch.device, biases: Sequence[float] | None = None) -> Answerer:
    """The 33 points, refined, with the network's present weights. ``biases``: A answers, one for each of these added to the
    logits of the points' heatmaps.
    """

    @torch.no_grad()
    def points(pixels: np.ndarray) -> np.ndarray:
        predicted = Prediction.of(network(images_of(pixels, device), OUTPUTS))
        xy, heatmap = predicted.points[:, :COUNT, :2], predicted.heatmap[..., :COUNT]
        answers = [refine_batch(xy, heatmap + bias, network.input_size)[0] for bias in biases or (0.0,)]
        return (answers[0] if biases is None else torch.stack(answers)).cpu().numpy()

    return Answerer(network.input_size, points)


def in_file(network: LandmarkNetwork) -> Answerer:
    """The 33 points of a landmark network under LiteRT, refined as MediaPipe reports them."""
    return Answerer(network.size, lambda pixels: file_answers(network, pixels)[0][:, :COUNT])


def file_answers(network: LandmarkNetwork, pixels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What a network says of crops (N, S, S, 3) uint8: all 39 points, refined, (N, 39, 2) crop px; and presence (N,)."""
    outputs = [network(crop) for crop in pixels]
    refined = [refine(o.points, o.heatmap, network.size)[:, :2] for o in outputs]
    return np.stack(refined), np.array([o.presence for o in outputs])


def images_of(pixels: np.ndarray, device: torch.device) -> torch.Tensor:
    """(B, S, S, 3) uint8 RGB → (B, 3, S, S) float32 in [0, 1]."""
    return torch.from_numpy(pixels).permute(0, 3, 1, 2).float().div_(255).to(device)
