"""A float network rewritten with int8 layers: chosen operators compute in int8, the others stay float.

The arithmetic is TensorFlow Lite's quantization specification: activations int8 with one scale and zero point per tensor,
weights int8 without zero point and one scale per output channel, biases int32 at the product of both scales. QUANTIZE and
DEQUANTIZE stand where the two worlds meet; the network's inputs and outputs stay float32, as MediaPipe wants them.
Source: https://ai.google.dev/edge/litert/models/quantization_spec
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from posetune.errors import PosetuneError
from posetune.graph.flatbuffer import Graph, Operator, schema

#: Operators with an int8 kernel that posetune writes. Those of the second line only move values: what comes out has the
#: scale of what went in.
COMPUTING = ("CONV_2D", "DEPTHWISE_CONV_2D", "ADD")
MOVING = ("PAD", "RESIZE_BILINEAR", "MAX_POOL_2D")
CONVOLUTIONS = ("CONV_2D", "DEPTHWISE_CONV_2D")
# The version of an operator with int8 activations (tensorflow/lite/tools/versioning/op_version.cc). It is no "at least":
# TFLite's GPU delegate leaves out what has a higher version than it knows, though the arithmetic is the same.
_VERSIONS = {
    "CONV_2D": 3,
    "DEPTHWISE_CONV_2D": 3,
    "ADD": 2,
    "PAD": 2,
    "RESIZE_BILINEAR": 2,
    "MAX_POOL_2D": 2,
}
_CONVERSIONS = {schema.BuiltinOperator.QUANTIZE: 1, schema.BuiltinOperator.DEQUANTIZE: 2}
_HALF_PIXEL_VERSION = 3  # of RESIZE_BILINEAR with half-pixel centres, whatever its type
_WEIGHT_LIMIT = 127  # weights use -127 … 127: the specification leaves -128 out
_SMALLEST_RANGE = 1e-6


@dataclass(frozen=True)
class Scale:
    """How an activation is stored: real = (stored − zero) · step, stored in −128 … 127."""

    step: float
    zero: int

    @classmethod
    def of_range(cls, low: float, high: float) -> Scale:
        """The scale that covers ``low`` … ``high``. Zero must be stored exactly: padding is made of it."""
        low, high = min(low, 0.0), max(high, 0.0)
        step = max(high - low, _SMALLEST_RANGE) / 255
        # float32, as the file holds it: simulation and file then agree to the last bit.
        step = float(np.float32(step))
        return cls(step, int(np.clip(round(-128 - low / step), -128, 127)))


@dataclass(frozen=True)
class Weights:
    """A convolution's stored weights: ``values`` int8 in the file's layout, ``steps`` (O,) float32 per output channel,
    ``bias`` (O,) float32, rounded when it is written.
    """

    values: np.ndarray
    steps: np.ndarray
    bias: np.ndarray


def round_weights(kernel: np.ndarray, bias: np.ndarray, axis: int) -> Weights:
    """A kernel to the nearest int8, scaled by the largest weight of each output channel (along ``axis``)."""
    others = tuple(i for i in range(kernel.ndim) if i != axis)
    steps = np.maximum(np.abs(kernel).max(axis=others), 1e-12).astype(np.float32) / np.float32(_WEIGHT_LIMIT)
    shape = [1] * kernel.ndim
    shape[axis] = -1
    values = np.clip(np.rint(kernel / steps.reshape(shape)), -_WEIGHT_LIMIT, _WEIGHT_LIMIT).astype(np.int8)
    return Weights(values, steps, bias)


def output_axis(kind: str) -> int:
    """The dimension of a kernel that counts output channels: OHWI of CONV_2D, 1HWO of DEPTHWISE_CONV_2D."""
    return 3 if kind == "DEPTHWISE_CONV_2D" else 0


def version_of_int8(kind: str, options: Any = None) -> int:
    """The version of an operator of COMPUTING or MOVING in int8. ``options``: its builtin options."""
    if kind == "RESIZE_BILINEAR" and options is not None and options.halfPixelCenters:
        return _HALF_PIXEL_VERSION
    return _VERSIONS[kind]


def candidates(graph: Graph) -> list[int]:
    """The places of the operators that can be computed in int8."""
    return [
        place
        for place, op in enumerate(graph.operators)
        if op.kind in COMPUTING + MOVING and not graph.is_constant(op.inputs[0])
    ]


def activation_tensors(graph: Graph, layers: Collection[int]) -> list[int]:
    """The tensors whose range must be known to compute ``layers`` in int8: what goes in and what comes out."""
    found: dict[int, None] = {}
    for place in sorted(layers):
        op = graph.operators[place]
        for tensor in [*_data_inputs(op), *op.outputs]:
            found[tensor] = None
    return list(found)


def quantised(
    graph: Graph,
    layers: Collection[int],
    scales: Mapping[int, Scale],
    weights: Mapping[int, Weights] | None = None,
) -> bytes:
    """``graph``, a float network, as a file with the operators at the places ``layers`` computed in int8.

    ``scales``: tensor -> how it is stored, for every tensor of :func:`activation_tensors` (what comes out of a MOVING operator
    takes the scale of what goes in). ``weights``: place -> stored weights; by default the graph's own, rounded to the nearest.

    Raises PosetuneError if an operator has no int8 form or a scale is missing.
    """
    return _Writer(Graph(graph.to_bytes(), graph.source), set(layers), scales, weights or {}).write()


def _data_inputs(op: Operator) -> list[int]:
    """The inputs that are activations, not weights, paddings or sizes."""
    return op.inputs[:2] if op.kind == "ADD" else op.inputs[:1]


class _Writer:
    """Walks the operators in order and keeps both forms of every activation: float and, where needed, int8."""

    def __init__(
        self, graph: Graph, layers: set[int], scales: Mapping[int, Scale], weights: Mapping[int, Weights]
    ) -> None:
        self.graph, self.layers, self.weights = graph, layers, weights
        self.scales = scales
        self.tensors: list[Any] = graph.subgraph.tensors
        self.operators: list[Any] = []
        self.float_of: dict[int, int] = {}  # tensors that exist in int8 only -> their float copy
        self.int8_of: dict[int, int] = {}
        self.in_float = {int(t) for t in graph.subgraph.inputs}
        self.codes: dict[tuple[int, int], int] = {}

    def write(self) -> bytes:
        described = self.graph.operators
        for place, (raw, op) in enumerate(zip(self.graph.subgraph.operators, described, strict=True)):
            if place in self.layers:
                self._quantise(place, raw, op)
            else:
                raw.inputs = np.array([self._as_float(t) for t in op.inputs], np.int32)
                self.in_float.update(op.outputs)
                self.operators.append(raw)
        self.graph.subgraph.outputs = np.array([self._as_float(int(t)) for t in self.graph.subgraph.outputs], np.int32)
        self.graph.subgraph.operators = self.operators
        for definition in self.graph.model.signatureDefs or []:
            for entry in definition.outputs or []:
                entry.tensorIndex = self.float_of.get(int(entry.tensorIndex), int(entry.tensorIndex))
        _drop_unused(self.graph)
        self.graph.mark_restructured()
        return self.graph.to_bytes()

    def _quantise(self, place: int, raw: Any, op: Operator) -> None:
        if op.kind not in COMPUTING + MOVING:
            raise PosetuneError(f"{self.graph.source}: operator {place} ({op.kind}) has no int8 form here.")
        data = _data_inputs(op)
        inputs = [self._as_int8(t) for t in data]
        output = op.outputs[0]
        if op.kind in CONVOLUTIONS:
            inputs += self._weights(place, op)
        raw.inputs = np.array(inputs + op.inputs[len(inputs) :], np.int32)
        stored = self._new_tensor(output, b"_int8", schema.TensorType.INT8, self._scale(output))
        self.int8_of[output] = stored
        raw.outputs = np.array([stored], np.int32)
        raw.opcodeIndex = self._code(_code_of(self.graph, raw), version_of_int8(op.kind, raw.builtinOptions))
        self.operators.append(raw)

    def _scale(self, tensor: int) -> Scale:
        maker = self.graph.producer(tensor)
        if maker is not None and maker.kind in MOVING:  # values that were only moved keep their scale
            return self._scale(maker.inputs[0])
        if tensor not in self.scales:
            name = self.tensors[tensor].name.decode()
            raise PosetuneError(f"{self.graph.source}: no range was measured for {name}; it cannot be stored as int8.")
        return self.scales[tensor]

    # --- between the two worlds ------------------------------------------------------------------------------------

    def _as_int8(self, tensor: int) -> int:
        if tensor not in self.int8_of:
            new = self._new_tensor(tensor, b"_int8", schema.TensorType.INT8, self._scale(tensor))
            self._convert(schema.BuiltinOperator.QUANTIZE, self._as_float(tensor), new)
            self.int8_of[tensor] = new
        return self.int8_of[tensor]

    def _as_float(self, tensor: int) -> int:
        if tensor not in self.int8_of or tensor in self.in_float:
            return self.float_of.get(tensor, tensor)
        if tensor not in self.float_of:
            # The float tensor itself: outputs keep their name and their place in the file.
            self._convert(schema.BuiltinOperator.DEQUANTIZE, self.int8_of[tensor], tensor)
            self.float_of[tensor] = tensor
        return tensor

    def _convert(self, builtin: int, source: int, target: int) -> None:
        operator = schema.OperatorT()
        operator.opcodeIndex = self._code(builtin, _CONVERSIONS[builtin])
        operator.inputs, operator.outputs = np.array([source], np.int32), np.array([target], np.int32)
        self.operators.append(operator)

    def _code(self, builtin: int, version: int) -> int:
        """The index of the operator code of this version. A new one: float operators keep theirs."""
        if (builtin, version) not in self.codes:
            code = schema.OperatorCodeT()
            code.builtinCode, code.deprecatedBuiltinCode = builtin, min(builtin, 127)
            code.version = version
            self.codes[builtin, version] = len(self.graph.model.operatorCodes)
            self.graph.model.operatorCodes.append(code)
        return self.codes[builtin, version]

    # --- tensors ---------------------------------------------------------------------------------------------------

    def _weights(self, place: int, op: Operator) -> list[int]:
        axis = output_axis(op.kind)
        stored = self.weights.get(place)
        if stored is None:
            stored = round_weights(self.graph.constant(op.inputs[1]), self.graph.constant(op.inputs[2]), axis)
        kernel = self._constant(op.inputs[1], stored.values, schema.TensorType.INT8, stored.steps, axis)
        steps = stored.steps.astype(np.float64) * self._scale(op.inputs[0]).step
        bias = np.clip(np.rint(stored.bias / steps), -(2**31) + 1, 2**31 - 1).astype(np.int32)
        return [kernel, self._constant(op.inputs[2], bias, schema.TensorType.INT32, steps.astype(np.float32), 0)]

    def _constant(self, like: int, values: np.ndarray, kind: int, steps: np.ndarray, axis: int) -> int:
        index = self._new_tensor(like, b"_int8", kind, None)
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(np.ascontiguousarray(values).tobytes(), np.uint8)
        self.tensors[index].buffer = len(self.graph.model.buffers)
        self.graph.model.buffers.append(buffer)
        self.tensors[index].quantization = _parameters(steps, np.zeros(len(steps), np.int64), axis)
        return index

    def _new_tensor(self, like: int, suffix: bytes, kind: int, scale: Scale | None) -> int:
        tensor = copy.copy(self.tensors[like])
        tensor.name, tensor.type, tensor.buffer = self.tensors[like].name + suffix, kind, 0
        tensor.quantization = None
        if scale is not None:
            tensor.quantization = _parameters(np.array([scale.step], np.float32), np.array([scale.zero], np.int64), 0)
        self.tensors.append(tensor)
        return len(self.tensors) - 1


def _parameters(steps: np.ndarray, zeros: np.ndarray, axis: int) -> Any:
    parameters = schema.QuantizationParametersT()
    parameters.scale, parameters.zeroPoint = steps.astype(np.float32), zeros
    parameters.quantizedDimension = axis
    return parameters


def _code_of(graph: Graph, raw: Any) -> int:
    code = graph.model.operatorCodes[raw.opcodeIndex]
    return int(max(code.builtinCode, code.deprecatedBuiltinCode))


def _drop_unused(graph: Graph) -> None:
    """Empty the buffers of constants that nobody reads any more: the float originals of what became int8."""
    read = {int(t) for op in graph.subgraph.operators for t in op.inputs} | {int(t) for t in graph.subgraph.outputs}
    kept = {int(t.buffer) for i, t in enumerate(graph.subgraph.tensors) if i in read}
    for index, tensor in enumerate(graph.subgraph.tensors):
        if index not in read and int(tensor.buffer) not in kept:
            graph.model.buffers[tensor.buffer].data = None
