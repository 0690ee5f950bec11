"""``posetune data info``: what it counts."""

from __future__ import annotations

from posetune import cli


def test_info_counts(drawn_set, capsys):
    assert cli.main(["data", "info", str(drawn_set), "--split", "val"]) == 0
    shown = capsys.readouterr().out
    assert "2 images, 2 groups, 2 people" in shown
    assert "left_ankle 2" in shown
    assert "left_wrist" not in shown
