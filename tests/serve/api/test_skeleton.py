"""What pages draw, and the ranges beyond which they flash."""

from __future__ import annotations

import json

import pytest
from tests.helpers.server import running

from posetune.coach.angles import JOINTS
from posetune.landmarks import EDGES, NAMES


def test_the_skeleton_is_the_projects(web_server):
    found = web_server.get("/api/v1/skeleton").json()
    assert tuple(found["names"]) == NAMES
    assert [(c["a"], c["b"]) for c in found["connections"]] == [tuple(e) for e in EDGES]
    assert [a["joint"] for a in found["angles"]] == list(JOINTS)


@pytest.mark.parametrize(
    ("a", "b", "region"),
    [
        ("left_shoulder", "right_shoulder", "trunk"),
        ("left_shoulder", "left_hip", "trunk"),
        ("left_shoulder", "left_elbow", "upper_limbs"),
        ("left_wrist", "left_thumb", "upper_limbs"),
        ("right_hip", "right_knee", "lower_limbs"),
        ("right_ankle", "right_heel", "lower_limbs"),
        ("nose", "left_eye_inner", "face"),
    ],
)
def test_lines_belong_to_a_region(web_server, a, b, region):
    found = web_server.get("/api/v1/skeleton").json()
    lines = {(NAMES[c["a"]], NAMES[c["b"]]): c["region"] for c in found["connections"]}
    assert lines[a, b] == region


def test_ranges_can_be_set_flag_what_is_beyond_and_stay(tmp_path, photo):
    new = {"ranges": {"left_knee": {"min": 0, "max": 10}}}
    with running(tmp_path) as server:
        assert set(server.get("/api/v1/ranges").json()["ranges"]) == set(JOINTS)
        answer = server.put_json("/api/v1/ranges", new)
        assert answer.json()["ranges"] == {"left_knee": {"min": 0.0, "max": 10.0}}
        (person,) = server.predict(photo).json()["people"]
        (flag,) = person["flags"]
        assert (flag["joint"], flag["kind"], flag["limit"]) == ("left_knee", "above", 10.0)
        assert flag["value"] == person["angles"]["left_knee"]
        yaml = b"ranges:\n  left_knee: {min: 0, max: 20}\n"
        assert server.ask("PUT", "/api/v1/ranges", yaml, {"Content-Type": "application/yaml"}).status == 200
    with running(tmp_path) as server:
        assert server.get("/api/v1/ranges").json()["ranges"] == {"left_knee": {"min": 0.0, "max": 20.0}}


@pytest.mark.parametrize(
    ("content", "media", "status"),
    [
        (json.dumps({"ranges": {"nose": {"min": 0, "max": 1}}}).encode(), "application/json", 422),
        (b"ranges: &a {left_knee: {min: 0, max: 1}}", "application/yaml", 422),
        (b"#" * 70_000, "application/yaml", 413),
        (b"ranges: {}", "text/yaml", 415),
        (b"", "application/json", 422),
    ],
)
def test_what_is_no_ranges_is_refused_and_changes_nothing(web_server, content, media, status):
    before = web_server.get("/api/v1/ranges").content
    assert web_server.ask("PUT", "/api/v1/ranges", content, {"Content-Type": media}).status == status
    assert web_server.get("/api/v1/ranges").content == before
