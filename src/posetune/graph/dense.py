"""Sparse constants stored dense: for readers of a .tflite that know no sparsity."""

from __future__ import annotations

import numpy as np

from posetune.graph.flatbuffer import Graph


def densify(graph: Graph) -> int:
    """Store the sparse constants of ``graph`` dense and drop the DENSIFY behind each; returns how many there were.

    The values stay the same, and LiteRT computes the same from them, no slower and no faster: it makes them dense when it loads a
    file. Runtimes on WebGPU do not, and compute nonsense from the stock detector (docs/guide/detector.md). The detector's
    file doubles.
    """
    kept, count = [], 0
    for operator, described in zip(graph.subgraph.operators, graph.operators, strict=True):
        if described.kind != "DENSIFY":
            kept.append(operator)
            continue
        source, target = described.inputs[0], graph.subgraph.tensors[described.outputs[0]]
        values = graph.constant(source).astype(graph.stored_dtype(source))
        sparse = graph.subgraph.tensors[source]
        graph.model.buffers[sparse.buffer].data = np.frombuffer(values.tobytes(), np.uint8)
        target.buffer = sparse.buffer
        sparse.sparsity = None  # referred to by nobody any more, but indices must not move: it becomes a twin
        count += 1
    if count:
        graph.subgraph.operators = kept
        graph.mark_restructured()
    return count
