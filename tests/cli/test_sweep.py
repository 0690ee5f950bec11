"""posetune sweep, as a user calls it."""

from __future__ import annotations

from posetune import cli


def test_distilling_needs_something_to_look_at(drawn_set, tmp_path, capsys):
    assert cli.main(["sweep", "--data", str(drawn_set), "--out", str(tmp_path / "s"), "--methods", "distill"]) == 2
    assert "--unlabelled" in capsys.readouterr().err
    assert cli.main(["sweep", "--data", str(drawn_set), "--out", str(tmp_path / "s"), "--methods", "magic"]) == 2
    assert "there is no magic" in capsys.readouterr().err
    assert cli.main(["sweep", "--data", str(drawn_set), "--out", str(tmp_path / "s"), "--bases", "foo"]) == 2
    assert "there is no foo" in capsys.readouterr().err
    assert cli.main(["sweep", "--data", str(drawn_set), "--out", str(tmp_path / "s"), "--counts", "²", "--plan"]) == 2
    assert "whole numbers" in capsys.readouterr().err
    # a foreign folder is refused before a search of hours
    assert cli.main(["sweep", "--data", str(drawn_set), "--out", str(drawn_set), "--search", "9"]) == 2
    assert "not empty" in capsys.readouterr().err


def test_the_plan_can_be_seen_beforehand(drawn_set, tmp_path, capsys):
    command = ["sweep", "--data", str(drawn_set), "--out", str(tmp_path / "s"), "--plan", "--bases", "full"]
    assert cli.main([*command, "--counts", "2,10,all"]) == 0
    assert capsys.readouterr().out.split() == ["corrector-full-2", "corrector-full-all", "full-full-2", "full-full-all"]
    assert not (tmp_path / "s").exists()
