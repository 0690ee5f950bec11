"""In which type a network's constants are stored."""

from __future__ import annotations

import numpy as np

from posetune.graph.flatbuffer import Graph, schema


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
