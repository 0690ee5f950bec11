"""What every method does alike."""

from types import SimpleNamespace

import pytest

torch = pytest.importorskip("torch")

from posetune.errors import PosetuneError
from posetune.tune.session import device_of, total_steps


def test_the_device():
    assert device_of(SimpleNamespace(device="cpu")) == torch.device("cpu")
    assert device_of(SimpleNamespace(device="auto")).type in ("cpu", "cuda")
    with pytest.raises(PosetuneError, match="cannot be used here"):
        device_of(SimpleNamespace(device="tpu"))


@pytest.mark.parametrize(("people", "steps"), [(10, 25), (100, 50), (1000, 75)])
def test_passes_within_the_bounds(people, steps):
    assert total_steps(SimpleNamespace(samples=(200, 600), passes=4), people, 8) == steps


def test_there_is_at_least_one_step():
    assert total_steps(SimpleNamespace(samples=(1, 1), passes=1), 1, 8) == 1
