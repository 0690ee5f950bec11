"""Tracking: MediaPipe's VIDEO mode frame by frame, ids that stay, and the detector only where it is needed."""

from __future__ import annotations

import numpy as np
import pytest
from tests.helpers.figures import draw_person, room
from tests.helpers.scripts import load_script

import posetune
from posetune import stock
from posetune.errors import PosetuneError
from posetune.graph.resize import resized
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.track import Tracker, frames_of

RED, GREEN = (160, 60, 60), (60, 130, 60)


@pytest.fixture(scope="module")
def landmarker() -> Landmarker:
    return posetune.load("lite", threads=1)


def waving(frames: int = 14) -> list[np.ndarray]:
    """Somebody who waves, walks and leans; an empty room in between."""
    clip = [
        draw_person(room(360, 400), (150 + 4 * i, 200), 0.95 + 0.01 * i, 0.02 * i, 0.3 + 0.15 * i)
        for i in range(frames)
    ]
    clip[frames // 2] = room(360, 400)
    return clip


@pytest.mark.parametrize(("model", "size"), [("lite", 256), ("full", 256), ("lite", 224), ("lite", 192)])
def test_agrees_with_mediapipe_in_video_mode(model, size, tmp_path):
    """Bit for bit, so to a thousandth of a pixel: a video is a feedback loop, in which anything that is only nearly right
    is a pixel off ten frames later (docs/lab/results/agreement.md). Sizes that are no power of two round where 256
    does not.
    """
    pytest.importorskip("mediapipe", reason="mediapipe is not installed: pip install '.[mediapipe]'")
    parity = load_script("benchmarks/parity_video.py")
    if size != 256:
        network = tmp_path / "smaller.tflite"
        network.write_bytes(resized(stock.path(model).read_bytes(), size))
        model = network
    frames = frames_of([(rgb, i * 0.04) for i, rgb in enumerate(waving())])
    with parity.mediapipe_video(parity.bundle_for(model, tmp_path)) as reference:
        result = parity.compare(posetune.load(model, threads=1), reference, frames)
    assert result["disagreed"] == []
    assert len(result["numbers"]) >= 12
    gap = {name: values.max() for name, values in result["differences"].items()}
    assert gap["x,y [image px]"] <= 1e-3
    assert gap["z [image px]"] <= 1e-3
    assert gap["visibility"] <= 1e-5
    assert gap["world [mm]"] <= 1e-2


def test_the_detector_looks_only_where_somebody_is_missing(landmarker, monkeypatch):
    looked = []
    detect = landmarker.detect
    monkeypatch.setattr(landmarker, "detect", lambda *asked: looked.append(len(seen)) or detect(*asked))
    seen: list[list[int | None]] = []
    for poses in landmarker.track(waving(), max_people=1, fps=25):
        seen.append([pose.id for pose in poses])
    assert seen == [[1]] * 7 + [[]] + [[1]] * 6  # back again after a frame: the same person
    assert looked == [0, 8]


def test_two_people_keep_their_ids_while_one_comes_and_goes(landmarker):
    clip = []
    for i in range(16):
        image = draw_person(room(700, 420), (150 + 3 * i, 210), shirt=RED)
        clip.append(draw_person(image, (560 - 3 * i, 210), arms=0.6, shirt=GREEN) if 3 <= i < 12 else image)
    left, right = [], []
    for frame in landmarker.track(clip, fps=10):
        for pose in frame:
            (left if pose.landmarks_px[23, 0] < 350 else right).append(pose.id)
    assert set(left) == {1}
    assert len(left) == 16
    assert set(right) == {2}
    assert 6 <= len(right) <= 9  # seen within a quarter of a second, gone when gone


def test_no_smoothing_is_the_networks_word_and_smoothing_holds_still(landmarker):
    rng = np.random.default_rng(1)
    still = draw_person(room(300, 380), (150, 190), 0.95)
    clip = [np.clip(still + rng.normal(0, 6, still.shape), 0, 255).astype(np.uint8) for _ in range(20)]

    def jitter(smooth: str) -> np.ndarray:
        points = np.stack([f[0].landmarks_px for f in landmarker.track(clip, max_people=1, smooth=smooth)])
        return np.abs(np.diff(points[6:], axis=0)).mean(axis=(0, 1))

    raw, ours, steady, offline = (jitter(name) for name in ("none", "mediapipe", "steady", "offline"))
    assert (ours < raw).all()
    assert steady[2] < 0.75 * ours[2]  # half, once both have settled (test_smooth.py)
    assert (offline < raw).all()


def test_black_frames_and_a_single_pixel_show_nobody(landmarker):
    clip = [np.zeros((240, 320, 3), np.uint8), np.zeros((1, 1, 3), np.uint8), np.full((1, 4000, 3), 90, np.uint8)]
    assert [list(poses) for poses in landmarker.track(clip)] == [[], [], []]


def test_the_size_of_the_frames_may_change(landmarker):
    clip = [draw_person(room(300, 380), (150, 190)), draw_person(room(400, 400), (150, 190))]
    assert [len(poses) for poses in landmarker.track(clip, max_people=1)] == [1, 1]


def test_what_is_no_video_is_one_sentence(landmarker):
    image = np.zeros((64, 64, 3), np.uint8)
    for frames, words in (
        (image, "many frames, not one image"),
        (None, "images, or pairs of .image, seconds., not NoneType"),
        ([(image, 1.0), (image, 1.0)], "cannot follow one at 1 s"),
        (["no image"], "NumPy array"),
        ("missing.mp4", "No such file"),
    ):
        with pytest.raises(PosetuneError, match=words) as caught:
            list(landmarker.track(frames))
        assert "\n" not in str(caught.value)
    with pytest.raises(PosetuneError, match="no smoothing named 'much'"):
        landmarker.track([image], smooth="much")
    with pytest.raises(PosetuneError, match="at least 1"):
        Tracker(landmarker, max_people=0)
    with pytest.raises(PosetuneError, match="fps"):
        list(landmarker.track([image], fps=0))
