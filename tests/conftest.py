"""What costs something and serves many tests: made once."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.helpers")

from posetune import stock
from posetune.synthetic.sample import write_sample


@pytest.fixture(scope="session")
def sample(tmp_path_factory) -> Path:
    """The sample set, unpacked; to be read alone."""
    folder = tmp_path_factory.mktemp("sample")
    write_sample(folder)
    return folder


@pytest.fixture(scope="session")
def full() -> bytes:
    return stock.path("full").read_bytes()


@pytest.fixture(scope="session")
def lite() -> bytes:
    return stock.path("lite").read_bytes()
