"""A network by the name of its backend."""

import pytest

from posetune.backends.litert import Network
from posetune.backends.open import open_network
from posetune.errors import PosetuneError


def test_litert_unless_asked_for_another(lite):
    assert isinstance(open_network(lite, 1), Network)
    with pytest.raises(PosetuneError, match="no backend 'onnx'; there are litert, openvino"):
        open_network(lite, 1, backend="onnx")
