"""A job's video, frames, films and downloads, through a running server."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.helpers.clips import number_of, write_clip
from tests.helpers.mp4 import set_durations
from tests.helpers.served_videos import followed, send, wait_for, walk_clip

from posetune.opencv import cv2
from posetune.runtime.video import VideoReader
from posetune.runtime.video_header import video_header

TICKS = [512, 300, 700, 512, 600, 512, 256, 512, 900, 512, 512, 316]


@pytest.fixture(scope="module")
def job(web_server, tmp_path_factory):
    """The URL of a finished job of numbered frames at a varying rate, and its bytes."""
    path = write_clip(tmp_path_factory.mktemp("clip") / "clip.mp4", len(TICKS))
    set_durations(path, TICKS)
    url, job = followed(web_server, path.read_bytes())
    assert job["video"]["variable_rate"]
    return url, path.read_bytes()


def test_frames_and_their_times_go_together(web_server, job):
    url, _ = job
    times = web_server.get(f"{url}/frames").json()["times_s"]
    assert np.diff(times).round(4).tolist() == [round(t / 12800, 4) for t in TICKS[:-1]]
    for index in (0, 7, 3, 11, 10, 1):
        answer = web_server.get(f"{url}/frames/{index}.jpg")
        assert answer.headers["content-type"] == "image/jpeg"
        assert number_of(cv2.imdecode(np.frombuffer(answer.content, np.uint8), 1)) == index
    small = web_server.get(f"{url}/frames/2.jpg?side=80").content
    assert cv2.imdecode(np.frombuffer(small, np.uint8), 1).shape[1] == 80
    for name in ("12.jpg", "-1.jpg", "1.png", "x.jpg", "1e1.jpg", "²·jpg", "99999999999.jpg"):
        assert web_server.get(f"{url}/frames/{name.encode().hex() if not name.isascii() else name}").status == 404


def test_the_original_comes_back_whole_or_in_part_and_does_nothing(web_server, job):
    url, content = job
    answer = web_server.get(f"{url}/original")
    assert answer.content == content
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-security-policy"].startswith("sandbox")
    part = web_server.get(f"{url}/original", Range="bytes=4-11")
    assert (part.status, part.content) == (206, content[4:12])
    assert web_server.get(f"{url}/original", Range="bytes=0-1,4-5").status == 416
    for beyond in ("bytes=99999999-", "bytes=99999999-999999999", "bytes=-0"):
        answer = web_server.get(f"{url}/original", Range=beyond)
        assert (answer.status, answer.headers["content-type"]) == (416, "application/problem+json")
        assert answer.headers["content-range"] == f"bytes */{len(content)}"
    assert web_server.get(f"{url}/original", Range="bytes=-8").content == content[-8:]
    for nothing in ("bytes=", "bytes=-", "bytes=9-2", "pages=1-2", "bytes=a-b", "bytes=1-2-3", "bytes=0x1-2"):
        assert web_server.get(f"{url}/original", Range=nothing).status == 200


def test_the_proxy_has_every_frame_at_its_time_and_then_takes_ranges(web_server, job, tmp_path):
    url, _ = job
    times = web_server.get(f"{url}/frames").json()["times_s"]
    first = web_server.get(f"{url}/proxy.webm")
    assert (first.status, first.headers["content-type"]) == (200, "video/webm")
    again = web_server.get(f"{url}/proxy.webm")
    for name, content in (("streamed.webm", first.content), ("made.webm", again.content)):
        (tmp_path / name).write_bytes(content)
        frames = list(VideoReader(tmp_path / name).frames())
        assert [number_of(f.rgb) for f in frames] == list(range(12))
        assert [f.seconds for f in frames] == pytest.approx(times, abs=0.0006)
    assert video_header(tmp_path / "made.webm").seconds == pytest.approx(times[-1] + TICKS[-2] / 12800, abs=0.002)
    part = web_server.get(f"{url}/proxy.webm", Range="bytes=0-3")
    assert (part.status, part.content) == (206, again.content[:4])


def test_the_drawn_film_shows_the_people(web_server, tmp_path):
    path = walk_clip(tmp_path / "walk.mp4", 4)
    url, _ = followed(web_server, path.read_bytes())
    (tmp_path / "overlay.webm").write_bytes(web_server.get(f"{url}/download/overlay.webm").content)
    drawn, plain = (list(VideoReader(p)) for p in (tmp_path / "overlay.webm", path))
    assert len(drawn) == len(plain) == 4
    for person, after, before in zip(web_server.get(f"{url}/result").json()["frames"], drawn, plain, strict=True):
        x, y, _ = person["people"][0]["landmarks_px"][25]  # left knee: the lower limbs are green
        spot = slice(int(y) - 1, int(y) + 2), slice(int(x) - 1, int(x) + 2)
        change = after[spot].mean(axis=(0, 1)).astype(float) - before[spot].mean(axis=(0, 1))
        assert change[1] > 40
        assert change.argmax() == 1


def test_downloads_begin_and_end_well(web_server, job):
    url, _ = job
    for name, media in (("poses.csv", "text/csv"), ("angles.csv", "text/csv"), ("poses.json", "application/json"),
                        ("coco.json", "application/json"), ("poses.trc", "text/plain")):  # fmt: skip
        answer = web_server.get(f"{url}/download/{name}")
        assert (answer.status, answer.headers["content-type"].split(";")[0]) == (200, media)
        assert answer.headers["content-disposition"].startswith("attachment")
        if name.endswith("json"):
            json.loads(answer.content)
    assert len(json.loads(web_server.get(f"{url}/download/poses.json").content)["frames"]) == 12
    assert web_server.get(f"{url}/download/all.zip").status == 404
    assert web_server.get(f"{url}/download/poses.csv?person=x").status == 422
    nobody = web_server.get(f"{url}/download/poses.trc?person=99")
    assert (nobody.status, "has the id 99; there are: " in nobody.json()["detail"]) == (404, True)


def test_while_a_job_runs_there_is_what_it_found_but_no_drawn_film(web_server, tmp_path):
    url = send(web_server, walk_clip(tmp_path / "walk.mp4", 250).read_bytes()).json()["url"]
    wait_for(web_server, url, ("running",))
    assert web_server.get(f"{url}/download/overlay.webm").status == 409
    assert web_server.get(f"{url}/download/poses.csv").content.startswith(b"frame,time_s")
    assert web_server.get(f"{url}/frames/9.jpg").status == 200
    web_server.ask("DELETE", url)
