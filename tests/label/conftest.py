"""What the tests of this room share."""

import pytest

from posetune.label.proposer import NetworkProposer


@pytest.fixture(scope="session")
def proposer():
    return NetworkProposer("lite", most=5, threads=1)
