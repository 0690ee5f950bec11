"""The hand-written metadata reader and builder agree with MediaPipe's own generated code."""

from __future__ import annotations

import numpy as np
import pytest
from tests.helpers.variants import edited, normalized

from posetune import stock
from posetune.backends.litert import Network
from posetune.errors import PosetuneError
from posetune.graph import metadata
from posetune.graph.flatbuffer import Graph
from posetune.graph.metadata import Metadata, Normalization

FULL = Metadata(
    name="a name",
    description="what it is",
    version="1.2",
    author="someone",
    inputs=(Normalization((0.0, 1.0, 2.0), (255.0, 254.0, 253.5)),),
    input_names=("image",),
    output_names=("first", "second"),
)


def test_what_is_built_is_read_back():
    assert metadata.parse(metadata.build(FULL)) == FULL
    assert metadata.parse(metadata.build(Metadata())) == Metadata()


def test_mediapipes_generated_code_reads_what_we_build():
    generated = pytest.importorskip("mediapipe.tasks.metadata.metadata_schema_py_generated")
    content = metadata.build(FULL)
    assert generated.ModelMetadata.ModelMetadataBufferHasIdentifier(content, 0)
    model = generated.ModelMetadataT.InitFromObj(generated.ModelMetadata.GetRootAs(content, 0))
    assert (model.name, model.description, model.version, model.author) == (
        b"a name",
        b"what it is",
        b"1.2",
        b"someone",
    )
    assert model.minParserVersion == b"1.0.0"
    (subgraph,) = model.subgraphMetadata
    assert [tensor.name for tensor in subgraph.outputTensorMetadata] == [b"first", b"second"]
    (image,) = subgraph.inputTensorMetadata
    assert image.name == b"image"
    assert image.content.contentPropertiesType == generated.ContentProperties.ImageProperties
    assert image.content.contentProperties.colorSpace == generated.ColorSpaceType.RGB
    (unit,) = image.processUnits
    assert unit.optionsType == generated.ProcessUnitOptions.NormalizationOptions
    assert list(unit.options.mean) == [0.0, 1.0, 2.0]
    assert list(unit.options.std) == [255.0, 254.0, 253.5]


def test_we_read_what_mediapipes_generated_code_builds():
    generated = pytest.importorskip("mediapipe.tasks.metadata.metadata_schema_py_generated")
    import flatbuffers

    options = generated.NormalizationOptionsT()
    options.mean, options.std = [127.5], [64.0]
    unit = generated.ProcessUnitT()
    unit.optionsType, unit.options = generated.ProcessUnitOptions.NormalizationOptions, options
    other = generated.ProcessUnitT()
    other.optionsType = generated.ProcessUnitOptions.ScoreThresholdingOptions
    other.options = generated.ScoreThresholdingOptionsT()
    tensor = generated.TensorMetadataT()
    tensor.name, tensor.processUnits = "in", [other, unit]
    subgraph = generated.SubGraphMetadataT()
    subgraph.name, subgraph.inputTensorMetadata = "main", [tensor]
    model = generated.ModelMetadataT()
    model.name, model.license, model.subgraphMetadata = "theirs", "Apache", [subgraph]
    builder = flatbuffers.Builder(0)
    builder.Finish(model.Pack(builder), b"M001")

    found = metadata.parse(bytes(builder.Output()))
    assert found.name == "theirs"
    assert found.input_names == ("in",)
    assert found.normalization == Normalization((127.5,), (64.0,))


def test_the_stock_files():
    detector = metadata.read(Graph.read(stock.path("detector")))
    assert detector is not None
    assert detector.normalization == metadata.DETECTOR_NORMALIZATION
    assert metadata.read(Graph.read(stock.path("lite"))) is None


def test_writing_keeps_the_network():
    before = stock.path("lite").read_bytes()
    after = edited(before, normalized((0.0,), (255.0,)))
    again = edited(after, normalized((1.0,), (2.0,)))
    found = metadata.read(Graph.read(again))
    assert found is not None
    assert found.normalization == Normalization((1.0,), (2.0,))
    assert len(Graph.read(again).model.buffers) == len(Graph.read(after).model.buffers)
    image = np.random.default_rng(1).random((256, 256, 3), dtype=np.float32)
    for old, new in zip(Network(before).run(image), Network(again).run(image), strict=True):
        np.testing.assert_array_equal(old, new)


def test_every_buffer_stays_inline_and_aligned():
    content = edited(stock.path("lite").read_bytes(), normalized((0.0,), (255.0,)))
    graph = Graph(content)
    for index, buffer in enumerate(graph.model.buffers):
        assert not buffer.offset
        if buffer.data is not None and len(buffer.data):
            assert graph._buffer_start(index) % 16 == 0


@pytest.mark.parametrize("content", [b"", b"too short", b"\xff\xff\xff\x7fM001" + bytes(8)])
def test_damage_is_one_sentence(content):
    with pytest.raises(PosetuneError, match="metadata is damaged"):
        metadata.parse(content)


def test_every_cut_of_good_metadata_is_refused_or_read():
    content = metadata.build(FULL)
    for end in range(len(content)):
        try:
            metadata.parse(content[:end])
        except PosetuneError:
            continue
