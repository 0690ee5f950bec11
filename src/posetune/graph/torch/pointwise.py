"""1×1 convolutions as the matrix products that they are.

torch has a slow path and a fast one for them, and takes the slow one where it runs on one thread, as each of a training run's
threads does (docs/lab/results/training-speed.md).
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor


class PointwiseConv2d(torch.autograd.Function):
    """``F.conv2d(x, weight, bias)`` for x (B, C, H, W) in channels-last, weight (O, C, 1, 1), bias (O,)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
        ctx.save_for_backward(x, weight)
        if x.device.type == "cpu" and x.dtype == torch.float32 and torch.backends.mkldnn.is_available():
            return torch.ops.aten.mkldnn_convolution(x, weight, bias, (0, 0), (1, 1), (1, 1), 1)
        return torch.nn.functional.conv2d(x, weight, bias)

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
        x, weight = ctx.saved_tensors
        grad = _rows(grads[0])
        need_x, need_weight, need_bias = ctx.needs_input_grad
        grad_x = None
        if need_x:
            b, _, h, w = x.shape
            grad_x = (grad @ weight.flatten(1)).view(b, h, w, -1).permute(0, 3, 1, 2)
        grad_weight = (grad.t() @ _rows(x))[..., None, None] if need_weight else None
        return grad_x, grad_weight, grad.sum(0) if need_bias else None


def _rows(x: Tensor) -> Tensor:
    """(B, C, H, W) → (B · H · W, C), without a copy if it is in channels-last."""
    return x.permute(0, 2, 3, 1).reshape(-1, x.shape[1])
