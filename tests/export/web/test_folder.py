"""The folder of the on-device page: whole, its own, and never half of one. That it works: browser/test_device_page.py."""

from __future__ import annotations

import json
import os
import re
import stat

import pytest

from posetune.coach.errors import stock_errors
from posetune.coach.exercise import library
from posetune.errors import PosetuneError
from posetune.export.web import folder
from posetune.stock import tasks_vision

NETWORK = folder.NetworkName("mine", "ab" * 32)
PACKAGE = {name: name.encode() for name in tasks_vision.FILES}


def written(at, task=b"a bundle") -> dict[str, bytes]:
    folder.write(at, task, NETWORK, PACKAGE)
    return {p.relative_to(at).as_posix(): p.read_bytes() for p in at.rglob("*") if p.is_file()}


def test_everything_that_the_page_names_is_there(tmp_path):
    files = written(tmp_path / "web")
    scripts = {name: content.decode() for name, content in files.items() if re.search(r"^js/.*\.js$", name)}
    html = files["index.html"].decode()
    for name in re.findall(r'(?:href|src)="([^"#]+)"', html):
        assert name in files, name
        assert not name.startswith("/")
    for name, script in scripts.items():
        for target in re.findall(r'\bfrom "([^"]+)"', script):
            assert os.path.normpath(f"{name}/../{target}") in files, (name, target)
    for name in ("pose.task", "i18n/en.json", "i18n/zh.json", "tasks-vision/vision_bundle.js", "NOTICE.txt"):
        assert name in files
    assert (files["pose.task"], files["tasks-vision/vision_bundle.js"]) == (b"a bundle", b"vision_bundle.mjs")
    assert b".html" not in b"".join(name.encode() for name in files if name != "index.html")


def test_its_policy_lets_it_talk_to_its_own_place_alone(tmp_path):
    html = written(tmp_path / "web")["index.html"].decode()
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', html)
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split(";")}
    assert rules["default-src"] == ["'none'"]
    assert rules["connect-src"] == ["'self'"]
    assert rules["script-src"] == ["'self'", "'wasm-unsafe-eval'"]
    assert rules["require-trusted-types-for"] == ["'script'"]
    assert not any(word in policy for word in ("unsafe-inline", "'unsafe-eval'", "http:", "https:", "*"))
    # A policy in the page holds only for what stands behind it.
    assert html.index("Content-Security-Policy") < html.index("<script")
    assert not re.search(r"<style|style=|\bon\w+=|<script>", html)


def test_the_coach_comes_along_with_the_networks_own_errors(tmp_path):
    coach = json.loads(written(tmp_path / "web")["device.json"])["coach"]
    assert [e["name"] for e in coach["exercises"]] == list(library())
    assert coach["errors"] == dict(stock_errors())
    folder.write(tmp_path / "web", b"a bundle", NETWORK, PACKAGE, {"knee": 5.5})
    assert json.loads((tmp_path / "web" / "device.json").read_bytes())["coach"]["errors"] == {"knee": 5.5}


def test_the_facts_name_network_joints_and_ranges(tmp_path):
    facts = json.loads(written(tmp_path / "web")["device.json"])
    assert facts["network"] == {"name": "mine", "sha256": "ab" * 32}
    assert set(facts["ranges"]) <= {angle["joint"] for angle in facts["skeleton"]["angles"]}
    assert len(facts["skeleton"]["names"]) == 33


def test_an_earlier_export_is_replaced_as_a_whole(tmp_path):
    first = written(tmp_path / "web")
    (tmp_path / "web" / "js" / "old.js").write_text("of an earlier version")
    assert written(tmp_path / "web", b"another") == {**first, "pose.task": b"another"}
    assert [p.name for p in tmp_path.iterdir()] == ["web"]
    assert stat.S_IMODE((tmp_path / "web").stat().st_mode) == 0o755


def test_what_else_lies_there_is_left_alone(tmp_path):
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "thesis.tex").write_text("five years")
    with pytest.raises(PosetuneError, match="holds something else; give a new or empty folder"):
        written(tmp_path / "web")
    with pytest.raises(PosetuneError, match="it is a file"):
        written(tmp_path / "web" / "thesis.tex")
    assert [p.name for p in (tmp_path / "web").iterdir()] == ["thesis.tex"]


def test_a_full_disk_leaves_the_earlier_export(tmp_path, monkeypatch):
    first = written(tmp_path / "web")

    def full(self, *_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(PosetuneError, match="No space left on device"):
        written(tmp_path / "web", b"another")
    monkeypatch.undo()
    assert {p.relative_to(tmp_path / "web").as_posix() for p in (tmp_path / "web").rglob("*") if p.is_file()} == set(
        first
    )
    assert [p.name for p in tmp_path.iterdir()] == ["web"]
