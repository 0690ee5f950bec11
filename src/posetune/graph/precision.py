"""In which type a network's constants are stored."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np

from posetune.errors import PosetuneError
from posetune.graph.flatbuffer import Graph, schema

_LEAST = 16  # constants of fewer values are not worth an operator


def widen(graph: Graph) -> int:
    """Store the float16 constants behind DEQUANTIZE as float32 and drop the DEQUANTIZE; returns how many.

    The values stay the same, so the network computes the same; the file doubles. Sparse constants are left
    alone. Other tools (quantizers, converters) read such a file where they skip one with DEQUANTIZE.
    """
    kept, widened = [], 0
    for operator, described in zip(graph.subgraph.operators, graph.operators, strict=True):
        source = described.inputs[0] if described.inputs else -1
        is_constant = described.kind == "DEQUANTIZE" and graph.producer(source) is None
        if is_constant and graph.is_constant(source) and graph.stored_dtype(source) == np.float16:
            values = graph.constant(source)
            buffer = graph.model.buffers[graph.subgraph.tensors[source].buffer]
            buffer.data = np.frombuffer(values.astype(np.float32).tobytes(), np.uint8)
            tensor = graph.subgraph.tensors[described.outputs[0]]
            tensor.buffer = graph.subgraph.tensors[source].buffer
            # The half tensor is referred to by nobody any more, but indices must not move: it becomes a twin.
            graph.subgraph.tensors[source].type = schema.TensorType.FLOAT32
            widened += 1
        else:
            kept.append(operator)
    if widened:
        graph.subgraph.operators = kept
        graph.mark_restructured()
    return widened


def narrow(graph: Graph) -> int:
    """Store float32 constants as float16 behind a DEQUANTIZE, as the stock networks do; returns how many.

    The file halves; values are rounded to eleven bits, and LiteRT widens them once when it loads the network, so nothing
    runs faster or slower. Sparse constants, and those of fewer than 16 values, are left alone.

    Raises PosetuneError if a value does not fit float16 (beyond 65504).
    """
    read = {int(t) for op in graph.subgraph.operators for t in op.inputs}
    made = {int(t) for op in graph.subgraph.operators for t in op.outputs}
    code = None
    dequantize = []
    for index in sorted(read - made):
        tensor = graph.subgraph.tensors[index]
        data = graph.model.buffers[tensor.buffer].data
        if tensor.type != schema.TensorType.FLOAT32 or tensor.sparsity is not None or data is None:
            continue
        values = np.frombuffer(bytes(data), np.float32)
        if len(values) < _LEAST:
            continue
        if np.abs(values).max() > np.finfo(np.float16).max:
            raise PosetuneError(
                f"{graph.source}: {tensor.name.decode()} does not fit float16; export with --precision fp32."
            )
        code = _dequantize_code(graph) if code is None else code
        sharing = [i for i in read - made - {index} if int(graph.subgraph.tensors[i].buffer) == int(tensor.buffer)]
        dequantize.append(_halve(graph, index, values.astype(np.float16), code, keep_float=bool(sharing)))
    if dequantize:
        graph.subgraph.operators = [*dequantize, *graph.subgraph.operators]
        graph.mark_restructured()
    return len(dequantize)


def _halve(graph: Graph, index: int, values: np.ndarray, code: int, keep_float: bool) -> Any:
    """Give the constant tensor ``index`` a float16 source; returns the DEQUANTIZE between them."""
    tensor = graph.subgraph.tensors[index]
    half = copy.copy(tensor)
    half.name, half.type, half.buffer = tensor.name + b"_fp16", schema.TensorType.FLOAT16, len(graph.model.buffers)
    buffer = schema.BufferT()
    buffer.data = np.frombuffer(values.tobytes(), np.uint8)
    graph.model.buffers.append(buffer)
    graph.subgraph.tensors.append(half)
    old, tensor.buffer = int(tensor.buffer), 0
    if not keep_float:
        graph.model.buffers[old].data = None
    operator = schema.OperatorT()
    operator.opcodeIndex = code
    operator.inputs = np.array([len(graph.subgraph.tensors) - 1], np.int32)
    operator.outputs = np.array([index], np.int32)
    return operator


def _dequantize_code(graph: Graph) -> int:
    """The index of DEQUANTIZE of the version that reads float16."""
    code = schema.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = schema.BuiltinOperator.DEQUANTIZE
    code.version = 3
    graph.model.operatorCodes.append(code)
    return len(graph.model.operatorCodes) - 1
