"""How much of the tuned network to keep: the straight line between stock and tuned weights trades skill for memory."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from posetune.tune.config import TrainConfig
from posetune.tune.prepare import ordinary_subjects
from posetune.tune.samples import ImageCache
from posetune.tune.trainer import Trainer
from posetune.tune.validate import validate

_SHARES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5)
#: How much the error on the sample set's ordinary people, whom training has not seen, may grow. On everyday photos it grows
#: several times as much (docs/training.md).
_GROWTH = 0.01


def choose_blend(
    trainer: Trainer,
    weights: Sequence[Tensor],
    config: TrainConfig,
    cache: ImageCache,
    device: torch.device,
    say: Callable[[str], None],
) -> float:
    """Put ``weights`` (the best of the run) in place and return the share of them to keep, as ``config.blend`` says.

    "auto": the largest share at which the error on ordinary rendered people grows by no more than :data:`_GROWTH`.
    """
    trainer.use(weights)
    if config.blend != "auto":
        return float(config.blend)
    people = ordinary_subjects()
    stock = validate(trainer.stock, people, cache, device, trainer.pool).mean_px
    for share in _SHARES:
        growth = validate(trainer.blended(share), people, cache, device, trainer.pool).mean_px / stock - 1
        if growth <= _GROWTH:
            break
    say(
        f"Ordinary people (rendered, unseen): error {growth:+.1%} against stock with {share:.0%} of the tuned weights; kept."
    )
    return share
