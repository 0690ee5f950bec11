"""TFLite metadata: what MediaPipe Tasks reads beside a network to know how to feed it.

Of the schema (``metadata_schema.fbs`` of tflite-support and MediaPipe, file identifier ``M001``) only what an
image network needs is read and written: names, the image's colour space, and NormalizationOptions, with which
MediaPipe computes ``(pixel - mean) / std`` from pixels in 0..255. Fields are addressed by their position in
the schema's tables, so that neither mediapipe nor generated code is needed at run time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import flatbuffers
import numpy as np
from flatbuffers import number_types
from flatbuffers.table import Table

from posetune.errors import PosetuneError
from posetune.graph.contract import Kind
from posetune.graph.flatbuffer import Graph, schema

MODEL_ENTRY = b"TFLITE_METADATA"  # the name of the Model.metadata entry whose buffer holds the metadata
FILE_IDENTIFIER = b"M001"
_PARSER_VERSION = "1.0.0"  # the oldest reader that understands NormalizationOptions

# Positions of the fields in the schema's tables.
_MODEL_NAME, _MODEL_DESCRIPTION, _MODEL_VERSION, _MODEL_SUBGRAPHS, _MODEL_AUTHOR = range(5)
_MODEL_PARSER_VERSION, _MODEL_FIELDS = 7, 8
_SUBGRAPH_INPUTS, _SUBGRAPH_OUTPUTS, _SUBGRAPH_FIELDS = 2, 3, 10
_TENSOR_NAME, _TENSOR_DESCRIPTION, _TENSOR_CONTENT, _TENSOR_PROCESS_UNITS, _TENSOR_FIELDS = 0, 1, 3, 4, 7
_UNION_TYPE, _UNION_VALUE = 0, 1  # both Content and ProcessUnit begin with a union: its type, its table
_CONTENT_FIELDS, _PROCESS_UNIT_FIELDS = 3, 2
_IMAGE_PROPERTIES, _COLOR_SPACE, _COLOR_RGB, _IMAGE_FIELDS = 2, 0, 1, 2
_NORMALIZATION, _MEAN, _STD, _NORMALIZATION_FIELDS = 1, 0, 1, 2


@dataclass(frozen=True)
class Normalization:
    """MediaPipe feeds ``(pixel - mean) / std``, pixel in 0..255; one number, or one per channel."""

    mean: tuple[float, ...]
    std: tuple[float, ...]


#: [0, 1], what the landmark networks want.
LANDMARKS_NORMALIZATION = Normalization((0.0,), (255.0,))
#: [-1, 1], what the detector wants.
DETECTOR_NORMALIZATION = Normalization((127.5,), (127.5,))
NORMALIZATIONS: dict[Kind, Normalization] = {
    "landmarks": LANDMARKS_NORMALIZATION,
    "detector": DETECTOR_NORMALIZATION,
}


@dataclass(frozen=True)
class Metadata:
    """What the metadata of a network says. ``inputs`` has one entry per input: its normalization or None."""

    name: str = ""
    description: str = ""
    version: str = ""
    author: str = ""
    inputs: tuple[Normalization | None, ...] = ()
    input_names: tuple[str, ...] = ()
    output_names: tuple[str, ...] = ()

    @property
    def normalization(self) -> Normalization | None:
        """The first input's."""
        return self.inputs[0] if self.inputs else None


# --- reading -----------------------------------------------------------------------------------


def read(graph: Graph) -> Metadata | None:
    """The metadata inside a network, or None if it has none.

    Raises PosetuneError if there is some but it cannot be read.
    """
    content = raw(graph)
    return None if content is None else parse(content, graph.source)


def raw(graph: Graph) -> bytes | None:
    """The bytes of the metadata flatbuffer inside a network, or None."""
    for entry in graph.model.metadata or []:
        if _text(entry.name) == MODEL_ENTRY.decode():
            data = graph.model.buffers[entry.buffer].data
            return b"" if data is None else bytes(data)
    return None


def parse(content: bytes, source: str = "network") -> Metadata:
    """Read a metadata flatbuffer. Raises PosetuneError if it is not one."""
    if content[4:8] != FILE_IDENTIFIER:
        raise PosetuneError(f"{source}: its metadata is damaged (no {FILE_IDENTIFIER.decode()} mark).")
    try:
        root = _Fields(Table(content, _u32(content, 0)))
        subgraphs = root.tables(_MODEL_SUBGRAPHS)
        inputs = subgraphs[0].tables(_SUBGRAPH_INPUTS) if subgraphs else []
        outputs = subgraphs[0].tables(_SUBGRAPH_OUTPUTS) if subgraphs else []
        return Metadata(
            name=root.text(_MODEL_NAME),
            description=root.text(_MODEL_DESCRIPTION),
            version=root.text(_MODEL_VERSION),
            author=root.text(_MODEL_AUTHOR),
            inputs=tuple(_normalization(tensor) for tensor in inputs),
            input_names=tuple(tensor.text(_TENSOR_NAME) for tensor in inputs),
            output_names=tuple(tensor.text(_TENSOR_NAME) for tensor in outputs),
        )
    except Exception as error:  # the reader fails in many ways on damaged offsets
        raise PosetuneError(f"{source}: its metadata is damaged and cannot be read.") from error


def _normalization(tensor: _Fields) -> Normalization | None:
    for unit in tensor.tables(_TENSOR_PROCESS_UNITS):
        options = unit.table(_UNION_VALUE)
        if unit.byte(_UNION_TYPE) == _NORMALIZATION and options is not None:
            return Normalization(options.floats(_MEAN), options.floats(_STD))
    return None


class _Fields:
    """The fields of one flatbuffer table, by position in the schema."""

    def __init__(self, table: Table) -> None:
        self._table = table

    def _at(self, position: int) -> int:
        """Where a field lies in the file; 0 if it is absent."""
        offset = self._table.Offset(4 + 2 * position)
        return self._table.Pos + offset if offset else 0

    def byte(self, position: int) -> int:
        at = self._at(position)
        return self._table.Bytes[at] if at else 0

    def text(self, position: int) -> str:
        at = self._at(position)
        return self._table.String(at).decode("utf-8", "replace") if at else ""

    def table(self, position: int) -> _Fields | None:
        at = self._at(position)
        return _Fields(Table(self._table.Bytes, self._table.Indirect(at))) if at else None

    def tables(self, position: int) -> list[_Fields]:
        return [_Fields(Table(self._table.Bytes, self._table.Indirect(at))) for at in self._elements(position)]

    def floats(self, position: int) -> tuple[float, ...]:
        flags = number_types.Float32Flags
        return tuple(float(self._table.Get(flags, at)) for at in self._elements(position))

    def _elements(self, position: int) -> range:
        """Where the elements (of four bytes) of a vector lie."""
        offset = self._table.Offset(4 + 2 * position)
        if not offset:
            return range(0)
        start, count = self._table.Vector(offset), self._table.VectorLen(offset)
        if start + 4 * count > len(self._table.Bytes):
            raise ValueError("a vector runs past the end")
        return range(start, start + 4 * count, 4)


def _u32(content: bytes, at: int) -> int:
    return int.from_bytes(content[at : at + 4], "little")


def _text(name: Any) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name or "")


# --- writing -----------------------------------------------------------------------------------


def write(graph: Graph, metadata: Metadata) -> None:
    """Put ``metadata`` into a network in place of what it had; ``to_bytes`` then packs the file anew."""
    data = np.frombuffer(build(metadata), np.uint8)
    for entry in graph.model.metadata or []:
        if _text(entry.name) == MODEL_ENTRY.decode():
            graph.model.buffers[entry.buffer].data = data
            break
    else:
        buffer, entry = schema.BufferT(), schema.MetadataT()
        buffer.data = data
        entry.name, entry.buffer = MODEL_ENTRY.decode(), len(graph.model.buffers)
        graph.model.buffers.append(buffer)
        graph.model.metadata = [*(graph.model.metadata or []), entry]
    graph.mark_restructured()


def build(metadata: Metadata) -> bytes:
    """The metadata flatbuffer of a network with one RGB image input."""
    builder = flatbuffers.Builder(1024)
    input_names = metadata.input_names or ("image",) * len(metadata.inputs)
    inputs = [_input(builder, name, norm) for name, norm in zip(input_names, metadata.inputs, strict=True)]
    outputs = [_tensor(builder, name, None, None) for name in metadata.output_names]
    fields = {_SUBGRAPH_INPUTS: _offsets(builder, inputs), _SUBGRAPH_OUTPUTS: _offsets(builder, outputs)}
    subgraph = _table(builder, _SUBGRAPH_FIELDS, fields)
    fields = {_MODEL_SUBGRAPHS: _offsets(builder, [subgraph])}
    for position, text in (
        (_MODEL_NAME, metadata.name),
        (_MODEL_DESCRIPTION, metadata.description),
        (_MODEL_VERSION, metadata.version),
        (_MODEL_AUTHOR, metadata.author),
        (_MODEL_PARSER_VERSION, _PARSER_VERSION),
    ):
        if text:
            fields[position] = builder.CreateString(text)
    builder.Finish(_table(builder, _MODEL_FIELDS, fields), file_identifier=FILE_IDENTIFIER)
    return bytes(builder.Output())


def _input(builder: Any, name: str, normalization: Normalization | None) -> int:
    builder.StartObject(_IMAGE_FIELDS)
    builder.PrependInt8Slot(_COLOR_SPACE, _COLOR_RGB, 0)
    content = _union(builder, _CONTENT_FIELDS, _IMAGE_PROPERTIES, builder.EndObject())
    if normalization is None:
        return _tensor(builder, name, content, None)
    fields = {_MEAN: _floats(builder, normalization.mean), _STD: _floats(builder, normalization.std)}
    options = _table(builder, _NORMALIZATION_FIELDS, fields)
    unit = _union(builder, _PROCESS_UNIT_FIELDS, _NORMALIZATION, options)
    return _tensor(builder, name, content, _offsets(builder, [unit]))


def _tensor(builder: Any, name: str, content: int | None, units: int | None) -> int:
    fields = {_TENSOR_NAME: builder.CreateString(name)}
    if content is not None:
        fields[_TENSOR_CONTENT] = content
    if units is not None:
        fields[_TENSOR_PROCESS_UNITS] = units
    return _table(builder, _TENSOR_FIELDS, fields)


def _table(builder: Any, size: int, fields: dict[int, int]) -> int:
    """A table of ``size`` fields that are all offsets; ``fields``: position -> offset."""
    builder.StartObject(size)
    for position, offset in fields.items():
        builder.PrependUOffsetTRelativeSlot(position, offset, 0)
    return builder.EndObject()


def _union(builder: Any, size: int, kind: int, value: int) -> int:
    builder.StartObject(size)
    builder.PrependUOffsetTRelativeSlot(_UNION_VALUE, value, 0)
    builder.PrependUint8Slot(_UNION_TYPE, kind, 0)
    return builder.EndObject()


def _floats(builder: Any, values: Sequence[float]) -> int:
    builder.StartVector(4, len(values), 4)
    for value in reversed(values):
        builder.PrependFloat32(value)
    return builder.EndVector()


def _offsets(builder: Any, offsets: Sequence[int]) -> int:
    builder.StartVector(4, len(offsets), 4)
    for offset in reversed(offsets):
        builder.PrependUOffsetTRelative(offset)
    return builder.EndVector()
