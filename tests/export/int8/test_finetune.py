"""Quantization-aware training: a step changes what it should, and goes towards the float network."""

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from tests.helpers.figures import draw_person, room

from posetune import stock
from posetune.data.people import ImageRecord
from posetune.export.int8 import finetune as tuning
from posetune.export.int8 import plan
from posetune.export.int8.ranges import Watching, whole_scale
from posetune.geometry import Crop
from posetune.graph import int8
from posetune.graph.flatbuffer import Graph
from posetune.graph.precision import widen
from posetune.tune.people.samples import Subject

OUTPUTS = (0, 1, 3, 4)


def test_training_brings_the_int8_network_nearer_to_float(tmp_path):
    picture = draw_person(room(256, 256), (128, 128), 0.4)
    cv2.imwrite(str(tmp_path / "a.png"), picture[..., ::-1])
    nothing = np.full(33, np.nan, np.float32)
    record = ImageRecord(1, tmp_path / "a.png", 256, 256, "a")
    person = Subject(record, Crop(128, 128, 256), np.zeros((33, 2)), np.zeros(33, np.float32), nothing)
    graph = Graph.read(stock.path("lite"))
    widen(graph)
    graph = Graph(graph.to_bytes())
    images = torch.from_numpy(picture)[None].permute(0, 3, 1, 2).float() / 255
    scales = {t: whole_scale(s) for t, s in Watching(graph).watch([images], OUTPUTS).items()}
    layers = sorted(plan.landmark_places(graph) & set(int8.candidates(graph)) - plan.heads(graph))
    steps: list[float] = []
    trained = tuning.finetune(
        graph, graph, layers, scales, [person], minutes=5, seed=0, report=lambda step, done, loss: steps.append(loss),
        most_steps=6, batch=2, calibration=2, augment=None,  # the same crop again and again
    )  # fmt: skip
    assert len(steps) == 6
    assert np.mean(steps[-2:]) < steps[0]
    changed = [
        op.kind
        for op in graph.operators
        if "CONV" in op.kind and not np.array_equal(graph.constant(op.inputs[1]), trained.constant(op.inputs[1]))
    ]
    untouched = next(op for op in graph.operators if op.kind == "CONV_2D")  # the stem: finer than what is trained
    assert len(changed) > 20
    np.testing.assert_array_equal(graph.constant(untouched.inputs[1]), trained.constant(untouched.inputs[1]))
