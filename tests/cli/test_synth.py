"""posetune data synth and data sample, as a user calls them."""

import pytest

from posetune import cli
from posetune.data.dataset import find_splits, load_dataset
from posetune.synthetic import scenes


def test_pictures_are_made_and_can_be_read(tmp_path, capsys):
    command = ["data", "synth", "--scene", "stand", "--n", "1", "--size", "96", "--split", "dev"]
    assert cli.main([*command, "--out", str(tmp_path), "--renderer", "software", "--workers", "1"]) == 0
    assert "1 images in" in capsys.readouterr().out
    assert find_splits(tmp_path) == ["dev"]
    assert len(load_dataset(tmp_path, "dev").people) == 1


def test_the_scenes_are_listed(capsys):
    assert cli.main(["data", "synth", "--scene", "list"]) == 0
    assert capsys.readouterr().out.split() == list(scenes.names())


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "--out DIR"),
        (["--out", "{}", "--people", "0.8"], "two shares like 0:0.8"),
        (["--out", "{}", "--people", "0.9:0.2"], "two shares like 0:0.8"),
        (["--out", "{}", "--scene", "moon"], "moon"),
        (["--out", "{}", "--crowd", "many"], "two numbers like 2:12"),
        (["--out", "{}", "--crowd", "5:2"], "two numbers like 2:12"),
    ],
)
def test_bad_orders_are_one_sentence(arguments, says, tmp_path, capsys):
    assert cli.main(["data", "synth", *(a.format(tmp_path / "set") for a in arguments)]) == 2
    assert says in capsys.readouterr().err
    assert not (tmp_path / "set").exists()


def test_the_sample_set_is_written_out(tmp_path, capsys):
    (tmp_path / "file").write_text("")
    assert cli.main(["data", "sample", str(tmp_path / "file")]) == 2
    assert "is a file" in capsys.readouterr().err
