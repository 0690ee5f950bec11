"""The tables of eval as text."""

from posetune.measure.table import aligned, text_tables, title


def test_columns_are_aligned_by_what_they_hold():
    rows = [["", "against stock", "px"], ["mine", "−3 %", "1.25"], ["a longer name", "", "12.5"]]
    assert aligned(rows) == [
        "               against stock    px",
        "mine           −3 %           1.25",
        "a longer name                 12.5",
    ]


def test_every_network_has_a_line_and_details_can_be_left_out(evaluation):
    whole, short = text_tables(evaluation), text_tables(evaluation, details=False)
    assert title(evaluation) in whole
    for text in (whole, short):
        assert any(line.startswith("my-network ") for line in text.splitlines())
        assert any(line.startswith("full ") for line in text.splitlines())
    assert "left_shoulder" in whole
    assert "left_shoulder" not in short
