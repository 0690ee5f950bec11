"""Building a network operator by operator."""

from __future__ import annotations

import numpy as np
import pytest

from posetune.errors import PosetuneError
from posetune.graph.build import Builder
from posetune.graph.flatbuffer import Graph


def test_weights_that_do_not_fit_are_refused(lite):
    builder = Builder(Graph(lite))
    tensor = int(builder.graph.subgraph.outputs[3])
    with pytest.raises(PosetuneError, match="do not fit 39 channels"):
        builder.convolution(tensor, np.zeros((2, 1, 1, 7), np.float32), np.zeros(2, np.float32), "x")
