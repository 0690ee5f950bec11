"""``posetune cvat``, as a user calls it."""

from __future__ import annotations

import json
import os
import subprocess
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


def test_without_the_extra_one_sentence(sample):
    """In a process of its own: what was imported here stays imported."""
    program = "import sys; sys.modules['cvat_sdk'] = None; from posetune.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", program, "cvat", "push", str(sample), "--url", "http://127.0.0.1:1"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "CVAT_ACCESS_TOKEN": "x"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "needs cvat_sdk" in done.stderr
    assert "[cvat]" in done.stderr


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


@pytest.fixture
def pushed(tmp_path, monkeypatch, capsys):
    """``(folder, url, state)`` of a set that is on a server."""
    pytest.importorskip("cvat_sdk")
    from tests.helpers.cvat_server import TOKEN, running
    from tests.helpers.cvat_set import write_set

    write_set(tmp_path / "squats", 2)
    monkeypatch.setenv("CVAT_ACCESS_TOKEN", TOKEN)
    with running() as (url, state):
        assert main(["cvat", "push", str(tmp_path / "squats"), "--url", url]) == 0
        capsys.readouterr()
        yield tmp_path / "squats", url, state


def test_check_and_pull_by_the_address_that_the_browser_shows(pushed, capsys, tmp_path):
    folder, url, state = pushed
    (task,) = state.tasks.values()
    where = f"{url}/tasks/{task['id']}/jobs/3"
    assert main(["cvat", "check", where, "--set", str(folder)]) == 0
    assert "Nothing found" in capsys.readouterr().out
    task["annotations"]["shapes"].pop()
    task["deleted_frames"] = [0]
    assert main(["cvat", "check", where, "--json", str(tmp_path / "f.json")]) == 1
    assert json.loads((tmp_path / "f.json").read_text())["findings"][0]["kind"] == "deleted-frames"
    assert main(["cvat", "pull", where, "--out", str(folder), "--json", str(tmp_path / "p.json")]) == 0
    assert json.loads((tmp_path / "p.json").read_text())["splits"]["train"]["deleted"] == ["23 in clip_000001.png"]
    assert "deleted there, and so here: 23 in clip_000001.png" in capsys.readouterr().out
    assert main(["data", "check", str(folder)]) in (0, 1)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["pull", "12", "--out", "x"], "Say on which server 12 is"),
        (["pull", "https://a.example/tasks/1", "--url", "https://b.example", "--out", "x"], "is not on --url"),
        (["check", "nobodys", "--url", "URL"], "has no project called 'nobodys'"),
        (["check", "77", "--url", "URL"], "has no such thing"),
        (["check", "squats", "--url", "URL", "--set", "/nowhere"], "no data set folder"),
    ],
)
def test_what_is_not_there_is_said(pushed, words, told, capsys):
    _, url, _ = pushed
    assert main(["cvat", *[url if word == "URL" else word for word in words]]) == 2
    assert told in capsys.readouterr().err


def test_pull_into_another_tools_set_is_refused(pushed, capsys, tmp_path):
    folder, url, _ = pushed
    assert main(["data", "convert", str(folder), str(tmp_path / "yolo"), "--to", "yolo"]) == 0
    assert main(["cvat", "pull", "squats", "--url", url, "--out", str(tmp_path / "yolo")]) == 2
    assert "is a set of another tool" in capsys.readouterr().err
