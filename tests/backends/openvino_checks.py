"""The OpenVINO backend gives LiteRT's answers, and says plainly when it cannot. Run by test_openvino.py."""

from __future__ import annotations

import sys

import numpy as np
import pytest

import posetune
from posetune import stock
from posetune.backends.open import open_network
from posetune.errors import PosetuneError
from posetune.graph.resize import resized
from posetune.synthetic.sample import ordinary_pictures


@pytest.mark.parametrize("model", ["lite", "full"])
def test_it_agrees_with_litert_on_whole_pictures(model):
    pytest.importorskip("openvino")
    ours, theirs = posetune.load(model), posetune.load(model, backend="openvino")
    people = 0
    for picture, _ in zip(ordinary_pictures("ordinary"), range(6), strict=False):
        found, other = ours.predict(picture), theirs.predict(picture)
        assert len(found) == len(other)
        for a, b in zip(found, other, strict=True):
            people += 1
            distance = np.linalg.norm(b.landmarks_px[:, :2] - a.landmarks_px[:, :2], axis=-1)
            assert distance.mean() < 0.05  # px; the gate against MediaPipe is 0.1
            # A point may jump where the heatmap is just at the least that refinement trusts.
            assert np.quantile(distance, 0.95) < 0.1
            np.testing.assert_allclose(b.world, a.world, atol=2e-3)  # metres
            np.testing.assert_allclose(b.visibility, a.visibility, atol=1e-3)
    assert people >= 4


@pytest.mark.parametrize("threads", [1, 2])
def test_a_smaller_network_with_all_outputs_in_the_order_of_the_file(threads):
    pytest.importorskip("openvino")
    small = resized(stock.path("lite").read_bytes(), 192)
    image = np.random.default_rng(0).random((192, 192, 3), dtype=np.float32)
    litert, openvino = (open_network(small, threads, backend=b) for b in ("litert", "openvino"))
    assert openvino.size == 192
    assert openvino.output_shapes == litert.output_shapes
    for mine, theirs in zip(openvino.run(image), litert.run(image), strict=True):
        np.testing.assert_allclose(mine, theirs, atol=0.02)
    first = openvino.run(image)[0]
    kept = first.copy()
    openvino.run(image[::-1])
    np.testing.assert_array_equal(first, kept)  # a copy, not a view of a buffer


def test_what_it_cannot_read_is_said_in_one_sentence():
    pytest.importorskip("openvino")
    with pytest.raises(PosetuneError, match="OpenVINO cannot run this pose detector") as error:
        open_network(b"TFL3 this is no network", what="pose detector", backend="openvino")
    assert "\n" not in str(error.value)


def test_without_the_package_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    with pytest.raises(PosetuneError, match=r"pip install .*\[openvino\]"):
        posetune.load("lite", backend="openvino")


def test_an_unknown_backend_is_refused():
    with pytest.raises(PosetuneError, match="litert, openvino"):
        posetune.load("lite", backend="tensorrt")
