"""posetune label, as a user calls it."""

import json

import pytest
from tests.helpers.arms import clip_of_arms, clip_of_nobody

from posetune.cli import main


def test_a_clip_becomes_a_set_that_check_takes(tmp_path, capsys):
    clip = clip_of_arms(tmp_path / "arms.mp4", frames=6, still=0)
    out = tmp_path / "set"
    call = ["label", str(clip), "--out", str(out), "--pick", "3", "--model", "lite", "--threads", "1"]
    assert main([*call, "--json", str(tmp_path / "report.json")]) == 0
    printed = capsys.readouterr().out
    assert "3 new images with 3 people" in printed
    assert "posetune annotate" in printed
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["people_a_frame"] == {"1": 3}
    assert report["sources"][0]["clip"] == "arms"
    assert main(["data", "check", str(out), "--no-suspects"]) == 0
    assert main(call) == 0
    assert "nothing new" in capsys.readouterr().out


def test_a_video_without_people(tmp_path, capsys):
    clip = clip_of_nobody(tmp_path / "room.mp4", 3)
    assert main(["label", str(clip), "--out", str(tmp_path / "set"), "--model", "lite", "--threads", "1"]) == 1
    printed = capsys.readouterr().out
    assert "nobody was found" in printed
    assert "fewer than 300" in printed
    assert main(["data", "check", str(tmp_path / "set"), "--no-suspects"]) == 0


@pytest.mark.parametrize(
    "given", [["--pick", "0"], ["--every", "0s"], ["--blind", "120%"], ["--pick", "3", "--every", "1"]]
)
def test_what_makes_no_sense_is_one_sentence(given, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["label", str(tmp_path), "--out", str(tmp_path / "set"), *given])
    assert ended.value.code == 2
    assert capsys.readouterr().err.count("\n") == 1
