"""int8 layers in a float network: the numbers of the quantization specification, and a file that LiteRT runs."""

import numpy as np
import pytest
from tests.helpers.variants import all_versions_3, edited

from posetune import stock
from posetune.backends.litert import Network
from posetune.doctor.diagnose import diagnose
from posetune.errors import PosetuneError
from posetune.graph import int8
from posetune.graph.flatbuffer import Graph
from posetune.graph.int8 import Scale, quantised, round_weights
from posetune.graph.precision import widen


@pytest.fixture(scope="module")
def wide() -> Graph:
    graph = Graph.read(stock.path("lite"))
    widen(graph)
    return Graph(graph.to_bytes())


def scales(graph: Graph, tensors: list[int]) -> dict[int, Scale]:
    return {t: Scale.of_range(-60.0, 60.0) for t in tensors}


@pytest.fixture(scope="module")
def all_int8(wide) -> bytes:
    layers = int8.candidates(wide)
    return quantised(wide, layers, scales(wide, int8.activation_tensors(wide, layers)))


@pytest.mark.parametrize(("low", "high"), [(0, 6), (-3, 5), (2, 9), (-9, -2), (0, 0), (-1e-9, 1e-9)])
def test_zero_is_stored_exactly_and_the_range_is_covered(low, high):
    scale = Scale.of_range(low, high)
    assert -128 <= scale.zero <= 127
    ends = np.array([min(low, 0), max(high, 0)])
    stored = np.rint(ends / scale.step) + scale.zero
    assert stored.min() >= -129  # the rounding of zero may cut half a step off
    assert stored.max() <= 128


def test_weights_are_rounded_per_output_channel():
    kernel = np.random.default_rng(0).normal(size=(5, 3, 3, 4)).astype(np.float32) * 10.0 ** np.arange(-2, 3).reshape(
        5, 1, 1, 1
    ).astype(np.float32)
    stored = round_weights(kernel, np.zeros(5, np.float32), 0)
    assert (np.abs(stored.values).max((1, 2, 3)) == 127).all()
    error = np.abs(stored.values * stored.steps.reshape(5, 1, 1, 1) - kernel).max((1, 2, 3))
    assert (error <= stored.steps * 0.501).all()


def test_one_layer_in_int8_is_half_a_step_off(wide):
    """The stem alone: its input, pixels, is exact in int8; its output has steps of 6/255."""
    stem = next(i for i, op in enumerate(wide.operators) if op.kind == "CONV_2D")
    output = wide.operators[stem].outputs[0]
    alone = Graph(wide.to_bytes())
    alone.subgraph.operators = alone.subgraph.operators[: stem + 1]
    alone.subgraph.outputs = np.array([output], np.int32)
    alone.mark_restructured()
    alone = Graph(alone.to_bytes())
    known = {int(alone.subgraph.inputs[0]): Scale.of_range(0, 1), output: Scale.of_range(0, 6)}
    content = quantised(alone, [stem], known)
    graph = Graph(content)
    assert [op.kind for op in graph.operators][-1] == "DEQUANTIZE"
    assert (graph.inputs, graph.outputs) == (alone.inputs, alone.outputs)
    image = (np.random.default_rng(0).integers(0, 256, (256, 256, 3)) * np.float32(1 / 255)).astype(np.float32)
    (plain,), (stored,) = Network(alone.to_bytes(), 1).run(image), Network(content, 1).run(image)
    assert np.median(np.abs(plain - stored)) <= 6 / 255 / 2
    assert np.abs(plain - stored).max() < 0.3  # the rounding of 27 weights comes on top
    steps = stored / np.float32(6 / 255)
    assert np.abs(steps - np.rint(steps)).max() < 1e-3


def test_everything_in_int8_has_float_ends_and_passes_the_doctor(wide, all_int8):
    content, graph = all_int8, Graph(all_int8)
    assert len(content) < 0.4 * len(wide.to_bytes())
    assert all(tensor.dtype == "float32" for tensor in (*graph.inputs, *graph.outputs))
    assert graph.outputs == wide.outputs
    assert all(f.severity != "refused" or "metadata" in f.what for f in diagnose(content, "x").findings)


def versions(content: bytes) -> set[tuple[str, str, int]]:
    """(operator, type of what it reads, version)."""
    graph = Graph(content)
    return {
        (op.kind, graph.tensor_info(op.inputs[0]).dtype, graph.model.operatorCodes[raw.opcodeIndex].version)
        for raw, op in zip(graph.subgraph.operators, graph.operators, strict=True)
    }


def test_operators_have_the_version_of_their_int8_form(wide, all_int8):
    """TensorFlow Lite's op_version.cc; the GPU delegate refuses ADD and PAD above 2."""
    found = versions(all_int8)
    assert {entry for entry in found if entry[1] == "int8"} == {
        ("CONV_2D", "int8", 3),
        ("DEPTHWISE_CONV_2D", "int8", 3),
        ("ADD", "int8", 2),
        ("PAD", "int8", 2),
        ("MAX_POOL_2D", "int8", 2),
        ("RESIZE_BILINEAR", "int8", 3),  # with half-pixel centres
        ("DEQUANTIZE", "int8", 2),
    }
    assert {entry for entry in found if entry[1] == "float32"} <= {
        *versions(wide.to_bytes()),
        ("QUANTIZE", "float32", 1),
    }


def test_a_version_changes_no_arithmetic(all_int8):
    """Files of before answer as files of now, to the last bit."""
    before = edited(all_int8, all_versions_3)
    assert before != all_int8
    image = np.random.default_rng(0).uniform(0, 1, (256, 256, 3)).astype(np.float32)
    now, then = Network(all_int8, 1).run(image), Network(before, 1).run(image)
    assert all(np.array_equal(a, b) for a, b in zip(now, then, strict=True))


def test_the_doctor_warns_of_versions_that_gpus_refuse(all_int8):
    assert not any("GPU" in f.what for f in diagnose(all_int8, "x").findings)
    (warning,) = [f for f in diagnose(edited(all_int8, all_versions_3), "x").findings if "GPU" in f.what]
    assert warning.severity == "warning"
    assert "int8 ADD of version 3" in warning.what
    assert "PAD of version 3" in warning.what


def test_what_cannot_be_written_is_said(wide):
    reshape = next(i for i, op in enumerate(wide.operators) if op.kind == "RESHAPE")
    with pytest.raises(PosetuneError, match="has no int8 form"):
        quantised(wide, [reshape], {})
    with pytest.raises(PosetuneError, match="no range was measured"):
        quantised(wide, int8.candidates(wide)[1:3], {})
