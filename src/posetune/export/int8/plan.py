"""Which layers compute in int8 and which stay float: the blocks where int8 costs much accuracy and float costs little time."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

import numpy as np

from posetune.graph.flatbuffer import Graph
from posetune.graph.int8 import MOVING

#: A depthwise multiplication takes about twice the time of a dense one, and moving a number about as long as two: measured
#: layer by layer under XNNPACK (docs/lab/results/int8.md).
_DEPTHWISE_COST, _MOVE_COST = 2.0, 2.0


@dataclass(frozen=True)
class Block:
    """Neighbouring operators that are decided on together: up to and with a dense convolution and the addition behind it.

    ``work``: its share of the time of the float network, estimated from counted work. ``sensitivity``: what computing this
    block alone in int8 does to the landmarks, mean crop px.
    """

    places: tuple[int, ...]
    work: float
    sensitivity: float = 0.0


def landmark_places(graph: Graph) -> set[int]:
    """The operators that the landmarks depend on: all but the segmentation branch."""
    outputs = [i for i, o in enumerate(graph.outputs) if not (len(o.shape) == 4 and o.shape[3] == 1 and o.shape[1] > 1)]
    needed = {int(graph.subgraph.outputs[i]) for i in outputs}
    places = set()
    for place in reversed(range(len(graph.operators))):
        op = graph.operators[place]
        if needed.intersection(op.outputs):
            places.add(place)
            needed.update(op.inputs)
    return places


def heads(graph: Graph) -> set[int]:
    """The convolutions that give points, world landmarks, presence and mask: next to no work, and all of the answer.

    Also the one that gives the heatmap: MediaPipe reads past the end of an int8 one.
    """
    found = set()
    ends = {int(t) for t in graph.subgraph.outputs}
    for place in reversed(range(len(graph.operators))):
        op = graph.operators[place]
        if not ends.intersection(op.outputs):
            continue
        if op.kind in ("RESHAPE", "LOGISTIC"):
            ends.update(op.inputs[:1])
        elif op.kind == "CONV_2D":
            found.add(place)
    return found


def blocks(graph: Graph, layers: Collection[int]) -> list[Block]:
    """``layers`` in running order, cut into blocks."""
    chosen = sorted(layers)
    found: list[list[int]] = [[]]
    for here, after in zip(chosen, [*chosen[1:], -1], strict=True):
        found[-1].append(here)
        kind = graph.operators[here].kind
        if kind == "ADD" or (kind == "CONV_2D" and (after < 0 or graph.operators[after].kind != "ADD")):
            found.append([])
    works = [sum(_work(graph, place) for place in places) for places in found if places]
    total = sum(_work(graph, place) for place in landmark_places(graph))
    return [Block(tuple(p), w / total) for p, w in zip([f for f in found if f], works, strict=True)]


def _work(graph: Graph, place: int) -> float:
    op = graph.operators[place]
    out = float(np.prod(graph.tensor_info(op.outputs[0]).shape))
    moved = out + sum(np.prod(graph.tensor_info(t).shape) for t in op.inputs if not graph.is_constant(t))
    if op.kind == "CONV_2D":
        return out * float(np.prod(graph.tensor_info(op.inputs[1]).shape[1:])) + _MOVE_COST * moved
    if op.kind == "DEPTHWISE_CONV_2D":
        kernel = graph.tensor_info(op.inputs[1]).shape
        return out * kernel[1] * kernel[2] * _DEPTHWISE_COST + _MOVE_COST * moved
    return _MOVE_COST * moved


def float_blocks(found: Sequence[Block], share: float) -> set[int]:
    """The places to keep float: the blocks that lose most by int8 for their work, up to ``share`` of the work.

    Sensitivity counts squared, as independent errors add.
    """
    kept: set[int] = set()
    spent = 0.0
    for block in sorted(found, key=lambda b: -(b.sensitivity**2) / max(b.work, 1e-9)):
        if spent + block.work <= share:
            kept.update(block.places)
            spent += block.work
    return kept


def joined(graph: Graph, layers: Collection[int]) -> set[int]:
    """``layers`` without operators that would only move values between two conversions: a padding, pooling or resizing stays
    in the world of those who read it.
    """
    chosen = set(layers)
    for place in sorted(chosen, reverse=True):
        op = graph.operators[place]
        readers = [i for i, other in enumerate(graph.operators) if op.outputs[0] in other.inputs]
        if op.kind in MOVING and not chosen.intersection(readers):
            chosen.remove(place)
    return chosen


def measure_sensitivity(
    found: Sequence[Block], sensitivity_of: Callable[[Collection[int]], float], step: Callable[[], None]
) -> list[Block]:
    """The blocks with what each does alone. ``sensitivity_of``: places computed in int8 -> mean crop px."""
    measured = []
    for block in found:
        measured.append(Block(block.places, block.work, sensitivity_of(block.places)))
        step()
    return measured
