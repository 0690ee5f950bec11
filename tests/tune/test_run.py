"""What every run does alike."""

from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")

from posetune.errors import PosetuneError
from posetune.tune.run import device_of


def test_the_device():
    assert device_of(SimpleNamespace(device="cpu")) == torch.device("cpu")
    assert device_of(SimpleNamespace(device="auto")).type in ("cpu", "cuda")
    with pytest.raises(PosetuneError, match="cannot be used here"):
        device_of(SimpleNamespace(device="tpu"))
