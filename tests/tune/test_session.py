"""What every method does alike."""

from types import SimpleNamespace

import pytest

pytest.importorskip("torch")

from posetune.tune.session import total_steps


@pytest.mark.parametrize(("people", "steps"), [(10, 25), (100, 50), (1000, 75)])
def test_passes_within_the_bounds(people, steps):
    assert total_steps(SimpleNamespace(samples=(200, 600), passes=4), people, 8) == steps


def test_there_is_at_least_one_step():
    assert total_steps(SimpleNamespace(samples=(1, 1), passes=1), 1, 8) == 1
