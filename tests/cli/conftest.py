"""What the commands are tried on."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.helpers.drawn_set import write_drawn_set

from posetune import stock


@pytest.fixture(scope="session")
def recorded(tmp_path_factory) -> Path:
    """A set of drawn people, and a network beside it: stock full under another name, with bytes behind its end."""
    folder = tmp_path_factory.mktemp("golden")
    write_drawn_set(folder / "data", "val", [170, 230])
    write_drawn_set(folder / "data", "dev", [200, 250, 180])
    (folder / "mine.tflite").write_bytes(stock.path("full").read_bytes() + bytes(8))
    return folder
