"""Depthwise convolution with a faster backward pass on CPUs.

torch's own backward for depthwise convolutions in channels-last takes 4 to 9 times its forward pass; the weights' gradient
is nearly all of it. Here the two gradients are taken apart, and the weights' one is a loop that numba compiles to vector
instructions (docs/lab/results/training-speed.md has the measurements). Without numba, or on another device, torch does it.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor

_BLOCK = 16  # channels: one line of the processor's cache


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

    Needs numba. ``stride``: the same in both directions.
    """
    inputs, grads = (
        a.detach().contiguous(memory_format=torch.channels_last).permute(0, 2, 3, 1).numpy() for a in (x, grad)
    )
    out = np.zeros((inputs.shape[3], *kernel), np.float32)
    _compiled()(inputs, grads, stride[0], padding[0], padding[1], out)
    return torch.from_numpy(out).unsqueeze(1)


@cache
def _compiled() -> Any:
    """The compiled loop, or None without numba.

    Channels are taken apart into planes of their own. With rows of the output's gradient as long as those of the input, zeros
    behind them, the gradient of the tap (i, j) is one long dot product: of the gradient's plane with the input's plane from
    i · row + j on. Three neighbours share their loads. A stride of s makes s² planes out of the input, one for each
    remainder of row and column.
    """
    try:
        import numba
    except ImportError:
        return None

    # float32 sums over up to 128² places: reordering them (fastmath) is no less exact than torch's own order.
    compiled = numba.njit(fastmath=True, nogil=True)

    # Offsets into flat arrays, since a slice costs more than the work on a short row; and unsigned ones, since a signed index
    # is asked whether it counts from the end, which keeps the loops from becoming vector instructions.
    unsigned = np.uintp
    one, two = unsigned(1), unsigned(2)

    @compiled
    def spread(source, at, step, target, to, count):
        """Every ``step``-th of ``source`` from ``at`` on, ``count`` of them, side by side into ``target`` from ``to`` on."""
        at, step, to = unsigned(at), unsigned(step), unsigned(to)
        for k in range(unsigned(count)):
            target[to + k] = source[at + k * step]

    @compiled
    def taps_3(g, x, go, xo, n, images, more):
        a = b = c = np.float32(0)
        for image in range(images):
            i, k = unsigned(go + image * n), unsigned(xo + image * more)
            for m in range(unsigned(n)):
                a += g[i + m] * x[k + m]
                b += g[i + m] * x[k + m + one]
                c += g[i + m] * x[k + m + two]
        return a, b, c

    @compiled
    def tap(g, x, go, xo, n, images, more):
        a = np.float32(0)
        for image in range(images):
            i, k = unsigned(go + image * n), unsigned(xo + image * more)
            for m in range(unsigned(n)):
                a += g[i + m] * x[k + m]
        return a

    @compiled
    def correlate(x, grad, s, py, px, out):
        """x (B, H, W, C), grad (B, h, w, C), stride s, padding above and to the left; fills out (C, kh, kw)."""
        batch, height, width, channels = x.shape
        rows, columns = grad.shape[1:3]
        kh, kw = out.shape[1:]
        more_rows, more_columns = (kh - 1) // s, (kw - 1) // s
        wide = columns + more_columns
        n, plane = rows * wide, (rows + more_rows) * wide + more_columns
        # What no row below is written to stays zero: that is the padding.
        planes = np.zeros(s * s * _BLOCK * batch * plane, np.float32)
        grads = np.zeros(_BLOCK * batch * n, np.float32)
        flat_x, flat_grad = x.reshape(-1), grad.reshape(-1)
        for first in range(0, channels, _BLOCK):
            count = min(_BLOCK, channels - first)
            for b in range(batch):
                for y in range(rows):
                    at = (b * rows + y) * columns * channels + first
                    for c in range(count):
                        spread(flat_grad, at + c, channels, grads, (c * batch + b) * n + y * wide, columns)
                for i in range(s):
                    for j in range(s):
                        low = max(0, (px - j + s - 1) // s)
                        high = min(wide, (width - 1 + px - j) // s + 1)
                        for r in range(rows + more_rows):
                            y = r * s + i - py
                            if 0 <= y < height:
                                at = ((b * height + y) * width + low * s + j - px) * channels + first
                                for c in range(count):
                                    to = (((i * s + j) * _BLOCK + c) * batch + b) * plane + r * wide + low
                                    spread(flat_x, at + c, s * channels, planes, to, high - low)
            for c in range(count):
                go, of = c * batch * n, out[first + c]
                for i in range(kh):
                    for j in range(min(s, kw)):
                        xo = ((i % s * s + j) * _BLOCK + c) * batch * plane + i // s * wide
                        taps = (kw - j + s - 1) // s
                        for k in range(0, taps - taps % 3, 3):
                            v0, v1, v2 = taps_3(grads, planes, go, xo + k, n, batch, plane)
                            of[i, j + k * s], of[i, j + (k + 1) * s], of[i, j + (k + 2) * s] = v0, v1, v2
                        for k in range(taps - taps % 3, taps):
                            of[i, j + k * s] = tap(grads, planes, go, xo + k, n, batch, plane)

    return correlate
