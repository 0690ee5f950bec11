"""A network under LiteRT."""

import numpy as np
import pytest

from posetune.backends.litert import Network
from posetune.errors import PosetuneError
from posetune.graph.contract import landmark_shapes


def test_it_runs_in_file_order_gives_copies_and_says_nothing(lite, capfd):
    network = Network(lite, 1)
    assert network.size == 256
    assert tuple(network.output_shapes) == landmark_shapes(256)
    first = network.run(np.zeros((256, 256, 3), np.float32))
    kept = [output.copy() for output in first]
    second = network.run(np.ones((256, 256, 3), np.float32))
    assert [output.shape for output in first] == network.output_shapes
    for before, now, other in zip(first, kept, second, strict=True):
        np.testing.assert_array_equal(before, now)
        assert not np.array_equal(before, other)
    assert capfd.readouterr().err == ""


def test_what_litert_refuses_is_one_sentence(lite):
    for content in (b"", b"\x1c\0\0\0TFL3" + b"\x07" * 500, lite[:1000]):
        with pytest.raises(PosetuneError, match="cannot run this detector"):
            Network(content, 1, "detector")
