"""``posetune annotate`` as a user starts it, and as the machine ends it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from tests.helpers.review_set import saved, write_review_set
from tests.helpers.reviewing import KNEE, NAME, act, moved

from posetune.cli import main

pytest.importorskip("starlette")

from posetune.label import keeping
from posetune.label.review import Review


def _start(folder: Path) -> tuple[subprocess.Popen, str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "posetune", "annotate", folder, "--port", "0", "--model", "lite", "--reviewer", "ann"],
        stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    line = process.stderr.readline()
    assert line.rstrip().endswith("/annotate"), line
    return process, line.split()[-1].removesuffix("annotate")


def _ask(url: str, path: str, content: dict | None = None) -> dict:
    body = None if content is None else json.dumps(content).encode()
    for _ in range(200):
        try:
            request = urllib.request.Request(f"{url}api/v1/{path}", body, {"Content-Type": "application/json"})
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code != 503:
                raise AssertionError(error.read()) from error
            time.sleep(0.05)
    raise AssertionError("not ready")


def test_a_killed_server_loses_no_action_that_it_had_acknowledged(tmp_path):
    folder = write_review_set(tmp_path / "set", 3)
    process, url = _start(folder)
    acknowledged = 0
    try:
        person = _ask(url, f"annotate/image?name={NAME}")["people"][0]
        threading.Timer(0.4, lambda: os.kill(process.pid, signal.SIGKILL)).start()
        for number in range(1, 5000):
            points = [[number, number, 2], *person["points"][1:]]
            people = [{"id": 1, "points": points, "status": "corrected"}]
            action = {"key": f"abcd-{number}", "image": NAME, "seen": 9999, "people": people}
            _ask(url, "annotate/actions", action)
            acknowledged = number
    except (OSError, urllib.error.URLError):
        pass
    finally:
        process.kill()
        process.communicate(timeout=20)
    assert acknowledged > 0
    assert saved(folder)["annotations"][0]["origin"]["reviewer"] == "ann"
    with Review.open(folder) as review:
        assert review.history.count in (acknowledged, acknowledged + 1)  # the last may have been written and not told
        assert review.image(NAME).people[0].points[0].x == review.history.count
    assert saved(folder)["annotations"][0]["keypoints"][0] == review.history.count


def test_a_large_set_is_written_in_the_background_and_at_the_end(tmp_path, monkeypatch):
    monkeypatch.setattr(keeping, "AT_ONCE", 0)
    monkeypatch.setattr(keeping, "_LEAST_SECONDS", 60.0)
    folder = write_review_set(tmp_path / "set", 3)
    before = saved(folder)
    review = Review.open(folder)
    act(review, people=moved(review.image(NAME), KNEE, 150, 300))
    assert saved(folder) == before
    assert not review.saved
    review.close()
    assert saved(folder)["annotations"][0]["keypoints"][3 * KNEE] == 150


def test_ctrl_c_ends_it_and_a_second_one_is_told(tmp_path, capsys):
    folder = write_review_set(tmp_path / "set", 1)
    process, url = _start(folder)
    try:
        assert _ask(url, "annotate")["name"] == "set"
        assert main(["annotate", str(folder), "--port", "0"]) == 2
        assert "Another posetune annotate" in capsys.readouterr().err
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 130
    finally:
        process.kill()
        process.communicate(timeout=20)
    Review.open(folder).close()


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda folder: None, "There is no folder"),
        (lambda folder: folder.mkdir(), "has no pictures"),
        (lambda folder: (folder / "annotations").parent.mkdir() or (folder / "annotations").write_text(""), "Cannot write into"),
    ],
)  # fmt: skip
def test_what_is_no_set_is_one_sentence(tmp_path, capsys, make, said):
    make(tmp_path / "set")
    assert main(["annotate", str(tmp_path / "set"), "--port", "0"]) == 2
    said_ = capsys.readouterr().err
    assert said in said_
    assert said_.count("\n") == 1


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write anywhere")
def test_a_set_that_cannot_be_written_to_is_said(tmp_path, capsys):
    folder = write_review_set(tmp_path / "set", 1)
    (folder / "annotations").chmod(0o500)
    try:
        assert main(["annotate", str(folder), "--port", "0"]) == 2
    finally:
        (folder / "annotations").chmod(0o700)
    assert "Cannot write" in capsys.readouterr().err
