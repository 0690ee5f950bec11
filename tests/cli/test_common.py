import argparse
import json

import pytest

from posetune import cli
from posetune.cli.common import add_json, json_before_input, words


def test_blanks_and_empty_words_do_not_count():
    assert words(" lite, full ,,heavy,") == ["lite", "full", "heavy"]
    assert words(" , ") == []


def test_json_is_one_option_in_every_verb():
    """No verb has a --json of its own; a list of networks or findings is one of its sub-verbs'. What serves has no result."""
    for verb in cli.VERBS.keys() - {"serve", "annotate"}:
        found = [option for option in _options(cli.build_parser(verb)) if "--json" in option.option_strings]
        assert found, f"{verb} has no --json"
        assert all(option.nargs == "?" and option.metavar == "FILE" for option in found)


def _options(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    found = []
    for option in parser._actions:
        found.append(option)
        if isinstance(option, argparse._SubParsersAction):
            found += [a for sub in dict.fromkeys(option.choices.values()) for a in _options(sub)]
    return found


def test_json_without_a_file_is_all_that_standard_output_gets(capsys):
    assert cli.main(["models", "list", "--json"]) == 0
    shown = capsys.readouterr()
    assert set(json.loads(shown.out)) == {"cache", "networks"}
    assert "cache folder" in shown.err


def test_json_with_a_file_goes_there(tmp_path, capsys):
    out = tmp_path / "new" / "list.json"
    assert cli.main(["models", "list", "--json", str(out)]) == 0
    assert set(json.loads(out.read_text())) == {"cache", "networks"}
    assert "cache folder" in capsys.readouterr().out
    assert cli.main(["models", "list", "--json", str(out)]) == 0  # JSON may be written over


@pytest.mark.parametrize("name", ["pose.task", "notes.json", "log.jsonl"])
def test_json_is_never_written_over_what_is_none(name, tmp_path, capsys):
    file = tmp_path / name
    file.write_text('PK {"a": 1}\n{"b": 2}\n')
    for command in (["models", "list"], ["eval", "--data", "nowhere"], ["doctor", "nothing.task"]):
        assert cli.main([*command, f"--json={file}"]) == 2
        assert f"--json {file}: that file exists and is no JSON" in capsys.readouterr().err
    assert file.read_text().startswith("PK")


def test_half_a_json_may_be_written_over(tmp_path):
    (tmp_path / "a.json").write_text('{"people": [1, 2')
    assert cli.main(["models", "list", "--json", str(tmp_path / "a.json")]) == 0


def test_json_may_stand_before_the_one_input():
    assert json_before_input(["doctor", "--json", "pose.task"]) == ["doctor", "--json=-", "pose.task"]
    for argv in (
        ["doctor", "--json", "a.json", "b.task"],
        ["doctor", "a.task", "--json"],
        ["doctor", "--json", "--try"],
    ):
        assert json_before_input(argv) == argv


def test_a_figure_that_there_is_not_is_null(capsys):
    parser = argparse.ArgumentParser()
    add_json(parser)
    parser.parse_args(["--json"]).json.write({"a": [float("nan"), 1.5], "b": "caf\udce9"})
    assert json.loads(capsys.readouterr().out) == {"a": [None, 1.5], "b": "caf\udce9"}
