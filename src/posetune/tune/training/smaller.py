"""Tuning a network for smaller crops (192, 224 px): it learns its new size from labels and from the 256 px network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
import torch.nn.functional as F
from torch import Tensor

from posetune.geometry import SIZE
from posetune.graph.flatbuffer import Graph
from posetune.graph.resize import resized
from posetune.graph.torch.network import Network
from posetune.tune.config import TrainConfig
from posetune.tune.people.samples import Batch
from posetune.tune.training.losses import OUTPUTS, Prediction
from posetune.tune.training.trainer import Begun, Trainer


class SmallerTrainer(Trainer):
    """Batches come at 256 px; the network that is trained sees them at its own size.

    What has no label is held to the answer of the stock network at 256 px, not to that of the untuned small one, which errs a
    fifth more: so the small one also learns to be small.
    """

    def __init__(
        self, landmarks: bytes, config: TrainConfig, calibration: Sequence[Tensor], device: torch.device
    ) -> None:
        """``landmarks``: the network of 256 px; ``calibration`` as for :class:`Trainer`, at 256 px."""
        small = Graph(resized(landmarks, config.size), config.base)
        super().__init__(small, config, [shrunk(c, config.size) for c in calibration], device)
        self.reference = Network(Graph(landmarks, config.base)).to(device).requires_grad_(False)

    def parts(self, batch: Batch, begun: Begun) -> dict[str, Tensor]:
        ratio = self.network.input_size / SIZE
        targets = replace(batch.targets, points=batch.targets.points * ratio)
        return super().parts(replace(batch, targets=targets), begun)

    @torch.no_grad()
    def begin(self, images: Tensor) -> Begun:
        size = self.network.input_size
        stock = at_size(Prediction.of(self.reference(images, OUTPUTS)), size)
        return Begun(self.network.begin(shrunk(images, size), OUTPUTS, self.stem), stock)


def shrunk(images: Tensor, size: int) -> Tensor:
    """(B, 3, S, S) → (B, 3, size, size), filtered against aliasing."""
    return F.interpolate(images, (size, size), mode="bilinear", antialias=True, align_corners=False)


def at_size(prediction: Prediction, size: int) -> Prediction:
    """A 256 px network's answer in the terms of one of ``size`` px: coordinates in its px, the heatmap on its cells.

    A cell stands at its index times 4 px in both.
    """
    scale = torch.ones(5, device=prediction.points.device)
    scale[:3] = size / SIZE
    cells = prediction.heatmap.shape[1]
    fewer = cells * size // SIZE
    at = torch.arange(fewer, device=scale.device) * (cells / fewer)
    low = at.floor().long().clamp(max=cells - 2)
    part = at - low
    rows = torch.lerp(prediction.heatmap[:, low], prediction.heatmap[:, low + 1], part[None, :, None, None])
    heatmap = torch.lerp(rows[:, :, low], rows[:, :, low + 1], part[None, None, :, None])
    return Prediction(prediction.points * scale, prediction.presence, heatmap, prediction.world)
