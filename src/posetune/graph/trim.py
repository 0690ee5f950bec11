"""A landmark network without its segmentation branch: nearly half the work, landmarks identical to the last bit.

Two lists in the file are shortened in place, outputs and operators; nothing else moves, so this takes milliseconds and
no schema (``graph.flatbuffer`` would take a second to read and pack a file). It runs whenever a landmarker is loaded.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

# Positions of fields in the tables of TensorFlow Lite's schema.fbs.
_MODEL_SUBGRAPHS = 2
_SUBGRAPH_TENSORS, _SUBGRAPH_INPUTS, _SUBGRAPH_OUTPUTS, _SUBGRAPH_OPERATORS = range(4)
_OPERATOR_INPUTS, _OPERATOR_OUTPUTS = 1, 2
_TENSOR_SHAPE = 0


def without_segmentation(network: bytes) -> bytes:
    """A landmark network without its segmentation output and the operators that only this output needs.

    The other outputs keep their order and are computed by the same operators. A network without such an output,
    or whose file cannot be read this way, comes back as it is: what is wrong with a file, the interpreter tells.

    What is left is for running, not for MediaPipe, which wants five outputs.
    """
    try:
        return _trimmed(network)
    except (struct.error, IndexError, ValueError):
        return network


def _trimmed(network: bytes) -> bytes:
    content = bytearray(network)
    model = _u32(content, 0)
    subgraphs = _Vector.of(content, model, _MODEL_SUBGRAPHS)
    subgraph = subgraphs.table(content, 0)
    tensors = _Vector.of(content, subgraph, _SUBGRAPH_TENSORS)
    outputs = _Vector.of(content, subgraph, _SUBGRAPH_OUTPUTS)
    operators = _Vector.of(content, subgraph, _SUBGRAPH_OPERATORS)

    def shape(tensor: int) -> list[int]:
        return _Vector.of(content, tensors.table(content, tensor), _TENSOR_SHAPE).values(content)

    image = shape(_Vector.of(content, subgraph, _SUBGRAPH_INPUTS).values(content)[0])
    answers = outputs.values(content)
    kept_answers = [tensor for tensor in answers if shape(tensor) != [*image[:3], 1]]
    tables = [operators.table(content, i) for i in range(operators.length)]
    ends = [tuple(_Vector.of(content, t, f) for f in (_OPERATOR_INPUTS, _OPERATOR_OUTPUTS)) for t in tables]
    shared = any(outputs.start in (source.start, target.start) for source, target in ends)
    if len(kept_answers) == len(answers) or not kept_answers or shared:
        return network  # nothing to do, or a list that another part of the file uses, too

    needed, live = set(kept_answers), []
    for table, (source, target) in zip(reversed(tables), reversed(ends), strict=True):
        if needed.intersection(target.values(content)):
            needed.update(source.values(content))
            live.append(table)
    outputs.shorten(content, kept_answers)
    operators.shorten(content, live[::-1], relative=True)
    return bytes(content)


@dataclass(frozen=True)
class _Vector:
    """A vector of 32-bit numbers in a flatbuffer: where its elements begin, and how many there are."""

    start: int
    length: int

    @classmethod
    def of(cls, content: bytearray, table: int, field: int) -> _Vector:
        """The vector in a table's field; an empty one if the field is not set."""
        vtable = table - struct.unpack_from("<i", content, table)[0]
        entry = 4 + 2 * field
        if vtable < 0 or entry >= struct.unpack_from("<H", content, vtable)[0]:
            return cls(0, 0)
        offset = struct.unpack_from("<H", content, vtable + entry)[0]
        if not offset:
            return cls(0, 0)
        place = table + offset
        place += _u32(content, place)
        length = _u32(content, place)
        if place + 4 + 4 * length > len(content):
            raise ValueError("a vector runs past the end")
        return cls(place + 4, length)

    def values(self, content: bytearray) -> list[int]:
        return list(struct.unpack_from(f"<{self.length}i", content, self.start))

    def table(self, content: bytearray, index: int) -> int:
        """Where the table begins that element ``index`` points to."""
        if not 0 <= index < self.length:
            raise IndexError(index)
        place = self.start + 4 * index
        return place + _u32(content, place)

    def shorten(self, content: bytearray, values: list[int], relative: bool = False) -> None:
        """Overwrite with fewer ``values``; ``relative``: they are places of tables, stored relative to themselves."""
        if relative:
            values = [value - (self.start + 4 * i) for i, value in enumerate(values)]
        struct.pack_into(f"<I{len(values)}I", content, self.start - 4, len(values), *values)


def _u32(content: bytearray, place: int) -> int:
    return int(struct.unpack_from("<I", content, place)[0])
