"""Graph → torch module → Graph: a TFLite network made trainable, and its trained weights written back.

The module runs the graph's own operators, so it computes what LiteRT computes; it keeps nothing of the graph that
training does not need.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from posetune.errors import PosetuneError
from posetune.graph.flatbuffer import Graph, Operator
from posetune.graph.torch.convolution import RELU, RELU6, SAME, Convolution, same_padding

_CONSTANT_KINDS = ("DEQUANTIZE", "DENSIFY")


@dataclass(frozen=True, eq=False)
class _Step:
    kind: str
    name: str | None  # the submodule of a convolution
    inputs: tuple[int, ...]
    output: int
    arguments: Any = None


class Network(nn.Module):
    """A landmark or detector network as a torch module. Input (B, 3, H, W) float32, RGB, in the file's value range.

    Convolutions are submodules named by their place in the file (``conv_003``, ``depthwise_006`` …), in running order.
    """

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        self.source = graph.source
        self.input_size = graph.inputs[0].shape[1]
        self.output_tensors = [int(i) for i in graph.subgraph.outputs]
        self._input_tensor = int(graph.subgraph.inputs[0])
        self._shapes = {i: tuple(int(n) for n in t.shape) for i, t in enumerate(graph.subgraph.tensors)}
        self._steps: list[_Step] = []
        pads: dict[int, tuple[int, np.ndarray]] = {}
        for place, op in enumerate(graph.operators):
            if op.kind not in _CONSTANT_KINDS:
                self._add(graph, place, op, pads)
        self._plans: dict[tuple[int, ...], list[tuple[_Step, tuple[int, ...]]]] = {}
        self._stems: dict[frozenset[str], frozenset[_Step]] = {}
        self.to(memory_format=torch.channels_last)  # type: ignore[call-overload]

    # --- building --------------------------------------------------------------------------------------------------

    def _add(self, graph: Graph, place: int, op: Operator, pads: dict[int, tuple[int, np.ndarray]]) -> None:
        if op.kind == "PAD":
            amounts = graph.constant(op.inputs[1])
            if not amounts[[0, 3]].any():  # only rows and columns: the convolution behind takes it over
                pads[op.outputs[0]] = (op.inputs[0], amounts)
            self._steps.append(_Step("PAD", None, (op.inputs[0],), op.outputs[0], amounts))
        elif op.kind in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            module = Convolution(graph, op)
            source = op.inputs[0]
            if source in pads and not module.same:
                source, amounts = pads[source]
                module.extra_padding = (*map(int, amounts[2]), *map(int, amounts[1]))
            name = f"{'depthwise' if module.depthwise else 'conv'}_{place:03d}"
            self.add_module(name, module)
            self._steps.append(_Step(op.kind, name, (source,), op.outputs[0]))
        elif op.kind in ("MAX_POOL_2D", "AVERAGE_POOL_2D"):
            window = (op.options.filterHeight, op.options.filterWidth, op.options.strideH, op.options.strideW)
            self._steps.append(_Step(op.kind, None, (op.inputs[0],), op.outputs[0], (*window, op.options.padding)))
        elif op.kind == "RESIZE_BILINEAR":
            if op.options.alignCorners or not op.options.halfPixelCenters:
                raise PosetuneError(f"{graph.source}: RESIZE_BILINEAR without half-pixel centres is not supported.")
            size = tuple(int(n) for n in graph.constant(op.inputs[1]))
            self._steps.append(_Step(op.kind, None, (op.inputs[0],), op.outputs[0], size))
        elif op.kind == "DEPTH_TO_SPACE":
            self._steps.append(_Step(op.kind, None, (op.inputs[0],), op.outputs[0], int(op.options.blockSize)))
        elif op.kind == "CONCATENATION":
            self._steps.append(_Step(op.kind, None, tuple(op.inputs), op.outputs[0], int(op.options.axis)))
        elif op.kind == "ADD":
            self._steps.append(
                _Step(op.kind, None, tuple(op.inputs), op.outputs[0], int(op.options.fusedActivationFunction))
            )
        elif op.kind in ("RESHAPE", "LOGISTIC"):
            self._steps.append(_Step(op.kind, None, (op.inputs[0],), op.outputs[0]))
        else:
            raise PosetuneError(f"{graph.source}: operator {op.kind} is not supported; is it a MediaPipe Pose network?")

    def convolutions(self) -> Iterator[tuple[str, Convolution]]:
        """Names and modules in running order."""
        for step in self._steps:
            if step.name is not None:
                yield step.name, self.get_submodule(step.name)  # type: ignore[misc]

    def convolutions_for(self, outputs: Sequence[int]) -> list[str]:
        """Names of the convolutions that the given outputs (by place in the file) depend on, in running order."""
        return [step.name for step, _ in self._plan(tuple(outputs)) if step.name is not None]

    def output_resolution(self, name: str) -> int:
        """Height in pixels of what a convolution puts out."""
        step = next(s for s in self._steps if s.name == name)
        return self._shapes[step.output][1]

    def heads(self) -> list[str]:
        """The convolutions behind which no other follows on the way to an output: they carry the outputs' units."""
        feeds: dict[int, list[_Step]] = {}
        for step in self._steps:
            for tensor in step.inputs:
                feeds.setdefault(tensor, []).append(step)

        def reaches_convolution(tensor: int) -> bool:
            return any(s.name is not None or reaches_convolution(s.output) for s in feeds.get(tensor, []))

        return [s.name for s in self._steps if s.name is not None and not reaches_convolution(s.output)]

    def readers(self, name: str) -> list[str | None]:
        """Who reads what a convolution puts out: names of convolutions, None for any other operator."""
        output = next(s.output for s in self._steps if s.name == name)
        return [s.name for s in self._steps if output in s.inputs]

    # --- running ---------------------------------------------------------------------------------------------------

    def _plan(self, outputs: tuple[int, ...]) -> list[tuple[_Step, tuple[int, ...]]]:
        """The steps that the outputs need, each with the tensors that can be let go after it."""
        if outputs not in self._plans:
            needed = {self.output_tensors[i] for i in outputs}
            steps = []
            for step in reversed(self._steps):
                if step.output in needed:
                    needed.update(step.inputs)
                    steps.append(step)
            kept = {self.output_tensors[i] for i in outputs}
            plan, seen = [], set(kept)
            for step in steps:  # still last to first: the first sight of a tensor is its last use
                plan.append((step, tuple(t for t in dict.fromkeys(step.inputs) if t not in seen)))
                seen.update(step.inputs)
            self._plans[outputs] = plan[::-1]
        return self._plans[outputs]

    def forward(self, x: Tensor, outputs: Sequence[int] | None = None) -> list[Tensor]:
        """Run on (B, 3, H, W). Returns the file's outputs (all, or those at the given places) in the file's layout.

        Images come as (B, H, W, C), vectors as (B, N), as in the file but for the batch.
        """
        wanted = tuple(range(len(self.output_tensors))) if outputs is None else tuple(outputs)
        return self.finish(self.begin(x, wanted, ()), wanted, ())

    def begin(self, x: Tensor, outputs: Sequence[int], stem: Collection[str]) -> dict[int, Tensor]:
        """Run the part of the network that depends on no convolution outside ``stem``; see :meth:`finish`."""
        values = {self._input_tensor: x.contiguous(memory_format=torch.channels_last)}
        inside, plan = self._within(stem), self._plan(tuple(outputs))
        # The two parts may interleave in the plan: what the rest needs stays, wherever the plan lets go of it.
        needed = {tensor for step, _ in plan if step not in inside for tensor in step.inputs}
        return self._walk(values, [entry for entry in plan if entry[0] in inside], needed)

    def finish(self, values: dict[int, Tensor], outputs: Sequence[int], stem: Collection[str]) -> list[Tensor]:
        """Run the rest, from what :meth:`begin` returned; ``values`` is left as it is.

        Two networks that share the weights of ``stem`` can both finish from one beginning.
        """
        rest = [entry for entry in self._plan(tuple(outputs)) if entry[0] not in self._within(stem)]
        values = self._walk(dict(values), rest)
        results = (values[self.output_tensors[i]] for i in outputs)
        return [y.permute(0, 2, 3, 1) if y.dim() == 4 else y for y in results]

    def _walk(
        self, values: dict[int, Tensor], plan: list[tuple[_Step, tuple[int, ...]]], needed: Collection[int] = ()
    ) -> dict[int, Tensor]:
        later = {i for step, _ in plan for i in step.inputs}
        for step, finished in plan:
            values[step.output] = self._run(step, [values[i] for i in step.inputs])
            for tensor in finished:
                if tensor in later and tensor not in needed:
                    del values[tensor]
        return values

    def _within(self, stem: Collection[str]) -> frozenset[_Step]:
        """The steps that depend on the convolutions of ``stem`` alone."""
        key = frozenset(stem)
        if key not in self._stems:
            reached, inside = {self._input_tensor}, set()
            for step in self._steps:
                if all(i in reached for i in step.inputs) and (step.name is None or step.name in key):
                    reached.add(step.output)
                    inside.add(step)
            self._stems[key] = frozenset(inside)
        return self._stems[key]

    def _run(self, step: _Step, inputs: list[Tensor]) -> Tensor:
        x = inputs[0]
        if step.name is not None:
            return self.get_submodule(step.name)(x)
        if step.kind == "ADD":
            y = x + inputs[1]
            return F.relu6(y) if step.arguments == RELU6 else F.relu(y) if step.arguments == RELU else y
        if step.kind == "PAD":
            (n0, n1), (h0, h1), (w0, w1), (c0, c1) = step.arguments.tolist()
            return F.pad(x, (w0, w1, h0, h1, c0, c1, n0, n1))
        if step.kind == "MAX_POOL_2D":
            kh, kw, sh, sw, padding = step.arguments
            if padding == SAME:
                top, bottom = same_padding(x.shape[2], kh, sh)
                left, right = same_padding(x.shape[3], kw, sw)
                x = F.pad(x, (left, right, top, bottom), value=float("-inf"))
            return F.max_pool2d(x, (kh, kw), (sh, sw))
        if step.kind == "AVERAGE_POOL_2D":
            kh, kw, sh, sw, padding = step.arguments
            if padding == SAME:  # the edge windows would be averaged over fewer pixels
                raise PosetuneError(f"{self.source}: padded average pooling is not supported.")
            return F.avg_pool2d(x, (kh, kw), (sh, sw))
        if step.kind == "RESIZE_BILINEAR":
            return F.interpolate(x, size=step.arguments, mode="bilinear", align_corners=False)
        if step.kind == "DEPTH_TO_SPACE":
            return _depth_to_space(x, step.arguments)
        if step.kind == "CONCATENATION":
            axis = step.arguments % len(self._shapes[step.output])
            return torch.cat(inputs, dim=axis if x.dim() < 4 else (0, 2, 3, 1)[axis])
        if step.kind == "LOGISTIC":
            return torch.sigmoid(x)
        shape = self._shapes[step.output]  # RESHAPE: in the file's layout, channels last
        y = x.permute(0, 2, 3, 1) if x.dim() == 4 else x
        y = y.reshape(x.shape[0], *shape[1:])
        return y.permute(0, 3, 1, 2) if y.dim() == 4 else y

    # --- forms and files -------------------------------------------------------------------------------------------

    def set_fp16_rounding(self, on: bool) -> None:
        """Round weights to float16 in the forward pass (gradient straight through), as the exported file will."""
        for _, module in self.convolutions():
            module.round_fp16 = on

    def write_to(self, graph: Graph) -> Graph:
        """Put this network's (folded) weights into ``graph``, which must be of the file this network was made from.

        Two layers that share a constant in the file must have the same values for it (:func:`with_shared_biases`).
        """
        written: dict[int, np.ndarray] = {}

        def put(tensor: int, values: np.ndarray, name: str) -> None:
            stored = int(graph.subgraph.tensors[graph.storage_tensor(tensor)].buffer)
            if not np.array_equal(written.setdefault(stored, values), values):
                raise PosetuneError(
                    f"{graph.source}: {name} shares a constant with another layer and cannot differ from it."
                )
            graph.set_constant(tensor, values)

        with torch.no_grad():
            for name, module in self.convolutions():
                weight, bias = module.folded()
                values = weight.detach().cpu().numpy()
                if not np.isfinite(values).all() or not torch.isfinite(bias).all():
                    raise PosetuneError(
                        f"The weights of {name} are not finite; the training diverged, lower the learning rate."
                    )
                values = values.transpose(1, 2, 3, 0) if module.depthwise else values.transpose(0, 2, 3, 1)
                put(module.weight_tensor, values, name)
                put(module.bias_tensor, bias.detach().cpu().numpy(), name)
        return graph


@torch.no_grad()
def with_shared_biases(network: Network, graph: Graph) -> Network:
    """The same folded network, in which layers that share a bias in ``graph``'s file have the file's again: what they had learnt
    goes into the biases of the 1×1 convolutions behind them, which computes the same. (The stock detector has four such
    layers, linear depthwise ones without a bias of their own.)
    """
    network = copy.deepcopy(network)
    layers: dict[int, list[str]] = {}
    for name, module in network.convolutions():
        stored = int(graph.subgraph.tensors[graph.storage_tensor(module.bias_tensor)].buffer)
        layers.setdefault(stored, []).append(name)
    for name in (name for sharing in layers.values() if len(sharing) > 1 for name in sharing):
        layer: Any = network.get_submodule(name)
        kept = torch.from_numpy(graph.constant(layer.bias_tensor)).to(layer.bias)
        readers = network.readers(name)
        behind: Any = network.get_submodule(readers[0]) if len(readers) == 1 and readers[0] is not None else None
        if behind is None or behind.depthwise or behind.weight.shape[2:] != (1, 1) or layer.activation:
            raise PosetuneError(f"{graph.source}: {name} shares its bias with another layer and cannot be trained.")
        behind.bias += behind.weight[:, :, 0, 0] @ (layer.bias - kept)
        layer.bias.copy_(kept)
    return network


def _depth_to_space(x: Tensor, block: int) -> Tensor:
    """TFLite's order of channels (row, column, depth); torch's pixel_shuffle has (depth, row, column)."""
    b, c, h, w = x.shape
    depth = c // (block * block)
    x = x.reshape(b, block, block, depth, h, w).permute(0, 3, 4, 1, 5, 2)
    return x.reshape(b, depth, h * block, w * block)
