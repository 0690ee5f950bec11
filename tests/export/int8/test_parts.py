"""The parts of int8 export: equalisation changes nothing in float, simulation is what LiteRT computes, choices are right."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.helpers.figures import draw_person, room

from posetune import stock
from posetune.backends.litert import Network as Lite
from posetune.errors import CheckFailed
from posetune.export.int8 import plan
from posetune.export.int8.bias import corrected
from posetune.export.int8.choose import TradeOff, choose, refuse
from posetune.export.int8.equalise import equalise, spaces
from posetune.export.int8.measure import Answers, Row, errors, table
from posetune.export.int8.ranges import Watching, whole_scale
from posetune.export.int8.simulate import Simulated
from posetune.graph import int8
from posetune.graph.flatbuffer import Graph
from posetune.graph.precision import widen

OUTPUTS = (0, 1, 3, 4)


@pytest.fixture(scope="module")
def wide() -> Graph:
    graph = Graph.read(stock.path("lite"))
    widen(graph)
    return Graph(graph.to_bytes())


@pytest.fixture(scope="module")
def crops() -> np.ndarray:
    return np.stack([draw_person(room(256, 256), (128, 128), s) for s in (0.35, 0.4, 0.45)])


@pytest.fixture(scope="module")
def images(crops) -> "torch.Tensor":
    return torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 255


@pytest.fixture(scope="module")
def seen(wide, images):
    return Watching(wide).watch([images], OUTPUTS)


def test_equalised_channels_are_alike_and_the_network_is_the_same(wide, images, seen):
    equal, factors = equalise(wide, {t: s.size for t, s in seen.items()}, strength=1.0)
    after = Watching(equal).watch([images], OUTPUTS)
    with torch.no_grad():
        pairs = zip(Watching(wide)(images, OUTPUTS), Watching(equal)(images, OUTPUTS), strict=True)
    for (before, now), limit in zip(pairs, (0.02, 1e-4, 0.02, 1e-4), strict=True):
        assert float((before - now).abs().max()) <= limit

    for tensor, factor in factors.items():
        if tensor in seen:
            np.testing.assert_allclose(seen[tensor].times(factor).high, after[tensor].high, rtol=1e-3, atol=1e-3)

    def spread(found, tensor):
        size = found[tensor].size
        return float(np.std(np.log(size[size > 0])))

    free = [s for s in spaces(wide) if not s.fixed and not s.clipped and s.tensors & seen.keys()]
    assert free
    gained = [spread(seen, t) - spread(after, t) for s in free for t in s.tensors if t in after]
    assert np.mean(gained) > 0.1


def test_outputs_and_the_input_are_never_scaled(wide):
    ends = {int(t) for t in (*wide.subgraph.inputs, *wide.subgraph.outputs)}
    assert ends <= {t for s in spaces(wide) if s.fixed for t in s.tensors}


def test_simulation_is_what_litert_computes(wide, crops, images, seen):
    scales = {t: whole_scale(s) for t, s in seen.items()}
    # A few layers only: rounding ties, broken differently, grow into pixels behind fifty layers.
    layers = sorted(plan.landmark_places(wide) & set(int8.candidates(wide)))[20:26]
    lite = Lite(int8.quantised(wide, layers, scales), 1)
    with torch.no_grad():
        ours, plain = Simulated(wide, layers, scales)(images, (0,))[0], Watching(wide)(images, (0,))[0]
    theirs = np.stack([lite.run(c * np.float32(1 / 255))[0][0] for c in crops])
    ours, plain = (a.numpy().reshape(3, 39, 5)[:, :33, :2] for a in (ours, plain))
    theirs = theirs.reshape(3, 39, 5)[:, :33, :2]
    assert np.abs(theirs - plain).mean() > 0.02
    assert np.abs(theirs - ours).mean() < 0.3 * np.abs(theirs - plain).mean()


def test_bias_correction_brings_the_means_back(wide, images, seen):
    scales = {t: whole_scale(s) for t, s in seen.items()}
    layers = sorted(plan.landmark_places(wide) & set(int8.candidates(wide)) - plan.heads(wide))
    mended = corrected(wide, layers, scales, [images])
    with torch.no_grad():
        plain, before, after = (
            n(images, (0,))[0].reshape(3, 39, 5)[:, :33, :2]
            for n in (Watching(wide), Simulated(wide, layers, scales), Simulated(mended, layers, scales))
        )
    assert float((after - plain).abs().mean()) < float((before - plain).abs().mean())


def test_heads_stay_float_and_the_mask_is_not_measured(wide):
    heads, needed = plan.heads(wide), plan.landmark_places(wide)
    assert len(heads) == 5
    assert len(heads - needed) == 1
    blocks = plan.blocks(
        wide, needed - heads - {i for i in needed if wide.operators[i].kind in ("RESHAPE", "LOGISTIC")}
    )
    assert 0.9 < sum(b.work for b in blocks) <= 1
    assert [p for b in blocks for p in b.places] == sorted(p for b in blocks for p in b.places)


def test_islands_are_where_a_little_time_saves_much_error():
    blocks = [plan.Block((0,), 0.5, 3.0), plan.Block((1,), 0.05, 1.0), plan.Block((2,), 0.05, 0.1)]
    assert plan.islands(blocks, 0.06) == {1}
    assert plan.islands(blocks, 0.61) == {0, 1, 2}
    assert plan.islands(blocks, 0.0) == set()


def row(name, ms, megabytes=5.0, increase=0.0, found=10):
    return Row(name, 256, megabytes, ms, 9.0, 1.0, increase, found, 10)


ROWS = [row("float 256", 10), row("fp16 256", 10.1, 3), row("mixed 256", 7, 2.5, 0.01), row("int8 256", 6, 2, 0.05)]


def test_the_fastest_that_holds_the_gate_wins():
    assert choose(ROWS, 0.02, True) == "mixed 256"
    assert choose(ROWS, 0.06, True) == "int8 256"
    assert choose(ROWS, 0.005, True) == "fp16 256"  # as fast as float, and smaller
    assert choose(ROWS, 0.005, False) is None
    assert choose([*ROWS[:2], row("mixed 256", 7, 2.5, 0.0, found=9)], 0.02, False) is None
    assert any(line.startswith("→ mixed 256") for line in table(ROWS, True, "mixed 256"))


@pytest.mark.parametrize(
    ("rows", "words"), [(ROWS, "errs \\+1.0%"), ([ROWS[0], row("int8 256", 5, 2, 0.0, 8)], "finds 8 of 10")]
)
def test_what_misses_its_gate_is_refused(rows, words, tmp_path):
    with pytest.raises(CheckFailed, match=words):
        refuse(TradeOff(tuple(rows), {}, None, True), 0.005, tmp_path / "a.task")


def test_errors_with_and_without_labels():
    points = np.zeros((2, 33, 2))
    near, far = (Answers(points + d, np.zeros((2, 2, 2)), np.ones(2, bool)) for d in ((3.0, 4.0), (6.0, 8.0)))
    assert errors(far, near, (points, np.ones((2, 33), bool))) == pytest.approx((10.0, 1.0))
    assert errors(far, near, None) == pytest.approx((5.0, np.hypot(1, 5 / 7) - 1))
