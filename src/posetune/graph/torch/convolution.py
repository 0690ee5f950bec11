"""A convolution of a TFLite file as a torch module.

It holds its weights in one of two forms:

* **folded**: the weights as the file has them. Batch norm was folded into them by their makers, which left channel
  magnitudes from 1e-3 to 2e3: gradient descent on them hardly learns.
* **normalised** (:mod:`posetune.graph.torch.normalise`): batch norm with frozen statistics is put back, as a reparametrisation of
  the weights: ``y = g_o · σ_o · (Σ v · (x_i − m_i) / s + c) + μ_o``. μ and σ are the mean and standard deviation of the
  output channel, m the mean of the input channel and s the input channels' typical standard deviation (of each, for
  depthwise layers), on real crops; v, c and the gain g (1 at first) are trained. The network computes what it did before,
  every step sees centred signals of size one, and folding back for export is exact: no running statistics that a small or
  one-sided data set could drag away, no cost per pixel.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from posetune.errors import PosetuneError
from posetune.graph.flatbuffer import Graph, Operator
from posetune.graph.torch.depthwise import DepthwiseConv2d
from posetune.graph.torch.pointwise import PointwiseConv2d

SAME = 0  # schema.Padding.SAME
RELU, RELU6 = 1, 3  # schema.ActivationFunctionType


class Convolution(nn.Module):
    """CONV_2D or DEPTHWISE_CONV_2D of the graph: weight (O, I/groups, kh, kw), bias (O,), padding and activation.

    ``gain`` (g), ``std`` (σ), ``mean`` (μ), ``input_std`` (s) and ``input_mean`` (m) exist in the normalised form only.
    """

    def __init__(self, graph: Graph, op: Operator) -> None:
        super().__init__()
        self.depthwise = op.kind == "DEPTHWISE_CONV_2D"
        kernel = graph.constant(op.inputs[1])
        # TFLite keeps OHWI for convolutions and 1HWO for depthwise ones; torch wants OIHW.
        kernel = kernel.transpose(3, 0, 1, 2) if self.depthwise else kernel.transpose(0, 3, 1, 2)
        self.weight = nn.Parameter(torch.from_numpy(np.ascontiguousarray(kernel)))
        self.bias = nn.Parameter(torch.from_numpy(graph.constant(op.inputs[2])))
        self.weight_tensor, self.bias_tensor = op.inputs[1], op.inputs[2]
        self.groups = self.weight.shape[0] if self.depthwise else 1
        self.stride = (int(op.options.strideH), int(op.options.strideW))
        self.same = op.options.padding == SAME
        self.pointwise = not self.depthwise and self.weight.shape[2:] == (1, 1) and self.stride == (1, 1)
        self.activation = int(op.options.fusedActivationFunction)
        if self.activation not in (0, RELU, RELU6):
            raise PosetuneError(f"{graph.source}: activation {self.activation} of a convolution is not supported.")
        if (op.options.dilationHFactor, op.options.dilationWFactor) != (1, 1):
            raise PosetuneError(f"{graph.source}: dilated convolutions are not supported.")
        #: Left, right, top, bottom of a PAD operator merged into this one.
        self.extra_padding: tuple[int, ...] = (0, 0, 0, 0)
        self.gain: nn.Parameter | None = None
        self.std: Tensor | None
        self.mean: Tensor | None
        self.input_mean: Tensor | None
        self.input_std: Tensor | None
        for name in ("std", "mean", "input_mean", "input_std"):
            self.register_buffer(name, None)
        self.round_fp16 = False
        self.given: tuple[Tensor, Tensor] | None = None  # what :meth:`effective` returns while it is set

    def folded(self) -> tuple[Tensor, Tensor]:
        """Weight and bias as the file holds them (before rounding); differentiable in the normalised form."""
        if self.gain is None:
            return self.weight, self.bias
        assert self.std is not None
        assert self.mean is not None
        assert self.input_mean is not None
        assert self.input_std is not None
        scale = self.gain * self.std
        weight = self.weight * (scale.view(-1, 1, 1, 1) / self.input_std)
        return weight, self.bias * scale + self.mean - (weight * self.input_mean).sum((1, 2, 3))

    @torch.no_grad()
    def unfolded(self, weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The gradients of ``weight``, ``bias`` and ``gain`` of the normalised form, from those of what :meth:`folded` returns.

        What autograd would give, in fewer passes over memory.
        """
        assert self.gain is not None
        assert self.std is not None
        assert self.input_mean is not None
        assert self.input_std is not None
        scale = self.gain * self.std
        inner = torch.addcmul(weight, bias.view(-1, 1, 1, 1), self.input_mean, value=-1).div_(self.input_std)
        gain = self.std * ((inner * self.weight).sum((1, 2, 3)) + bias * self.bias)
        return inner.mul_(scale.view(-1, 1, 1, 1)), bias * scale, gain

    def effective(self) -> tuple[Tensor, Tensor]:
        """What the exported file will hold: folded, and rounded to float16 with a straight-through gradient if asked."""
        if self.given is not None:
            return self.given
        weight, bias = self.folded()
        return (_round_fp16(weight), _round_fp16(bias)) if self.round_fp16 else (weight, bias)

    def forward(self, x: Tensor) -> Tensor:
        weight, bias = self.effective()
        return self.activate(self.convolve(x, weight, bias))

    def convolve(self, x: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        left, right, top, bottom = self.padding(x.shape[2], x.shape[3])
        padding = (top, left)
        if left != right or top != bottom:
            x, padding = F.pad(x, (left, right, top, bottom)), (0, 0)
        if self.depthwise and weight.requires_grad and torch.is_grad_enabled():
            y: Tensor = DepthwiseConv2d.apply(x, weight, self.stride, padding)
            return y if bias is None else y.add_(bias.view(1, -1, 1, 1))
        if self.pointwise and bias is not None and padding == (0, 0):
            return PointwiseConv2d.apply(x, weight, bias)
        return F.conv2d(x, weight, bias, self.stride, padding, groups=self.groups)

    def activate(self, y: Tensor) -> Tensor:
        # In place: a convolution's backward pass does not need its output, and memory traffic is what costs here.
        if self.activation == RELU6:
            return F.relu6(y, inplace=True)
        return F.relu(y, inplace=True) if self.activation == RELU else y

    def padding(self, height: int, width: int) -> tuple[int, ...]:
        """Left, right, top, bottom. TFLite's SAME puts the odd pixel right and below, unlike torch."""
        if not self.same:
            return self.extra_padding
        kh, kw = self.weight.shape[2:]
        top, bottom = same_padding(height, kh, self.stride[0])
        left, right = same_padding(width, kw, self.stride[1])
        return left, right, top, bottom


def same_padding(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """How many px TFLite's SAME puts before and behind an axis of ``size``."""
    total = max((-(-size // stride) - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2


def _round_fp16(x: Tensor) -> Tensor:
    rounded = x.detach().to(torch.float16).to(x.dtype)
    return x + (rounded - x.detach()) if torch.is_grad_enabled() else rounded
