from __future__ import annotations

import random

import msgspec
import numpy as np
import pytest

pytest.importorskip("starlette")

from tests.helpers.clips import CODECS, number_of, write_clip
from tests.helpers.mp4 import set_durations, set_rotation
from tests.helpers.served_videos import walk_clip

from posetune import stock
from posetune.opencv import cv2
from posetune.runtime.video import VideoReader
from posetune.serve.jobs import work
from posetune.serve.pool.context import Context, Network, Refused
from posetune.serve.settings import Limits


@pytest.fixture
def context() -> Context:
    return Context(Limits())


@pytest.fixture(scope="module")
def network() -> dict:
    return msgspec.to_builtins(Network("lite", "lite", stock.PINS["lite"].sha256))


def request(path, network, **changed) -> dict:
    return {"key": "k", "path": str(path), "network": network, "first": 0, "memory": None, "max_people": 2, "tiles": "off",
            "smooth": "mediapipe", "seconds": 60.0, "ranges": {}, **changed}  # fmt: skip


def test_pieces_by_any_worker_are_the_whole(tmp_path, context, network):
    """Each piece in a worker that has never seen the video, or in the same one: the same to the last digit."""
    path = walk_clip(tmp_path / "clip.mp4", 7)
    whole = work.track(context, request(path, network))
    assert (whole["ended"], len(whole["frames"]), whole["shortfall"]) == (True, 7, "")
    assert any(msgspec.json.decode(line)["people"] for line in whole["frames"])
    for fresh in (True, False):
        lines, memory, ended = [], None, False
        while not ended:
            if fresh:
                context.kept.clear()
            piece = work.track(context, request(path, network, key="p", seconds=0.0, first=len(lines), memory=memory))
            lines, memory, ended = lines + piece["frames"], piece["memory"], piece["ended"]
        assert lines == whole["frames"]


@pytest.mark.parametrize("suffix", list(CODECS))
def test_a_probe_counts_frames_and_tells_whether_the_rate_varies(tmp_path, context, suffix):
    path = write_clip(tmp_path / f"clip{suffix}", 12)
    found = work.probe(context, {"path": str(path)})
    assert (found["width"], found["height"], found["frames"], found["variable_rate"]) == (160, 96, 12, False)
    assert found["duration_s"] == pytest.approx(0.48, abs=0.01)
    assert found["times"] == pytest.approx([n / 25 for n in range(12)], abs=0.002)


def test_a_varying_rate_is_told(tmp_path, context):
    path = write_clip(tmp_path / "clip.mp4", 6)
    set_durations(path, [512, 512, 1024, 512, 300, 512])
    assert work.probe(context, {"path": str(path)})["variable_rate"]


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_a_turned_phone_is_upright(tmp_path, context, network, degrees):
    path = write_clip(tmp_path / "clip.mp4", 2)
    set_rotation(path, degrees)
    size = (160, 96) if degrees in (0, 180) else (96, 160)
    found = work.probe(context, {"path": str(path)})
    assert (found["width"], found["height"]) == size
    jpeg = work.frame(
        context,
        {"key": "f", "path": str(path), "index": 1, "begin": 0, "times": [0.0, 0.04], "side": 4096, "faces": []},
    )
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1).shape[1::-1] == size


@pytest.mark.parametrize(
    ("limits", "said"),
    [({"video_frames": 5}, "longer than"), ({"video_seconds": -0.9}, "longer than"), ({"video_side": 100}, "px")],
)
def test_limits_hold_whatever_the_head_says(tmp_path, network, limits, said):
    path = write_clip(tmp_path / "clip.mp4", 8)
    context = Context(Limits(**limits))
    for ask in (lambda: work.probe(context, {"path": str(path)}), lambda: work.track(context, request(path, network))):
        with pytest.raises(Refused, match=said) as caught:
            ask()
        assert caught.value.status == 413


@pytest.mark.parametrize("suffix", [".mp4", ".webm", ".avi"])
def test_any_frame_is_the_right_one_in_any_order(tmp_path, context, suffix):
    path = write_clip(tmp_path / f"clip{suffix}", 70)
    if suffix == ".mp4":
        rng = random.Random(1)
        set_durations(path, [rng.choice([256, 512, 700]) for _ in range(70)])
    times = [round(f.seconds, 6) for f in VideoReader(path).frames()]
    rng = random.Random(2)
    index = 30
    for step in range(60):
        index = rng.randrange(70) if step % 5 == 0 else min(69, max(0, index + rng.choice([-1, 1, 1, -7, 3])))
        asked = {"key": "f", "path": str(path), "index": index, "begin": max(0, index - 9), "side": 4096, "faces": []}
        jpeg = work.frame(context, {**asked, "times": times[max(0, index - 9) : index + 1]})
        assert number_of(cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1)) == index


def test_a_frame_whose_time_nobody_knows_is_counted_out(tmp_path, context):
    path = write_clip(tmp_path / "clip.mp4", 9)
    for index in (7, 2):
        asked = {
            "key": "f",
            "path": str(path),
            "index": index,
            "begin": index,
            "times": [99.0],
            "side": 4096,
            "faces": [],
        }
        assert number_of(cv2.imdecode(np.frombuffer(work.frame(context, asked), np.uint8), 1)) == index
    with pytest.raises(Refused, match="no such frame"):
        work.frame(
            context, {"key": "f", "path": str(path), "index": 9, "begin": 9, "times": [99.0], "side": 4096, "faces": []}
        )


def test_a_small_frame_is_made_when_asked_for(tmp_path, context):
    path = write_clip(tmp_path / "clip.mp4", 2)
    jpeg = work.frame(
        context, {"key": "f", "path": str(path), "index": 0, "begin": 0, "times": [0.0], "side": 80, "faces": []}
    )
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), 1).shape == (48, 80, 3)


def test_flags_follow_the_ranges(tmp_path, context):
    person = {"angles": {"left_knee": 90.0, "right_knee": 100.0}, "visibility": [1.0] * 33, "flags": [{"joint": "x"}]}
    line = msgspec.json.encode({"index": 0, "people": [person]})
    (found,) = work.flags(context, {"lines": [line], "ranges": {"left_knee": {"min": 120, "max": 180}}})
    flag = {"joint": "left_knee", "kind": "below", "value": 90.0, "limit": 120.0}
    assert msgspec.json.decode(found)["people"][0]["flags"] == [flag]
