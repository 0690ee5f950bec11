"""``posetune data stats`` and ``data sigmas``, as a user calls them."""

from __future__ import annotations

import json

from posetune import cli


def test_stats_are_told_drawn_and_written(drawn_set, tmp_path, capsys):
    page, out = tmp_path / "stats.html", tmp_path / "stats.json"
    assert cli.main(["data", "stats", str(drawn_set), "--report", str(page), "--json", str(out)]) == 0
    shown = capsys.readouterr().out
    assert "4 images, 4 groups, 4 people, 0 to be ignored" in shown
    assert "facing: the camera 100 %" in shown
    assert "<h2>Poses</h2>" in page.read_text(encoding="utf-8")
    assert [s["people"] for s in json.loads(out.read_text())["splits"]] == [4, 2]


def test_sigmas_of_two_label_files(drawn_set, tmp_path, capsys):
    first = drawn_set / "annotations" / "val.json"
    labels = json.loads(first.read_text())
    for row in labels["annotations"]:
        row["keypoints"][0::3] = [x + 4 if x else 0 for x in row["keypoints"][0::3]]
    other = tmp_path / "other.json"
    other.write_text(json.dumps(labels))
    out = tmp_path / "sigmas.json"
    assert cli.main(["data", "sigmas", str(first), "--other", str(other), "--json", str(out)]) == 0
    assert "2 images labelled twice, 2 people paired, 0 labelled by one alone" in capsys.readouterr().out
    assert {row["median_px"] for row in json.loads(out.read_text())["points"]} == {4.0}
    assert cli.main(["data", "sigmas", str(drawn_set)]) == 2
    assert "--other SET" in capsys.readouterr().err
