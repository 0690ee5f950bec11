"""The last choices of a run, made on people that nothing was trained on: how much of the tuned weights to keep, and how
readily the heatmap may speak.

The straight line between stock and tuned weights trades skill for memory. And training on labels that no one can place
exactly makes heatmaps broad and their peaks low, so that MediaPipe, which trusts peaks of 0.5 and more, uses them less than
it should; a constant added to their logits puts that right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from posetune.tune.config import TrainConfig
from posetune.tune.prepare import ordinary_subjects
from posetune.tune.samples import ImageCache, Subject
from posetune.tune.trainer import Trainer
from posetune.tune.validate import errors_with_bias

_SHARES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5)
#: How much the error on the sample set's ordinary people, whom training has not seen, may grow. On everyday photos it grows
#: several times as much (docs/training.md).
_GROWTH = 0.01
_BIASES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)  # logits
_VAL_PEOPLE = 150  # of val, for the bias: it is one number


@dataclass(frozen=True)
class Choice:
    """``share``: of the tuned weights against stock's. ``heatmap_bias``: added to the logits of the 33 heatmaps."""

    share: float
    heatmap_bias: float = 0.0


def choose(
    trainer: Trainer,
    weights: Sequence[Tensor],
    val: Sequence[Subject],
    config: TrainConfig,
    cache: ImageCache,
    device: torch.device,
    say: Callable[[str], None],
) -> Choice:
    """Put ``weights`` (the best of the run) in place and choose what ``config.blend`` and ``config.heatmap_bias`` leave open.

    The share: the largest at which the error on ordinary rendered people grows by no more than :data:`_GROWTH`. The bias:
    the one with the least sum of the errors on ``val`` and on those people, each relative to stock's. ``val`` may be empty:
    the bias is 0 then.
    """
    trainer.use(weights)
    free_bias = config.heatmap_bias == "auto" and len(val) > 0
    biases = _BIASES if free_bias else (0.0 if config.heatmap_bias == "auto" else float(config.heatmap_bias),)

    def errors(network: torch.nn.Module, people: Sequence[Subject], biases: Sequence[float]) -> np.ndarray:
        return errors_with_bias(network, people, biases, cache, device, trainer.pool)  # type: ignore[arg-type]

    if config.blend != "auto" and len(biases) == 1:
        return Choice(float(config.blend), biases[0])
    people = ordinary_subjects()
    stock = float(errors(trainer.stock, people, (0.0,))[0])
    for share in _SHARES if config.blend == "auto" else (float(config.blend),):
        network = trainer.blended(share)
        ordinary = errors(network, people, biases) / stock
        if ordinary.min() <= 1 + _GROWTH:
            break
    best = 0
    if free_bias:
        some = [val[i] for i in np.random.default_rng([config.seed, 4]).permutation(len(val))[:_VAL_PEOPLE]]
        domain = errors(network, some, biases) / float(errors(trainer.stock, some, (0.0,))[0])
        best = int(np.argmin(domain + ordinary))
        say(
            f"Heatmap logits raised by {biases[best]:g}: {domain[best] / domain[0] - 1:+.1%} error on validation, "
            f"{ordinary[best] / ordinary[0] - 1:+.1%} on ordinary people."
        )
    say(
        f"Ordinary people (rendered, unseen): error {ordinary[best] - 1:+.1%} against stock with {share:.0%} of the "
        "tuned weights; kept."
    )
    return Choice(share, biases[best])
