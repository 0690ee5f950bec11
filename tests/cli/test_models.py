"""posetune models, as a user calls it."""

from __future__ import annotations

from posetune.cli import main
from posetune.stock import cache
from posetune.stock.pins import PINS


def test_commands(fake_stock, capsys):
    assert main(["models", "list"]) == 0
    assert capsys.readouterr().out.count("not fetched") == 4
    assert main(["models", "path", "full"]) == 0
    assert capsys.readouterr().out.strip() == str(cache.pinned_path(PINS["full"]))
    assert main(["models", "fetch", "lite"]) == 0
    assert main(["models", "list", "--json"]) == 0
    assert '"pinned": true' in capsys.readouterr().out
    assert main(["models", "path", "huge"]) == 2
    assert main(["models", "fetch", "huge"]) == 2
    assert "detector, lite, full, heavy" in capsys.readouterr().err
