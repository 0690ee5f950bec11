"""How often a visitor may ask."""

from __future__ import annotations

import pytest

from posetune.serve.problem import Problem
from posetune.serve.security.rates import BURST, RATE, Rates


def test_a_burst_passes_and_then_so_many_a_second():
    rates = Rates()
    for _ in range(int(BURST)):
        rates.take("ann", 0.0)
    with pytest.raises(Problem) as caught:
        rates.take("ann", 0.0)
    assert caught.value.status == 429
    rates.take("bob", 0.0)
    for _ in range(int(RATE)):
        rates.take("ann", 1.0)
    with pytest.raises(Problem):
        rates.take("ann", 1.0)
