"""A .tflite file as a graph: operators, tensors, constants as float arrays; unchanged it writes back byte for byte.

Two ways to write. While only the *values* of constants have changed, they are patched into a copy of the file's own
bytes: nothing else moves. Once the *structure* has been edited (``graph.model``), call :meth:`Graph.mark_restructured`
and the whole file is packed anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as schema

from posetune.errors import PosetuneError
from posetune.files import read_bytes

FILE_IDENTIFIER = b"TFL3"
_ALIGNMENT = 16  # what the schema asks of Buffer.data; kernels may use aligned loads on it
_DTYPES: dict[int, type] = {
    schema.TensorType.FLOAT32: np.float32,
    schema.TensorType.FLOAT16: np.float16,
    schema.TensorType.INT32: np.int32,
    schema.TensorType.UINT8: np.uint8,
    schema.TensorType.INT64: np.int64,
    schema.TensorType.INT8: np.int8,
    schema.TensorType.BOOL: np.bool_,
}
_OPERATORS: dict[int, str] = {
    value: name for name, value in vars(schema.BuiltinOperator).items() if not name.startswith("_")
}


@dataclass(frozen=True)
class TensorInfo:
    """What a network's input or output looks like from outside."""

    name: str
    shape: tuple[int, ...]
    dtype: str


class Graph:
    """One TFLite network. ``model`` is the schema's object tree (``ModelT``); ``subgraph`` its first subgraph."""

    def __init__(self, content: bytes, source: str = "network") -> None:
        if len(content) < 8 or content[4:8] != FILE_IDENTIFIER:
            raise PosetuneError(f"{source} is not a TensorFlow Lite file; give a .tflite network.")
        self.source = source
        self._content = content
        try:
            self._root = schema.Model.GetRootAsModel(content, 0)
            self.model: Any = schema.ModelT.InitFromObj(self._root)
            self.subgraph: Any = self.model.subgraphs[0]
            self.operators = [self._operator(op) for op in self.subgraph.operators]
        except Exception as error:  # the reader fails in many ways on damaged offsets
            raise PosetuneError(f"{source} is damaged: its flatbuffer cannot be read; get the file again.") from error
        self._restructured = False
        self._patches: dict[int, bytes] = {}
        self._producer = {int(t): op for op in self.operators for t in op.outputs}

    @classmethod
    def read(cls, source: str | Path | bytes) -> Graph:
        """Read a .tflite from a path or from bytes. Raises PosetuneError for anything else."""
        if isinstance(source, bytes):
            return cls(source)
        return cls(read_bytes(source), str(source))

    # --- looking ---------------------------------------------------------------------------------------------------

    @property
    def inputs(self) -> list[TensorInfo]:
        return [self.tensor_info(i) for i in self.subgraph.inputs]

    @property
    def outputs(self) -> list[TensorInfo]:
        return [self.tensor_info(i) for i in self.subgraph.outputs]

    def tensor_info(self, tensor: int) -> TensorInfo:
        t = self.subgraph.tensors[tensor]
        names = {v: k.lower() for k, v in vars(schema.TensorType).items() if not k.startswith("_")}
        return TensorInfo(t.name.decode(), tuple(int(n) for n in t.shape), names[t.type])

    def _operator(self, op: Any) -> Operator:
        code = self.model.operatorCodes[op.opcodeIndex]
        kind = _OPERATORS.get(max(code.builtinCode, code.deprecatedBuiltinCode), "UNKNOWN")
        outputs = [int(i) for i in op.outputs]
        return Operator(kind, [int(i) for i in op.inputs], outputs, op.builtinOptions)

    def producer(self, tensor: int) -> Operator | None:
        """The operator that computes a tensor; None for inputs and constants."""
        return self._producer.get(int(tensor))

    # --- constants -------------------------------------------------------------------------------------------------

    def storage_tensor(self, tensor: int) -> int:
        """The tensor whose buffer holds a constant's values: behind DEQUANTIZE and DENSIFY, or the tensor itself."""
        op = self.producer(tensor)
        while op is not None and op.kind in ("DEQUANTIZE", "DENSIFY"):
            tensor = op.inputs[0]
            op = self.producer(tensor)
        return int(tensor)

    def is_constant(self, tensor: int) -> bool:
        stored = self.storage_tensor(tensor)
        data = self.model.buffers[self.subgraph.tensors[stored].buffer].data
        return self.producer(stored) is None and data is not None and len(data) > 0

    def stored_dtype(self, tensor: int) -> np.dtype:
        """The type in which a constant's values lie in the file (float16 behind DEQUANTIZE)."""
        return np.dtype(_DTYPES[self.subgraph.tensors[self.storage_tensor(tensor)].type])

    def constant(self, tensor: int) -> np.ndarray:
        """A constant's values in its own shape: float16 widened to float32, sparse tensors made dense."""
        stored = self.subgraph.tensors[self.storage_tensor(tensor)]
        raw = np.frombuffer(bytes(self.model.buffers[stored.buffer].data), self.stored_dtype(tensor))
        if stored.sparsity is not None:
            values = _densify(stored, raw)
        else:
            values = raw.reshape([int(n) for n in stored.shape])
        return values.astype(np.float32) if values.dtype == np.float16 else values.copy()

    def stored_places(self, tensor: int) -> np.ndarray:
        """Of a constant, in its own shape, bool: which values the file holds. All of them, unless it is stored sparse: then the
        others are zero, and stay so.
        """
        return self._places(self.storage_tensor(tensor)) > 0

    def _places(self, stored: int) -> np.ndarray:
        """In the shape of a stored tensor: where in its buffer each value lies, counted from 1; 0 for one that does not."""
        tensor = self.subgraph.tensors[stored]
        dtype = np.dtype(_DTYPES[tensor.type])
        order = np.arange(1, len(bytes(self.model.buffers[tensor.buffer].data)) // dtype.itemsize + 1)
        return order.reshape([int(n) for n in tensor.shape]) if tensor.sparsity is None else _densify(tensor, order)

    def set_constant(self, tensor: int, values: np.ndarray) -> None:
        """Overwrite a constant's values, rounded to the type in which the file stores it. The shape must agree; of one that is
        stored sparse, what is not stored must be zero.
        """
        index = self.storage_tensor(tensor)
        stored = self.subgraph.tensors[index]
        if tuple(values.shape) != tuple(int(n) for n in stored.shape):
            raise PosetuneError(
                f"{self.source}: {stored.name.decode()} has shape {tuple(stored.shape)}, not {values.shape}."
            )
        dtype = self.stored_dtype(tensor)
        if dtype == np.float16 and values.size and np.abs(values).max() > np.finfo(np.float16).max:
            raise PosetuneError(f"{self.source}: {stored.name.decode()} outgrew float16; export with --precision fp32.")
        if stored.sparsity is not None:
            places = self._places(index)
            if values[places == 0].any():
                raise PosetuneError(
                    f"{self.source}: {stored.name.decode()} is stored sparse and has no room for some of the new values."
                )
            values = values[places > 0][np.argsort(places[places > 0])]
        content = np.ascontiguousarray(values, dtype).tobytes()
        self.model.buffers[stored.buffer].data = np.frombuffer(content, np.uint8)
        self._patches[int(stored.buffer)] = content

    # --- adding ----------------------------------------------------------------------------------------------------

    def add_tensor(self, shape: Sequence[int], kind: int, name: str, buffer: int = 0) -> int:
        """A new tensor of ``kind`` (schema.TensorType), which an operator will compute unless it has a ``buffer``; returns
        its index. A number behind ``name`` makes it the only one of its name: OpenVINO tells tensors apart by that.
        """
        tensor = schema.TensorT()
        tensor.shape, tensor.type = np.array(shape, np.int32), kind
        tensor.name = f"{name}_{len(self.subgraph.tensors)}".encode()
        tensor.buffer, tensor.hasRank = buffer, True
        self.subgraph.tensors.append(tensor)
        return len(self.subgraph.tensors) - 1

    def add_constant(self, values: np.ndarray, name: str) -> int:
        """A new int32 or float32 constant; returns the index of its tensor."""
        kind = next(k for k, dtype in _DTYPES.items() if np.dtype(dtype) == values.dtype)
        buffer = schema.BufferT()
        buffer.data = np.frombuffer(values.tobytes(), np.uint8)
        self.model.buffers.append(buffer)
        return self.add_tensor(values.shape, kind, name, len(self.model.buffers) - 1)

    # --- writing ---------------------------------------------------------------------------------------------------

    def mark_restructured(self) -> None:
        """Say that ``model`` was edited beyond values: to_bytes() then packs the whole file anew."""
        self._restructured = True

    def to_bytes(self) -> bytes:
        """The file. Untouched: the bytes that were read. Values changed: patched in place. Restructured: packed anew."""
        if self._restructured:
            return pack_model(self.model)
        content = bytearray(self._content)
        for index, patch in self._patches.items():
            start = self._buffer_start(index)
            content[start : start + len(patch)] = patch
        return bytes(content)

    def _buffer_start(self, index: int) -> int:
        buffer = self._root.Buffers(index)
        table = buffer._tab
        if buffer.DataLength():
            return table.Vector(flatbuffers.number_types.UOffsetTFlags.py_type(table.Offset(4)))
        if buffer.Offset() > 1:
            return int(buffer.Offset())
        raise PosetuneError(f"{self.source}: buffer {index} is empty and cannot hold values.")


@dataclass(frozen=True)
class Operator:
    """One operator: its kind (BuiltinOperator name), input and output tensor indices, and the schema's options."""

    kind: str
    inputs: list[int]
    outputs: list[int]
    options: Any


def pack_model(model: Any) -> bytes:
    """Serialise a schema ``ModelT`` into one flatbuffer, every buffer inline and aligned to 16 bytes."""

    class AlignedBuffer(schema.BufferT):
        def __init__(self, data: Any) -> None:
            super().__init__()
            self.data = data

        def Pack(self, builder: Any) -> int:  # the schema's method name
            vector = None
            if self.data is not None and len(self.data):
                vector = _aligned_vector(builder, bytes(self.data))
            schema.BufferStart(builder)
            if vector is not None:
                schema.BufferAddData(builder, vector)
            return schema.BufferEnd(builder)

    kept = model.buffers
    total = sum(len(b.data) for b in kept if b.data is not None)
    try:
        model.buffers = [AlignedBuffer(b.data) for b in kept]
        builder = flatbuffers.Builder(total + (1 << 20))
        builder.Finish(model.Pack(builder), FILE_IDENTIFIER)
        return bytes(builder.Output())
    finally:
        model.buffers = kept


def _aligned_vector(builder: Any, content: bytes) -> int:
    builder.StartVector(1, len(content), _ALIGNMENT)
    builder.head = builder.head - len(content)
    builder.Bytes[builder.head : builder.head + len(content)] = content
    return builder.EndVector()


def _densify(tensor: Any, values: np.ndarray) -> np.ndarray:
    """Expand a sparse constant (TACO-style formats: dense or CSR per dimension, optional blocks), as DENSIFY does.

    Source: TensorFlow Lite ``schema.fbs``, SparsityParameters, and ``format_converter.h``.
    """
    sparsity, shape = tensor.sparsity, [int(n) for n in tensor.shape]
    order = [int(i) for i in sparsity.traversalOrder]
    blocks = [] if sparsity.blockMap is None else [int(i) for i in np.atleast_1d(sparsity.blockMap)]
    rank = len(shape)
    block_size = {d: int(sparsity.dimMetadata[order.index(rank + k)].denseSize) for k, d in enumerate(blocks)}
    # Level by level: where in its level each entry lies, and its coordinates so far, in the order in which values are stored.
    position = np.zeros(1, np.int64)
    place: dict[int, np.ndarray] = {}
    for level, dimension in enumerate(order):
        meta = sparsity.dimMetadata[level]
        if meta.format == schema.DimensionType.DENSE:
            size = int(meta.denseSize)
            counts = np.full(len(position), size)
            coordinate = np.tile(np.arange(size), len(position))
            below = np.repeat(position * size, size) + coordinate
        else:
            segments, indices = (np.asarray(a.values, np.int64) for a in (meta.arraySegments, meta.arrayIndices))
            counts = segments[position + 1] - segments[position]
            first = np.repeat(segments[position] - (np.cumsum(counts) - counts), counts)
            below = first + np.arange(counts.sum())
            coordinate = indices[below]
        place = {d: np.repeat(c, counts) for d, c in place.items()} | {dimension: coordinate}
        position = below
    dense = np.zeros(shape, values.dtype)
    dense[tuple(place[d] * block_size.get(d, 1) + _within(place, blocks, d, rank) for d in range(rank))] = values
    return dense


def _within(place: dict[int, np.ndarray], blocks: list[int], dimension: int, rank: int) -> np.ndarray | int:
    return place[rank + blocks.index(dimension)] if dimension in blocks else 0
