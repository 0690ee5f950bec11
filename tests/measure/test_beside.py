"""What stands beside a network: the stock network that it was made from."""

from __future__ import annotations

import pytest

from posetune import stock
from posetune.errors import PosetuneError
from posetune.measure.beside import stock_base


@pytest.mark.parametrize("name", stock.LANDMARK_NAMES)
def test_the_base_of_a_network_is_known_by_its_weights(name):
    if name != "full":
        try:
            stock.path(name)
        except PosetuneError as error:
            pytest.skip(str(error))
    assert stock_base(stock.path(name).read_bytes()) == name
