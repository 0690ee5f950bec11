"""The choice in the table of a trade-off."""

import pytest

torch = pytest.importorskip("torch")
from posetune.errors import CheckFailed
from posetune.export.int8.choose import TradeOff, choose, refuse
from posetune.export.int8.measure import Row, table


def row(name, ms, megabytes=5.0, increase=0.0, found=10):
    return Row(name, 256, megabytes, ms, 9.0, 1.0, increase, found, 10)


ROWS = [row("float 256", 10), row("fp16 256", 10.1, 3), row("mixed 256", 7, 2.5, 0.01), row("int8 256", 6, 2, 0.05)]


def test_the_fastest_that_holds_the_gate_wins():
    assert choose(ROWS, 0.02, True) == "mixed 256"
    assert choose(ROWS, 0.06, True) == "int8 256"
    assert choose(ROWS, 0.005, True) == "fp16 256"  # as fast as float, and smaller
    assert choose(ROWS, 0.005, False) is None
    assert choose([*ROWS[:2], row("mixed 256", 7, 2.5, 0.0, found=9)], 0.02, False) is None
    assert any(line.startswith("→ mixed 256") for line in table(ROWS, True, "mixed 256"))


@pytest.mark.parametrize(
    ("rows", "words"), [(ROWS, "errs \\+1.0%"), ([ROWS[0], row("int8 256", 5, 2, 0.0, 8)], "finds 8 of 10")]
)
def test_what_misses_its_gate_is_refused(rows, words, tmp_path):
    with pytest.raises(CheckFailed, match=words):
        refuse(TradeOff(tuple(rows), {}, None, True), 0.005, tmp_path / "a.task")
