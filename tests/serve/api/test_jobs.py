"""Videos through a running server: sent, followed, read while that goes on, cancelled, deleted."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.helpers.clips import numbered, write_clip
from tests.helpers.mp4 import set_rotation
from tests.helpers.served_videos import followed, send, wait_for, walk_clip
from tests.helpers.server import running

from posetune.serve.api import jobs as api
from posetune.serve.jobs import engine
from posetune.serve.settings import Limits


@pytest.fixture(autouse=True)
def kept_often(monkeypatch):
    """What is found is seen soon, so that short videos do."""
    monkeypatch.setattr(engine, "KEEP_SECONDS", 0.05)


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> bytes:
    return walk_clip(tmp_path_factory.mktemp("clip") / "walk.mp4").read_bytes()


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory) -> bytes:
    """Some seconds of work."""
    return walk_clip(tmp_path_factory.mktemp("clip") / "walk.mp4", 250).read_bytes()


def test_a_video_becomes_people_frame_by_frame(web_server, clip):
    url, job = followed(web_server, clip, "?name=My%20walk.mp4&max_people=2")
    assert msgspec.convert(job, api.Job).state == "done"
    assert job["progress"] == {"done": 8, "total": 8, "seconds_left": None}
    assert (job["name"], job["max_people"], job["network"]["name"], job["error"]) == ("My walk.mp4", 2, "lite", "")
    video = job["video"]
    assert (video["width"], video["height"], video["frames"], video["playable"], video["bytes"]) == (
        320,
        288,
        8,
        False,
        len(clip),
    )
    found = msgspec.convert(web_server.get(f"{url}/result").json(), api.Result)
    assert (found.state, found.begin, found.next, found.complete) == ("done", 0, 8, True)
    assert [frame.index for frame in found.frames] == list(range(8))
    assert [len(frame.people) for frame in found.frames] == [1] * 8
    assert {person.id for frame in found.frames for person in frame.people} == {1}
    times = web_server.get(f"{url}/frames").json()
    assert times == {"times_s": [frame.time_s for frame in found.frames], "known": 8, "complete": True}
    later = web_server.get(f"{url}/result?from=6").json()
    assert [frame["index"] for frame in later["frames"]] == [6, 7]
    assert web_server.get(f"{url}/result?from=8").json()["frames"] == []
    assert url.rsplit("/", 1)[1] in [j["id"] for j in web_server.get("/api/v1/jobs").json()["jobs"]]


def test_the_result_is_that_of_tracking_the_file(web_server, clip, tmp_path, lite_landmarker):
    url, _ = followed(web_server, clip, "?max_people=1")
    (tmp_path / "walk.mp4").write_bytes(clip)
    expected = [poses[0].landmarks_px for poses in lite_landmarker.track(tmp_path / "walk.mp4", max_people=1)]
    frames = web_server.get(f"{url}/result").json()["frames"]
    np.testing.assert_allclose([frame["people"][0]["landmarks_px"] for frame in frames], expected, atol=0.002)


def test_what_is_found_is_seen_while_the_job_runs_and_cancelling_keeps_it(web_server, long_clip):
    url = send(web_server, long_clip).json()["url"]
    expected = web_server.get(f"{url}/frames").json()
    assert len(expected["times_s"]) == 250
    assert not expected["complete"]
    wait_for(web_server, url, ("running",))
    while not (found := web_server.get(f"{url}/result").json())["frames"]:
        assert found["state"] == "running"
    assert not found["complete"]
    cancelled = web_server.ask("POST", f"{url}/cancel").json()
    assert cancelled["state"] == "cancelled"
    assert 0 < cancelled["progress"]["done"] < 250
    after = web_server.get(f"{url}/result").json()
    assert (after["state"], after["next"]) == ("cancelled", cancelled["progress"]["done"])
    assert web_server.ask("POST", f"{url}/cancel").json()["state"] == "cancelled"
    assert web_server.ask("DELETE", url).status == 204


def test_deleting_leaves_neither_rows_nor_files(web_server, clip):
    url, job = followed(web_server, clip)
    folder = web_server.services.engine.files_of(job["id"])
    assert folder.is_dir()
    assert web_server.get(f"{url}/frames/2.jpg").status == 200
    assert web_server.ask("DELETE", url).status == 204
    assert not folder.exists()
    end = time.monotonic() + 10
    while any(
        job["id"] in os.readlink(f) for pid in web_server.services.pool.pids for f in Path(f"/proc/{pid}/fd").glob("*")
    ):
        assert time.monotonic() < end, "a worker holds the file"
        time.sleep(0.02)
    for path in ("", "/result", "/frames", "/frames/0.jpg", "/original", "/proxy.webm", "/download/poses.csv"):
        answer = web_server.get(url + path)
        assert (answer.status, answer.headers["content-type"]) == (404, "application/problem+json"), path
    assert web_server.ask("DELETE", url).status == 404


def test_a_request_sent_again_makes_no_second_job(web_server, clip):
    first, again = (send(web_server, clip, "?key=my-walk") for _ in range(2))
    assert (first.status, again.status) == (201, 200)
    assert first.json() == again.json()
    wait_for(web_server, first.json()["url"])
    folders = [path for path in web_server.services.engine.folder.iterdir() if path.is_dir()]
    assert len(folders) == len(web_server.get("/api/v1/jobs").json()["jobs"])


def test_the_same_video_for_another_network_needs_no_upload(web_server, clip):
    url, _ = followed(web_server, clip, "?max_people=3&name=walk")
    made = web_server.ask("POST", f"{url}/again?model=full&key=other")
    assert made.status == 201
    assert web_server.ask("POST", f"{url}/again?model=full&key=other").json() == made.json()
    other = wait_for(web_server, made.json()["url"])
    assert (other["state"], other["network"]["name"], other["name"], other["max_people"]) == ("done", "full", "walk", 3)
    assert web_server.ask("DELETE", url).status == 204
    assert web_server.get(f"{made.json()['url']}/original").content == clip
    assert web_server.ask("POST", f"{url}/again").status == 404
    assert web_server.ask("POST", f"{made.json()['url']}/again?model=nothing").status == 404


def test_new_ranges_flag_what_was_found_before(web_server, clip):
    url, _ = followed(web_server, clip)
    before = web_server.get("/api/v1/ranges").json()["ranges"]
    try:
        web_server.put_json("/api/v1/ranges", {"ranges": {"left_elbow": {"min": 0, "max": 1}}})
        people = [p for frame in web_server.get(f"{url}/result").json()["frames"] for p in frame["people"]]
        flags = [flag for person in people for flag in person["flags"]]
        assert flags
        assert {(flag["joint"], flag["kind"], flag["limit"]) for flag in flags} == {("left_elbow", "above", 1.0)}
        assert b"left_elbow:above" in web_server.get(f"{url}/download/angles.csv").content
    finally:
        web_server.put_json("/api/v1/ranges", {"ranges": before})


def test_kept_or_not(web_server, clip):
    url, job = followed(web_server, clip)
    assert job["expires_at"] == pytest.approx(job["created_at"] + 24 * 3600, abs=1)
    body = {"Content-Type": "application/json"}
    kept = web_server.ask("PATCH", url, b'{"kept": true}', body).json()
    assert (kept["kept"], kept["expires_at"]) == (True, None)


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"", 422, "empty"),
        (b"GIF89a" + bytes(60), 415, "a GIF"),
        (b"ffconcat version 1.0\nfile ../other/original\n", 415, "a list of other files"),
        (b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", 415, "a list of other files"),
        (b"\xff\xd8\xff\xe0" + bytes(60), 415, "JPEG"),
        (b"PK\3\4" + bytes(60), 415, "ZIP"),
        (b"<svg/>", 415, "SVG"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", 422, "no index"),
        (b"RIFF\x10\0\0\0AVI LIST", 422, "damaged"),
        (b"\x1aE\xdf\xa3\xff\xff", 422, "damaged"),
    ],
)
def test_what_is_no_video_is_one_sentence_and_leaves_nothing(web_server, content, status, said):
    before = set(web_server.services.engine.folder.iterdir())
    answer = send(web_server, content)
    assert answer.status == status
    assert said in answer.json()["detail"]
    assert set(web_server.services.engine.folder.iterdir()) == before


def test_half_a_video_is_refused_or_read_as_far_as_it_goes(web_server, clip, tmp_path):
    assert send(web_server, clip[: len(clip) // 2]).status == 422
    avi = write_clip(tmp_path / "clip.avi", 30).read_bytes()
    _, job = followed(web_server, avi[: len(avi) * 2 // 3])
    assert job["state"] == "done"
    assert 5 < job["progress"]["done"] < 30
    assert "cut off" in job["note"]


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_turned_phone_is_upright(web_server, tmp_path, degrees):
    path = walk_clip(tmp_path / "walk.mp4", 2)
    set_rotation(path, degrees)
    url, job = followed(web_server, path.read_bytes())
    turned = (288, 320) if degrees != 180 else (320, 288)
    assert (job["video"]["width"], job["video"]["height"], job["video"]["rotation"]) == (*turned, degrees)
    assert web_server.get(f"{url}/frames/1.jpg").status == 200


def test_bad_requests(web_server, clip):
    assert send(web_server, clip, media="text/plain").status == 415
    assert send(web_server, clip, "?model=nothing").status == 404
    for query in ("?max_people=0", "?smooth=a", "?tiles=x", "?colour=red", "?name=" + "a" * 300):
        assert send(web_server, clip, query).status == 422, query
    for id in ("a" * 22, "A" * 22, "../../etc", "a", "%00"):
        assert web_server.get(f"/api/v1/jobs/{id}").status == 404
    assert web_server.get("/api/v1/jobs/" + "a" * 22 + "/result?from=-1").status == 404


def test_a_visitor_has_so_many_unfinished_jobs(tmp_path, long_clip):
    with running(tmp_path, limits=Limits(jobs_an_owner=2)) as server:
        assert [send(server, long_clip).status for _ in range(3)] == [201, 201, 429]


def test_too_much_is_refused_and_leaves_nothing(tmp_path, long_clip):
    wide = write_clip(tmp_path / "wide.mp4", [numbered(0, 512)]).read_bytes()
    with running(tmp_path / "data", limits=Limits(video_bytes=2**20, video_seconds=5, video_side=400)) as server:
        assert [send(server, content).status for content in (bytes(2**20 + 1), long_clip, wide)] == [413] * 3
        assert not [path for path in server.services.engine.folder.iterdir() if path.is_dir()]


def test_a_job_is_seen_by_its_visitor_alone(tmp_path, clip):
    tokens = {name: "".join(f"{name}{i:02}" for i in range(16)) for name in ("ada", "ben")}
    (tmp_path / "tokens").write_text("".join(f"{name} {token}\n" for name, token in tokens.items()))

    def as_(name: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {tokens[name]}"}

    with running(tmp_path / "data", token_file=tmp_path / "tokens") as server:
        url = send(server, clip, **as_("ada")).json()["url"]
        assert server.ask("GET", url, headers=as_("ada")).status == 200
        for method, path in (("GET", ""), ("GET", "/result"), ("GET", "/original"), ("GET", "/frames/0.jpg"), ("DELETE", ""),
                             ("POST", "/cancel"), ("GET", "/download/poses.json")):  # fmt: skip
            assert server.ask(method, url + path, headers=as_("ben")).status == 404
            assert server.ask(method, url + path).status == 401
        assert server.ask("GET", "/api/v1/jobs", headers=as_("ben")).json() == {"jobs": []}


def test_pictures_are_answered_while_a_job_runs(web_server, long_clip, photo):
    url = send(web_server, long_clip).json()["url"]
    wait_for(web_server, url, ("running",))
    statuses = []
    threads = [threading.Thread(target=lambda: statuses.append(web_server.predict(photo).status)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 4
    assert web_server.get(url).json()["state"] == "running"
    web_server.ask("DELETE", url)
