"""Stock lite in float32, three crops of drawn people, and the range of every tensor."""

import numpy as np
import pytest
from tests.helpers.figures import draw_person, room

from posetune.graph.flatbuffer import Graph
from posetune.graph.precision import widen


@pytest.fixture(scope="session")
def wide(lite) -> Graph:
    graph = Graph(lite)
    widen(graph)
    return Graph(graph.to_bytes())


@pytest.fixture(scope="session")
def crops() -> np.ndarray:
    return np.stack([draw_person(room(256, 256), (128, 128), s) for s in (0.35, 0.4, 0.45)])


@pytest.fixture(scope="session")
def images(crops):
    torch = pytest.importorskip("torch")
    return torch.from_numpy(crops).permute(0, 3, 1, 2).float() / 255


@pytest.fixture(scope="session")
def seen(wide, images):
    from posetune.export.int8.ranges import Watching

    return Watching(wide).watch([images], (0, 1, 3, 4))
