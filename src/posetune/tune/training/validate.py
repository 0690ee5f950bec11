"""The crop protocol on the torch network: the number that a training run watches."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor
from dataclasses import dataclass

import numpy as np
import torch

from posetune.graph.torch.network import Network
from posetune.landmarks import COUNT
from posetune.tune.people.samples import Batch, ImageCache, Subject, collate, make_sample
from posetune.tune.training.losses import OUTPUTS, Prediction, refine


@dataclass(frozen=True, eq=False)
class Score:
    """``mean_px``: mean over labelled points of the distance, crop px of a 256 px crop; ``pck``: the share within 0.2 torso;
    ``people_px``: (N,) the mean of each person, empty where nobody worked it out.
    """

    mean_px: float
    pck: float
    people_px: tuple[float, ...] = ()

    def worse_than(self, other: Score) -> float:
        """By what share the mean is higher than the other's on the same people; 0 where that may be chance: a paired t below
        2, so that one person whose sides flip is no verdict.
        """
        difference = np.subtract(self.people_px, other.people_px)
        difference = difference[np.isfinite(difference)]
        if len(difference) < 3 or difference.mean() <= 2 * difference.std(ddof=1) / np.sqrt(len(difference)):
            return 0.0
        return self.mean_px / other.mean_px - 1


@torch.no_grad()
def predict_points(network: Network, images: torch.Tensor) -> torch.Tensor:
    """(B, 3, S, S) → refined (B, 33, 2) crop px, as MediaPipe would report them."""
    predicted = Prediction.of(network(images, OUTPUTS))
    xy, _ = refine(predicted.points[:, :COUNT, :2], predicted.heatmap[..., :COUNT], network.input_size)
    return xy


def validate(
    network: Network,
    subjects: Sequence[Subject],
    cache: ImageCache,
    device: torch.device,
    pool: Executor | None = None,
    batch: int = 8,
) -> Score:
    """The crop protocol over ``subjects`` with the network's present weights; batches are divided among ``pool``'s threads."""

    def errors(start: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        made = _plain(network, subjects[start : start + batch], cache, device)
        error = (predict_points(network, made.images) - made.points).norm(dim=-1)
        known = made.weight > 0
        torso = torch.stack([_torso(p, k) for p, k in zip(made.points, known, strict=True)])
        ratio = (error / torso[:, None])[known]
        error = error * (256 / network.input_size)
        person = (error * known).sum(1) / known.sum(1)
        return error[known], ratio[torch.isfinite(ratio)] <= 0.2, person

    results = list((pool.map if pool is not None else map)(errors, range(0, len(subjects), batch)))
    distance, within, people = (torch.cat(column) for column in zip(*results, strict=True))
    return Score(float(distance.mean()), float(within.float().mean()), tuple(people.tolist()))


@torch.no_grad()
def errors_with_bias(
    network: Network,
    subjects: Sequence[Subject],
    biases: Sequence[float],
    cache: ImageCache,
    device: torch.device,
    pool: Executor | None = None,
    batch: int = 8,
) -> np.ndarray:
    """(len(biases),) mean error as :func:`validate` gives it, if that much were added to the logits of the points' heatmaps."""

    def errors(start: int) -> torch.Tensor:
        made = _plain(network, subjects[start : start + batch], cache, device)
        predicted = Prediction.of(network(made.images, OUTPUTS))
        xy, heatmap = predicted.points[:, :COUNT, :2], predicted.heatmap[..., :COUNT]
        refined = torch.stack([refine(xy, heatmap + bias, network.input_size)[0] for bias in biases])
        return (refined - made.points).norm(dim=-1)[:, made.weight > 0] * (256 / network.input_size)

    parts = (pool.map if pool is not None else map)(errors, range(0, len(subjects), batch))
    return torch.cat(list(parts), 1).mean(1).cpu().numpy()


def _plain(network: Network, subjects: Sequence[Subject], cache: ImageCache, device: torch.device) -> Batch:
    """The crops of the crop protocol."""
    rng = np.random.default_rng(0)
    samples = [make_sample(s, cache.read(s.image), network.input_size, None, rng) for s in subjects]
    return collate(samples, [s.name for s in subjects]).to(device)


def _torso(points: torch.Tensor, known: torch.Tensor) -> torch.Tensor:
    diagonals = [(points[a] - points[b]).norm() for a, b in ((11, 24), (12, 23)) if known[a] and known[b]]
    return torch.stack(diagonals).mean() if diagonals else torch.tensor(float("nan"), device=points.device)
