"""Batch norm put back: convolutions in a form that can be trained, computing what they did before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from posetune.errors import PosetuneError
from posetune.graph.torch.convolution import Convolution
from posetune.graph.torch.network import Network


@contextmanager
def _recording(network: Network, names: Iterable[str]) -> Iterator[dict[str, list[Tensor]]]:
    """Collect per convolution, summed over batches: means and mean squares of its input (C_in,) and output (C_out,)."""
    records: dict[str, list[Tensor]] = {}

    def watch(name: str, module: Convolution) -> Any:
        def hook(_: nn.Module, arguments: tuple[Tensor, ...]) -> None:
            x = arguments[0]
            y = module.convolve(x, *module.effective())
            sums = [x.mean((0, 2, 3)), (x * x).mean((0, 2, 3)), y.mean((0, 2, 3)), (y * y).mean((0, 2, 3))]
            records[name] = [a + b for a, b in zip(records[name], sums, strict=True)] if name in records else sums

        return module.register_forward_pre_hook(hook)

    handles = [watch(name, module) for name, module in network.convolutions() if name in set(names)]
    try:
        yield records
    finally:
        for handle in handles:
            handle.remove()


@torch.no_grad()
def normalise(
    network: Network, batches: Iterable[Tensor], names: Iterable[str], outputs: Sequence[int], floor: float = 0.1
) -> None:
    """Bring the convolutions ``names`` into the normalised form, in place, measured on batches (B, 3, H, W).

    ``outputs``: the outputs (by place) that have to be computed for it. The network computes what it did before, up to
    float32 rounding. ``floor`` bounds the scales from below, relative to the layer's mean: a channel that is silent on
    these crops may speak on others, and must not be a lever.
    """
    count = 0
    with _recording(network, names) as records:
        for batch in batches:
            network(batch, outputs)
            count += 1
    if not count:
        raise PosetuneError("No images to measure the network's activations on.")
    for name, sums in records.items():
        module: Any = network.get_submodule(name)
        input_mean, input_square, mean, square = (r / count for r in sums)
        _normalise_one(module, *_mean_std(input_mean, input_square, floor), *_mean_std(mean, square, floor))


def _normalise_one(module: Convolution, input_mean: Tensor, input_std: Tensor, mean: Tensor, std: Tensor) -> None:
    # A depthwise weight has one input channel per output channel; a dense one has them along dimension 1.
    shape = (-1, 1, 1, 1) if module.depthwise else (1, -1, 1, 1)
    if not module.depthwise:
        # One scale for all input channels: dividing each by its own makes weak channels as loud as strong ones, and training
        # then forgets a third more for the same gain (docs/lab/results/batch-norm.md).
        input_std = torch.full_like(input_std, float(input_std.mean()))
    module.input_mean, module.input_std = input_mean.view(shape), input_std.view(shape)
    module.mean, module.std = mean, std
    module.gain = nn.Parameter(torch.ones_like(std))
    module.bias.copy_((module.bias + (module.weight * module.input_mean).sum((1, 2, 3)) - mean) / std)
    module.weight.mul_(module.input_std / std.view(-1, 1, 1, 1))


def _mean_std(mean: Tensor, square: Tensor, floor: float) -> tuple[Tensor, Tensor]:
    std = (square - mean * mean).clamp_min(0).sqrt()
    typical = float(std.mean())  # 0: a new layer that says nothing yet
    return mean, std.clamp_min(max(typical * floor, 1e-6) if typical else 1.0)
