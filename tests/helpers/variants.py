"""Broken and unusual networks and bundles, made from the stock ones: traps that a user can step into."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np

from posetune.graph import bundle, metadata
from posetune.graph.flatbuffer import Graph, schema

Edit = Callable[[Graph], None]


def edited(network: bytes, *edits: Edit) -> bytes:
    """``network`` after ``edits``, packed anew."""
    graph = Graph.read(network)
    for edit in edits:
        edit(graph)
    graph.mark_restructured()
    return graph.to_bytes()


def normalized(mean: tuple[float, ...], std: tuple[float, ...], inputs: int = 1) -> Edit:
    """Metadata with this normalization."""
    norm = metadata.Normalization(mean, std)
    return lambda graph: metadata.write(graph, metadata.Metadata(name="test", inputs=(norm,) * inputs))


def without_normalization(graph: Graph) -> None:
    metadata.write(graph, metadata.Metadata(name="test", inputs=(None,)))


def without_metadata(graph: Graph) -> None:
    graph.model.metadata = [e for e in graph.model.metadata or [] if e.name != metadata.MODEL_ENTRY]


def outputs(*order: int) -> Edit:
    """Keep these outputs, in this order."""

    def edit(graph: Graph) -> None:
        old = list(graph.subgraph.outputs)
        graph.subgraph.outputs = np.array([old[i] for i in order], np.int32)

    return edit


def reshaped_output(position: int, *shape: int) -> Edit:
    """One more RESHAPE behind an output."""

    def edit(graph: Graph) -> None:
        old = int(graph.subgraph.outputs[position])
        wanted = _constant(graph, np.array(shape, np.int32), schema.TensorType.INT32)
        new = _tensor(graph, list(shape), schema.TensorType.FLOAT32, b"reshaped")
        _operator(graph, schema.BuiltinOperator.RESHAPE, [old, wanted], [new])
        _set_output(graph, position, new)

    return edit


def quantized_input(kind: int, scale: float, zero: int) -> Edit:
    """An integer input with a DEQUANTIZE behind it."""

    def edit(graph: Graph) -> None:
        old = int(graph.subgraph.inputs[0])
        new = _tensor(graph, list(graph.subgraph.tensors[old].shape), kind, b"input_1")
        quantization = schema.QuantizationParametersT()
        quantization.scale, quantization.zeroPoint = [scale], [zero]
        graph.subgraph.tensors[new].quantization = quantization
        _operator(graph, schema.BuiltinOperator.DEQUANTIZE, [new], [old], first=True)
        graph.subgraph.inputs = np.array([new], np.int32)

    return edit


def quantized_output(position: int) -> Edit:
    """An int8 output behind a QUANTIZE."""

    def edit(graph: Graph) -> None:
        old = int(graph.subgraph.outputs[position])
        shape = list(graph.subgraph.tensors[old].shape)
        new = _tensor(graph, shape, schema.TensorType.INT8, b"quantized")
        quantization = schema.QuantizationParametersT()
        quantization.scale, quantization.zeroPoint = [1.0], [0]
        graph.subgraph.tensors[new].quantization = quantization
        _operator(graph, schema.BuiltinOperator.QUANTIZE, [old], [new])
        _set_output(graph, position, new)

    return edit


def second_input(graph: Graph) -> None:
    new = _tensor(graph, [1], schema.TensorType.FLOAT32, b"extra")
    graph.subgraph.inputs = np.array([*graph.subgraph.inputs, new], np.int32)


def input_shape(*shape: int) -> Edit:
    def edit(graph: Graph) -> None:
        graph.subgraph.tensors[graph.subgraph.inputs[0]].shape = np.array(shape, np.int32)

    return edit


def bare_presence(graph: Graph) -> None:
    """The presence output before its sigmoid."""
    position = 1
    op = graph.producer(graph.subgraph.outputs[position])
    while op is not None and op.kind != "LOGISTIC":
        op = graph.producer(op.inputs[0])
    assert op is not None
    _set_output(graph, position, op.inputs[0])


def unknown_operator(graph: Graph) -> None:
    """A custom operator that no interpreter knows, in front of the first output."""
    old = int(graph.subgraph.outputs[1])
    new = _tensor(graph, [1, 1], schema.TensorType.FLOAT32, b"custom")
    _operator(graph, schema.BuiltinOperator.CUSTOM, [old], [new], custom=b"NobodyKnowsThis")
    _set_output(graph, 1, new)


def not_finite(value: float) -> Callable[[bytes], bytes]:
    """Put ``value`` among the weights of the first convolution."""

    def change(network: bytes) -> bytes:
        graph = Graph.read(network)
        first = next(op for op in graph.operators if op.kind == "CONV_2D")
        weights = graph.constant(first.inputs[1])
        weights.flat[0] = value
        index = graph.storage_tensor(first.inputs[1])
        buffer = graph.model.buffers[graph.subgraph.tensors[index].buffer]
        buffer.data = np.frombuffer(weights.astype(graph.stored_dtype(first.inputs[1])).tobytes(), np.uint8)
        graph.mark_restructured()
        return graph.to_bytes()

    return change


def external_buffers(network: bytes) -> bytes:
    """The largest constants moved behind the flatbuffer (Buffer.offset / size), as big-model writers do."""
    graph = Graph.read(network)
    moved = [b for b in graph.model.buffers if b.data is not None and len(b.data) > 1000]
    contents = [bytes(b.data) for b in moved]

    def packed(offsets: list[int]) -> bytes:
        import flatbuffers

        for buffer, offset, content in zip(moved, offsets, contents, strict=True):
            buffer.data, buffer.offset, buffer.size = None, offset, len(content)
        builder = flatbuffers.Builder(1 << 20)
        builder.Finish(graph.model.Pack(builder), b"TFL3")
        return bytes(builder.Output())

    start, offsets = len(packed([2**30] * len(moved))), []  # large placeholders: the fields must be written
    position = start + (-start % 64)
    for content in contents:
        offsets.append(position)
        position += len(content) + (-len(content) % 64)
    result = bytearray(position)
    head = packed(offsets)
    assert len(head) == start
    result[:start] = head
    for offset, content in zip(offsets, contents, strict=True):
        result[offset : offset + len(content)] = content
    return bytes(result)


def zipped(members: dict[str, bytes], deflate: bool = False, shift: int | None = None, alignment: int = 64) -> bytes:
    """A ZIP of ``members``; with ``shift``, each member begins ``shift`` bytes behind a multiple of 64."""
    stream = io.BytesIO()
    method = zipfile.ZIP_DEFLATED if deflate else zipfile.ZIP_STORED
    with zipfile.ZipFile(stream, "w", method) as archive:
        for name, content in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            if shift is not None:
                pad = (shift - (stream.tell() + 30 + len(name) + 4)) % alignment
                info.extra = struct.pack("<HH", 0xD935, pad) + bytes(pad)
            archive.writestr(info, content)
    return stream.getvalue()


def task(landmarks: bytes, detector: bytes, **options: Any) -> bytes:
    members = {bundle.DETECTOR_MEMBER: detector, bundle.LANDMARKS_MEMBER: landmarks}
    return zipped(members, **{"shift": 0, **options})


def _set_output(graph: Graph, position: int, tensor: int) -> None:
    now = [int(i) for i in graph.subgraph.outputs]
    now[position] = int(tensor)
    graph.subgraph.outputs = np.array(now, np.int32)


def _tensor(graph: Graph, shape: list[int], kind: int, name: bytes) -> int:
    tensor = schema.TensorT()
    tensor.shape, tensor.type, tensor.name, tensor.buffer = shape, kind, name, 0
    tensor.hasRank = True
    graph.subgraph.tensors.append(tensor)
    return len(graph.subgraph.tensors) - 1


def _constant(graph: Graph, values: np.ndarray, kind: int) -> int:
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(values.tobytes(), np.uint8)
    graph.model.buffers.append(buffer)
    index = _tensor(graph, list(values.shape), kind, b"constant")
    graph.subgraph.tensors[index].buffer = len(graph.model.buffers) - 1
    return index


def _operator(
    graph: Graph, kind: int, inputs: list[int], results: list[int], first: bool = False, custom: bytes = b""
) -> None:
    code = schema.OperatorCodeT()
    code.builtinCode, code.deprecatedBuiltinCode, code.version = kind, min(kind, 127), 1
    if kind in (schema.BuiltinOperator.DEQUANTIZE, schema.BuiltinOperator.QUANTIZE):
        code.version = 2
    if custom:
        code.customCode = custom
    graph.model.operatorCodes.append(code)
    operator = schema.OperatorT()
    operator.opcodeIndex = len(graph.model.operatorCodes) - 1
    operator.inputs, operator.outputs = np.array(inputs, np.int32), np.array(results, np.int32)
    graph.subgraph.operators.insert(0 if first else len(graph.subgraph.operators), operator)


def all_versions_3(graph: Graph) -> None:
    """Every int8 operator of version 3, as posetune wrote them once: a GPU delegate knows ADD and PAD up to 2."""
    for raw, op in zip(graph.subgraph.operators, graph.operators, strict=True):
        if graph.tensor_info(op.inputs[0]).dtype == "int8":
            graph.model.operatorCodes[raw.opcodeIndex].version = 1 if op.kind == "DEQUANTIZE" else 3


def shy(by: float, times: float = 1.0) -> Edit:
    """Presence before its sigmoid lowered by ``by`` and then taken ``times``, as a network that was tuned on difficult
    people, and is sure of what it sees.
    """

    def edit(graph: Graph) -> None:
        place = next(i for i, output in enumerate(graph.outputs) if np.prod(output.shape) == 1)
        op = graph.producer(graph.subgraph.outputs[place])
        while op is not None and op.kind != "CONV_2D":
            op = graph.producer(op.inputs[0])
        assert op is not None
        graph.set_constant(op.inputs[1], graph.constant(op.inputs[1]) * np.float32(times))
        graph.set_constant(op.inputs[2], (graph.constant(op.inputs[2]) - np.float32(by)) * np.float32(times))

    return edit
