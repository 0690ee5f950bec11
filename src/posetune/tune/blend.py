"""How much of the tuned network to keep: the straight line between stock and tuned weights trades skill for memory."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from posetune.tune.config import TrainConfig
from posetune.tune.samples import ImageCache, Subject
from posetune.tune.trainer import Trainer


def choose_blend(
    trainer: Trainer,
    weights: Sequence[Tensor],
    config: TrainConfig,
    replay: Sequence[Subject],
    cache: ImageCache,
    device: torch.device,
    say: Any,
) -> float:
    """Put the best weights in place and return the share of them to keep."""
    trainer.use(weights)
    return 1.0 if config.blend == "auto" else float(config.blend)
