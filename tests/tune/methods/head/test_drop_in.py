"""A head that keeps MediaPipe's outputs."""

from __future__ import annotations

import json

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from tests.helpers.golden import assert_summary_keys
from tests.helpers.own_points import NAMES, run, write_labels

from posetune import stock
from posetune.graph import points
from posetune.graph.flatbuffer import Graph
from posetune.landmarks import INDEX
from posetune.tune.methods.head.drop_in import reinitialised


def test_drop_in_keeps_mediapipes_outputs(people, tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "annotations").mkdir()
    for split, chosen in (("train", people[:6]), ("val", people[6:8])):
        write_labels(tmp_path, split, chosen, NAMES, [0, 1, 2, 3])
    result, said = run(tmp_path, tmp_path / "run", "head.init=fresh", "blend=1")
    assert any("begin anew" in s for s in said)
    content = result.model.read_bytes()
    assert not points.has_own_points(content)
    assert [o.shape for o in Graph(content).outputs] == [o.shape for o in Graph.read(stock.path("lite")).outputs]
    assert (result.run / "head.tflite").exists()
    summary = json.loads((result.run / "summary.json").read_text())
    assert summary["stage"] == "tail"
    assert_summary_keys("head", summary)


def test_reinitialised_heads_touch_nothing_else():
    lite = stock.path("lite").read_bytes()
    before, after = Graph(lite), Graph(reinitialised(lite, np.array([INDEX["left_hip"]]), 0))
    changed = [
        i for i in range(len(before.subgraph.tensors))
        if before.is_constant(i) and before.producer(i) is None and not np.array_equal(before.constant(i), after.constant(i))
    ]  # fmt: skip
    assert len(changed) == 4
