"""New operators behind the ones that a .tflite has, outputs taken away and added: pure editing of the schema's objects.

A :class:`Builder` works on the object tree of a :class:`Graph`; ``finish`` packs the file. Weights are stored as the stock
networks store theirs: float16 behind DEQUANTIZE, or float32 if asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from posetune.errors import PosetuneError
from posetune.graph.flatbuffer import Graph, schema

RELU6 = schema.ActivationFunctionType.RELU6
NO_ACTIVATION = schema.ActivationFunctionType.NONE
_SAME, _VALID = schema.Padding.SAME, schema.Padding.VALID
_Kinds = schema.BuiltinOperator
_Options = schema.BuiltinOptions
#: The operator versions that the stock files use, or the lowest that does what is wanted here.
_VERSIONS = {_Kinds.RESIZE_BILINEAR: 3, _Kinds.DEQUANTIZE: 2}


class Builder:
    """Adds to ``graph``. Tensors are handed about by index; feature maps are (1, h, w, c)."""

    def __init__(self, graph: Graph, half: bool = True) -> None:
        """``half``: store new weights as float16."""
        self.graph, self.half = graph, half
        self._model, self._subgraph = graph.model, graph.subgraph
        self._operators = list(self._subgraph.operators)

    def shape(self, tensor: int) -> tuple[int, ...]:
        return tuple(int(n) for n in self._subgraph.tensors[tensor].shape)

    # --- operators -------------------------------------------------------------------------------------------------

    def convolution(
        self,
        x: int,
        weight: np.ndarray,
        bias: np.ndarray,
        name: str,
        *,
        activation: int = NO_ACTIVATION,
        valid: bool = False,
    ) -> int:
        """CONV_2D, stride 1. ``weight`` (O, kh, kw, I), ``bias`` (O,). ``valid``: no padding."""
        _, height, width, channels = self.shape(x)
        out, kh, kw, into = weight.shape
        if into != channels or bias.shape != (out,):
            raise PosetuneError(f"{name}: weights {weight.shape} do not fit {channels} channels.")
        options = schema.Conv2DOptionsT()
        options.padding = _VALID if valid else _SAME
        options.strideH = options.strideW = 1
        options.fusedActivationFunction = activation
        size = (height - kh + 1, width - kw + 1) if valid else (height, width)
        inputs = [x, self.constant(weight, f"{name}/weight"), self.constant(bias, f"{name}/bias")]
        return self._add(_Kinds.CONV_2D, inputs, (1, *size, out), name, _Options.Conv2DOptions, options)

    def depthwise(
        self, x: int, weight: np.ndarray, bias: np.ndarray, name: str, *, activation: int = NO_ACTIVATION
    ) -> int:
        """DEPTHWISE_CONV_2D, stride 1, padded. ``weight`` (1, kh, kw, C), ``bias`` (C,)."""
        options = schema.DepthwiseConv2DOptionsT()
        options.padding, options.depthMultiplier = _SAME, 1
        options.strideH = options.strideW = 1
        options.fusedActivationFunction = activation
        inputs = [x, self.constant(weight, f"{name}/weight"), self.constant(bias, f"{name}/bias")]
        kind, own = _Kinds.DEPTHWISE_CONV_2D, _Options.DepthwiseConv2DOptions
        return self._add(kind, inputs, self.shape(x), name, own, options)

    def average_pool(self, x: int, height: int, width: int, name: str) -> int:
        """AVERAGE_POOL_2D over windows of ``height`` × ``width`` that do not overlap."""
        _, rows, columns, channels = self.shape(x)
        options = schema.Pool2DOptionsT()
        options.padding = _VALID
        options.filterHeight = options.strideH = height
        options.filterWidth = options.strideW = width
        shape = (1, rows // height, columns // width, channels)
        return self._add(_Kinds.AVERAGE_POOL_2D, [x], shape, name, _Options.Pool2DOptions, options)

    def resize(self, x: int, size: tuple[int, int], name: str) -> int:
        """RESIZE_BILINEAR with half-pixel centres, as the stock networks have it."""
        options = schema.ResizeBilinearOptionsT()
        options.halfPixelCenters = True
        inputs = [x, self.constant(np.array(size, np.int32), f"{name}/size")]
        shape = (1, *size, self.shape(x)[3])
        return self._add(_Kinds.RESIZE_BILINEAR, inputs, shape, name, _Options.ResizeBilinearOptions, options)

    def add(self, a: int, b: int, name: str, *, activation: int = NO_ACTIVATION) -> int:
        """ADD of two tensors of one shape."""
        options = schema.AddOptionsT()
        options.fusedActivationFunction = activation
        return self._add(_Kinds.ADD, [a, b], self.shape(a), name, _Options.AddOptions, options)

    def reshape(self, x: int, shape: Sequence[int], name: str) -> int:
        """RESHAPE."""
        options = schema.ReshapeOptionsT()
        options.newShape = np.array(shape, np.int32)
        inputs = [x, self.constant(np.array(shape, np.int32), f"{name}/shape")]
        return self._add(_Kinds.RESHAPE, inputs, tuple(shape), name, _Options.ReshapeOptions, options)

    # --- constants -------------------------------------------------------------------------------------------------

    def constant(self, values: np.ndarray, name: str) -> int:
        """A tensor of fixed values: int32 as it is, numbers as float16 behind DEQUANTIZE, or as float32."""
        if values.dtype == np.int32:
            return self._stored(values, name, schema.TensorType.INT32)
        if not self.half:
            return self._stored(values.astype(np.float32), name, schema.TensorType.FLOAT32)
        if values.size and np.abs(values).max() > np.finfo(np.float16).max:
            raise PosetuneError(f"{name} outgrew float16.")
        narrow = self._stored(values.astype(np.float16), f"{name}/half", schema.TensorType.FLOAT16)
        shape = tuple(values.shape)
        return self._add(
            _Kinds.DEQUANTIZE, [narrow], shape, name, _Options.DequantizeOptions, schema.DequantizeOptionsT()
        )

    def _stored(self, values: np.ndarray, name: str, kind: int) -> int:
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
        self._model.buffers.append(buffer)
        return self._tensor(tuple(values.shape), name, kind, len(self._model.buffers) - 1)

    def _tensor(self, shape: tuple[int, ...], name: str, kind: int, buffer: int = 0) -> int:
        tensor = schema.TensorT()
        tensor.shape, tensor.type, tensor.buffer = np.array(shape, np.int32), kind, buffer
        tensor.name = name.encode()
        self._subgraph.tensors.append(tensor)
        return len(self._subgraph.tensors) - 1

    def _add(
        self, kind: int, inputs: Sequence[int], shape: tuple[int, ...], name: str, options_type: int, options: Any
    ) -> int:
        output = self._tensor(shape, name, schema.TensorType.FLOAT32)
        operator = schema.OperatorT()
        operator.opcodeIndex = self._code(kind)
        operator.inputs, operator.outputs = np.array(inputs, np.int32), np.array([output], np.int32)
        operator.builtinOptionsType, operator.builtinOptions = options_type, options
        self._operators.append(operator)
        return output

    def _code(self, kind: int) -> int:
        for index, code in enumerate(self._model.operatorCodes):
            if max(code.builtinCode, code.deprecatedBuiltinCode) == kind:
                return index
        code = schema.OperatorCodeT()
        code.builtinCode, code.deprecatedBuiltinCode = kind, min(kind, 127)
        code.version = _VERSIONS.get(kind, 1)
        self._model.operatorCodes.append(code)
        return len(self._model.operatorCodes) - 1

    # --- the end ---------------------------------------------------------------------------------------------------

    def finish(self, outputs: Sequence[int]) -> Graph:
        """The graph with these tensors as its outputs, in this order, and without what they do not need.

        The result is read anew from the packed bytes.
        """
        needed = {int(t) for t in outputs}
        kept: list[Any] = []
        for operator in reversed(self._operators):
            if any(int(t) in needed for t in operator.outputs):
                needed.update(int(t) for t in operator.inputs if t >= 0)
                kept.append(operator)
        self._subgraph.operators = kept[::-1]
        self._subgraph.outputs = np.array(outputs, np.int32)
        self._model.signatureDefs = None  # they name outputs that may be gone
        self._empty_unneeded(needed | {int(t) for t in self._subgraph.inputs})
        self.graph.mark_restructured()
        return Graph(self.graph.to_bytes(), self.graph.source)

    def _empty_unneeded(self, needed: set[int]) -> None:
        """Let go of tensors and weights that no operator reads: what stays is renumbered."""
        order = sorted(needed)
        place = {tensor: i for i, tensor in enumerate(order)}
        self._subgraph.tensors = [self._subgraph.tensors[tensor] for tensor in order]
        for operator in self._subgraph.operators:
            operator.inputs = np.array([place.get(int(t), -1) for t in operator.inputs], np.int32)
            operator.outputs = np.array([place.get(int(t), -1) for t in operator.outputs], np.int32)
        self._subgraph.inputs = np.array([place[int(t)] for t in self._subgraph.inputs], np.int32)
        self._subgraph.outputs = np.array([place[int(t)] for t in self._subgraph.outputs], np.int32)
        used = {0, *(int(t.buffer) for t in self._subgraph.tensors)}
        used |= {int(entry.buffer) for entry in self._model.metadata or []}
        for index, buffer in enumerate(self._model.buffers):
            if index not in used:
                buffer.data = None
