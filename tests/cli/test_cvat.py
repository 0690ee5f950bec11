"""``posetune cvat``, as a user calls it."""

from __future__ import annotations

import json
import sys

import pytest

from posetune.cli import main


def test_labels_prints_what_the_constructor_takes(capsys):
    assert main(["cvat", "labels"]) == 0
    (label,) = json.loads(capsys.readouterr().out)
    assert (label["name"], label["type"], len(label["sublabels"])) == ("person", "skeleton", 33)


def test_labels_of_points_of_ones_own_go_into_files(tmp_path, capsys):
    (tmp_path / "images").mkdir()
    (tmp_path / "annotations").mkdir()
    category = {"id": 1, "name": "skier", "keypoints": ["nose", "pole_tip"]}
    row = {"id": 1, "image_id": 1, "category_id": 1, "keypoints": [1, 1, 2, 5, 5, 2]}
    labels = {
        "images": [{"id": 1, "file_name": "a.png", "width": 9, "height": 9}],
        "annotations": [row],
        "categories": [category],
    }
    (tmp_path / "annotations" / "train.json").write_text(json.dumps(labels))
    out = tmp_path / "label.json"
    assert main(["cvat", "labels", str(tmp_path), "--out", str(out)]) == 0
    assert [point["name"] for point in json.loads(out.read_text())[0]["sublabels"]] == ["nose", "pole_tip"]
    assert (tmp_path / "label.svg").read_text().count("<circle") == 2
    assert main(["cvat", "push", str(tmp_path), "--url", "http://127.0.0.1:1"]) == 2
    assert "points that are none of the 33 (pole_tip)" in capsys.readouterr().err


def test_without_the_extra_one_sentence(tmp_path, monkeypatch, capsys, sample):
    monkeypatch.setitem(sys.modules, "cvat_sdk", None)
    for name in [n for n in sys.modules if n.startswith(("cvat_sdk.", "posetune.label.cvat"))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setenv("CVAT_ACCESS_TOKEN", "x")
    assert main(["cvat", "push", str(sample), "--url", "http://127.0.0.1:1"]) == 2
    error = capsys.readouterr().err
    assert "needs cvat_sdk" in error
    assert "[cvat]" in error


def test_push_sends_a_set_and_needs_a_token(tmp_path, monkeypatch, capsys):
    pytest.importorskip("cvat_sdk")
    from tests.helpers.cvat_server import TOKEN, running
    from tests.helpers.cvat_set import write_set

    write_set(tmp_path / "squats", 2)
    monkeypatch.delenv("CVAT_ACCESS_TOKEN", raising=False)
    with running() as (url, state):
        assert main(["cvat", "push", str(tmp_path / "squats"), "--url", url]) == 2
        assert "No access token" in capsys.readouterr().err
        monkeypatch.setenv("CVAT_ACCESS_TOKEN", TOKEN)
        assert main(["cvat", "push", str(tmp_path / "squats"), "--url", url]) == 0
        assert [p["name"] for p in state.projects.values()] == ["squats"]
    assert "2 images and 3 people sent, task" in capsys.readouterr().out


def test_jobs_are_small(tmp_path, monkeypatch, capsys, sample):
    pytest.importorskip("cvat_sdk")
    from tests.helpers.cvat_server import TOKEN, running

    monkeypatch.setenv("CVAT_ACCESS_TOKEN", TOKEN)
    with running() as (url, _):
        assert main(["cvat", "push", str(sample), "--url", url, "--job-size", "500"]) == 2
    assert "--job-size 500: give 1 to 200" in capsys.readouterr().err
