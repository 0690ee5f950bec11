"""Two networks of one layout made into one, layer by layer, by what their layers are given to read.

The straight line between two networks' weights treats every direction of a layer's input alike. But what tuning changed where only
the user's people excite a layer costs nothing on others, and what it changed where others excite it does. So each layer gets
the weights that come nearest to what the tuned layer makes of the user's crops and to what the stock layer makes of others:

    W = argmin  s · E‖(W − W_tuned) x‖² over the user's crops  +  (1 − s) · E‖(W − W_stock) x‖² over others

whose solution needs the second moments of the layer's inputs alone (regression mean: Jin, Ren, Preotiuc-Pietro, Cheng, *Dataless
Knowledge Fusion by Merging Weights of Language Models*, ICLR 2023).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from posetune.graph.torch.convolution import Convolution
from posetune.graph.torch.network import Network

#: Keeps a system solvable whose inputs hardly vary; in their mean square.
_RIDGE = 1e-4
_TINY = 1e-9
#: Places along a side of a map that are looked at.
_GRID = 6

Affine = tuple[Tensor, Tensor]


@torch.no_grad()
def input_moments(
    network: Network, names: Iterable[str], batches: Iterable[Tensor], outputs: Sequence[int]
) -> dict[str, Tensor]:
    """Second moments of what the convolutions ``names`` read, a 1 for the bias appended, averaged over places and crops:
    (I·kh·kw + 1)² float64; of a depthwise layer (C, kh·kw + 1, kh·kw + 1).

    ``batches`` (B, 3, H, W); ``outputs``: those, by place, whose layers have to be computed. The network must be folded.
    """
    sums: dict[str, Tensor] = {}

    def watch(name: str, module: Convolution) -> Any:
        def hook(_: nn.Module, arguments: tuple[Tensor, ...]) -> None:
            moment = _moment(module, arguments[0])
            sums[name] = sums[name] + moment if name in sums else moment

        return module.register_forward_pre_hook(hook)

    handles = [watch(name, network.get_submodule(name)) for name in names]  # type: ignore[arg-type]
    count = 0
    try:
        for batch in batches:
            network(batch, outputs)
            count += len(batch)
    finally:
        for handle in handles:
            handle.remove()
    return {name: total / count for name, total in sums.items()}


def _moment(module: Convolution, x: Tensor) -> Tensor:
    left, right, top, bottom = module.padding(x.shape[2], x.shape[3])
    x = F.pad(x, (left, right, top, bottom))
    kernel = tuple(module.weight.shape[2:])
    # Neighbouring places read nearly the same: those of a grid will do.
    step = max(1, max(x.shape[2:]) // max(module.stride) // _GRID)
    stride = (module.stride[0] * step, module.stride[1] * step)
    if kernel == (1, 1):
        read = x[:, :, :: stride[0], :: stride[1]].flatten(2)
    else:
        read = F.unfold(x, kernel, stride=stride)  # (B, C·kh·kw, places)
    if module.depthwise:
        read = read.reshape(len(x), x.shape[1], -1, read.shape[2]).permute(1, 2, 0, 3).flatten(2)
        read = torch.cat([read, torch.ones_like(read[:, :1])], 1)  # (C, kh·kw + 1, B·places)
    else:
        read = read.permute(1, 0, 2).flatten(1)
        read = torch.cat([read, torch.ones_like(read[:1])])
    return (read @ read.transpose(-1, -2)).double().cpu() / read.shape[-1] * len(x)


def between(tuned: Affine, stock: Affine, moments: tuple[Tensor, Tensor], share: float) -> Affine:
    """Weight and bias between two layers', as the module's docstring says.

    ``tuned``, ``stock``: (weight (O, I, kh, kw), bias (O,)); ``moments``: of the user's crops and of others, as
    :func:`input_moments` gives them; ``share`` s from 0 (stock) to 1 (tuned).
    """
    own, others = moments[0] * share, moments[1] * (1 - share)
    change, before = _flat(tuned) - _flat(stock), _flat(stock)
    system = own + others
    ridge = _RIDGE * torch.diagonal(system, dim1=-2, dim2=-1).mean(-1) + _TINY
    system = system + torch.eye(system.shape[-1], dtype=system.dtype) * ridge[..., None, None]
    if own.ndim == 3:  # depthwise: a system a channel
        solved = torch.linalg.solve(system, torch.einsum("ci,cij->cj", change, own)[..., None])[..., 0]
    else:
        solved = torch.linalg.solve(system, (change @ own).T).T
    result = (before + solved).to(tuned[0].dtype)
    return result[:, :-1].reshape(tuned[0].shape).to(tuned[0].device), result[:, -1].to(tuned[1].device)


def _flat(layer: Affine) -> Tensor:
    weight, bias = layer
    return torch.cat([weight.detach().flatten(1), bias.detach()[:, None]], 1).double().cpu()


Moments = Mapping[str, tuple[Tensor, Tensor]]
