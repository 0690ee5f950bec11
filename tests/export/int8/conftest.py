"""Stock lite in float32, three crops of drawn people, and the range of every tensor."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from tests.helpers.figures import draw_person, room

from posetune import stock
from posetune.export.int8.ranges import Watching
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
