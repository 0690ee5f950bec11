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


def test_anchoring_needs_a_set_with_proposals(drawn_set, tmp_path, capsys):
    assert main(["data", "anchoring", str(drawn_set)]) == 2
    assert "keeps no proposals" in capsys.readouterr().err
    out = tmp_path / "set"
    clip = clip_of_arms(tmp_path / "arms.mp4", frames=6, still=0)
    call = ["label", str(clip), "--out", str(out), "--pick", "4", "--model", "lite", "--threads", "1", "--blind", "50%"]
    assert main(call) == 0
    labels, proposed = (json.loads((out / f / "train.json").read_text()) for f in ("annotations", "prelabels"))
    for row in proposed["annotations"]:  # all accepted, the blind ones labelled elsewhere
        blind = labels["images"][row["image_id"] - 1].get("blind")
        points = [v + 4 * (i % 3 == 0 and bool(blind)) for i, v in enumerate(row["keypoints"])]
        row |= {"status": "verified", "keypoints": points}
    labels["annotations"] = proposed["annotations"]
    (out / "annotations" / "train.json").write_text(json.dumps(labels))
    capsys.readouterr()
    assert main(["data", "anchoring", str(out), "--json", str(tmp_path / "a.json")]) == 0
    assert json.loads((tmp_path / "a.json").read_text())["pull"] > 0.02
    assert "100 % of the points where they were proposed" in capsys.readouterr().out
