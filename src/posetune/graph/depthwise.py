"""Depthwise convolution with a faster backward pass on CPUs.

torch's own backward for depthwise convolutions in channels-last takes 4 to 9 times its forward pass; the weights' gradient
is nearly all of it. Here the two gradients are taken apart, and the weights' one is a plain loop over channels that numba
compiles to vector instructions (docs/training.md has the measurements). Without numba, or on another device, torch does it.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

_BLOCK = 16  # channels
_TOGETHER = 4  # columns


class DepthwiseConv2d(torch.autograd.Function):
    """``F.conv2d(x, weight, None, stride, padding, groups=C)`` for x (B, C, H, W), weight (C, 1, k, k)."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, weight: Tensor, stride: tuple[int, int], padding: tuple[int, int]) -> Tensor:
        ctx.save_for_backward(x, weight)
        ctx.stride, ctx.padding = stride, padding
        return torch.nn.functional.conv2d(x, weight, None, stride, padding, groups=x.shape[1])

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor | None, Tensor | None, None, None]:
        x, weight = ctx.saved_tensors
        grad = grads[0]
        need_x, need_weight = ctx.needs_input_grad[:2]
        grad_x = _torch_backward(grad, x, weight, ctx, (True, False, False))[0] if need_x else None
        grad_weight = None
        if need_weight:
            if _compiled() is not None and x.device.type == "cpu" and x.dtype == torch.float32:
                grad_weight = weight_gradient(x, grad, weight.shape[2:], ctx.stride, ctx.padding)
            else:
                grad_weight = _torch_backward(grad, x, weight, ctx, (False, True, False))[1]
        return grad_x, grad_weight, None, None


def _torch_backward(grad: Tensor, x: Tensor, weight: Tensor, ctx: Any, mask: tuple[bool, bool, bool]) -> Any:
    return torch.ops.aten.convolution_backward(
        grad, x, weight, None, ctx.stride, ctx.padding, (1, 1), False, (0, 0), x.shape[1], mask
    )


def weight_gradient(
    x: Tensor, grad: Tensor, kernel: tuple[int, ...], stride: tuple[int, int], padding: tuple[int, int]
) -> Tensor:
    """Gradient (C, 1, kh, kw) of a depthwise convolution's weights from its input (B, C, H, W) and output gradient.

    Needs numba. The channels are divided among torch's number of threads, but for the case of :func:`_weight_gradient_5`.
    """
    correlate = _compiled()
    inputs = x.detach().contiguous(memory_format=torch.channels_last).permute(0, 2, 3, 1).numpy()
    grads = grad.detach().contiguous(memory_format=torch.channels_last).permute(0, 2, 3, 1).numpy()
    channels = inputs.shape[3]
    if kernel[1] == 5 and stride == (1, 1) and grads.shape[2] % _TOGETHER == 0:
        return _weight_gradient_5(inputs, grads, kernel[0], padding)
    threads = max(1, min(torch.get_num_threads(), channels // 16))
    edges = [channels * i // threads for i in range(threads + 1)]
    out = np.zeros((kernel[0], kernel[1], channels), np.float32)

    def part(i: int) -> None:
        correlate(inputs, grads, stride[0], stride[1], padding[0], padding[1], edges[i], edges[i + 1], out)

    if threads == 1:
        part(0)
    else:
        list(_pool(threads).map(part, range(threads)))
    return torch.from_numpy(out).permute(2, 0, 1).unsqueeze(1)


def _weight_gradient_5(inputs: np.ndarray, grads: np.ndarray, rows: int, padding: tuple[int, int]) -> Tensor:
    """The same for the costliest case: a kernel five wide, stride 1; inputs, grads (B, H, W, C).

    Channels are taken in blocks whose size the compiler knows, so that it keeps four columns and five taps in registers: half
    the time of the general loop.
    """
    extra = -grads.shape[3] % _BLOCK
    around = ((0, 0), (padding[0],) * 2, (padding[1],) * 2, (0, extra))
    x, grad = np.pad(inputs, around), np.pad(grads, (*((0, 0),) * 3, (0, extra)))
    blocks = x.shape[3] // _BLOCK
    x, grad = (
        np.ascontiguousarray(a.reshape(*a.shape[:3], blocks, _BLOCK).transpose(3, 0, 1, 2, 4)) for a in (x, grad)
    )
    out = np.zeros((blocks, rows, 5 * _BLOCK), np.float32)
    _compiled_5()(
        x.reshape(-1), grad.reshape(-1), x.shape[1], x.shape[2], x.shape[3], grad.shape[2], grad.shape[3], out
    )
    weight = out.reshape(blocks, rows, 5, _BLOCK).transpose(0, 3, 1, 2).reshape(-1, 1, rows, 5)
    return torch.from_numpy(weight[: inputs.shape[3]])


@cache
def _pool(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="depthwise")


@cache
def _compiled() -> Any:
    """The compiled loop, or None without numba."""
    try:
        import numba
    except ImportError:
        return None

    # float32 sums over up to 32 × 128² places: reordering them (fastmath) is no less exact than torch's own order.
    @numba.njit(fastmath=True, nogil=True)
    def correlate(x, grad, sy, sx, py, px, first, last, out):
        batch, height, width, _ = x.shape
        kh, kw, _ = out.shape
        part = np.zeros((kh, kw, last - first), np.float32)
        for b in range(batch):
            for oy in range(grad.shape[1]):
                for i in range(kh):
                    y = oy * sy + i - py
                    if y < 0 or y >= height:
                        continue
                    for ox in range(grad.shape[2]):
                        for j in range(kw):
                            across = ox * sx + j - px
                            if across < 0 or across >= width:
                                continue
                            for c in range(last - first):
                                part[i, j, c] += x[b, y, across, first + c] * grad[b, oy, ox, first + c]
        out[:, :, first:last] = part

    return correlate


@cache
def _compiled_5() -> Any:
    """The compiled loop of :func:`_weight_gradient_5`, over flat arrays in the order block, image, row, column, channel."""
    import numba

    size = _BLOCK

    @numba.njit(fastmath=True, nogil=True)
    def columns(x, xo, grad, go, part):
        for c in range(size):
            g0, g1, g2, g3 = grad[go + c], grad[go + size + c], grad[go + 2 * size + c], grad[go + 3 * size + c]
            x1, x2, x3, x4 = x[xo + size + c], x[xo + 2 * size + c], x[xo + 3 * size + c], x[xo + 4 * size + c]
            x5, x6 = x[xo + 5 * size + c], x[xo + 6 * size + c]
            part[c] += g0 * x[xo + c] + g1 * x1 + g2 * x2 + g3 * x3
            part[size + c] += g0 * x1 + g1 * x2 + g2 * x3 + g3 * x4
            part[2 * size + c] += g0 * x2 + g1 * x3 + g2 * x4 + g3 * x5
            part[3 * size + c] += g0 * x3 + g1 * x4 + g2 * x5 + g3 * x6
            part[4 * size + c] += g0 * x4 + g1 * x5 + g2 * x6 + g3 * x[xo + 7 * size + c]

    @numba.njit(fastmath=True, nogil=True)
    def correlate(x, grad, batch, height, width, rows, across, out):
        for n in range(out.shape[0]):
            for i in range(out.shape[1]):
                part = out[n, i]
                for b in range(batch):
                    for y in range(rows):
                        xo = ((n * batch + b) * height + y + i) * width * size
                        go = ((n * batch + b) * rows + y) * across * size
                        for column in range(0, across, _TOGETHER):
                            columns(x, xo + column * size, grad, go + column * size, part)

    return correlate
