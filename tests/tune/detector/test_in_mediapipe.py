"""A tuned detector in unmodified MediaPipe: the same people as in posetune's own runtime, in pictures and in a video."""

import numpy as np
import pytest
from tests.helpers.figures import draw_person, room
from tests.helpers.scripts import load_script

pytest.importorskip("mediapipe", reason="mediapipe is not installed: pip install 'posetune[mediapipe]'")

from tests.helpers.detectors import another_detector

import posetune


@pytest.fixture(scope="module")
def detector(tmp_path_factory):
    path = tmp_path_factory.mktemp("detector") / "tuned.tflite"
    path.write_bytes(another_detector())
    return path


@pytest.fixture(scope="module")
def task(detector, tmp_path_factory):
    out = tmp_path_factory.mktemp("task") / "pose.task"
    posetune.export("lite", out, detector=detector)
    return out


def street():
    image = room(1000, 480)
    for hip, scale, shirt in ((180, 1.0, (40, 90, 160)), (500, 1.1, (160, 60, 60)), (810, 0.6, (60, 130, 60))):
        image = draw_person(image, (hip, 240), scale, arms=scale - 0.8, shirt=shirt)
    return image


def test_pictures(detector, task):
    parity = load_script("benchmarks/parity_mediapipe.py")
    ours_of, stocks_of = posetune.load("lite", detector=detector, threads=1), posetune.load("lite", threads=1)
    image = street()
    ours = ours_of.predict(image, 4)
    with parity.mediapipe_landmarker(task, 4) as reference:
        theirs = parity.mediapipe_poses(reference, image)
    assert len(ours) == len(theirs) >= 2
    gaps = [pair["x,y [image px]"] for pair in parity.differences(ours, theirs)]
    assert np.concatenate(gaps).max() < 0.01
    moved = [
        np.abs(a.landmarks_px - b.landmarks_px).max() for a, b in zip(ours, stocks_of.predict(image, 4), strict=False)
    ]
    assert max(moved) > 0.05  # it is the tuned detector that was asked


def test_a_video(detector, task):
    from posetune.runtime.track import frames_of

    parity = load_script("benchmarks/parity_video.py")
    clip = [draw_person(room(360, 400), (150 + 4 * i, 200), 0.95, 0.02 * i, 0.3 + 0.15 * i) for i in range(8)]
    clip[4] = room(360, 400)  # lost, so that the detector is asked again
    frames = frames_of([(rgb, i * 0.04) for i, rgb in enumerate(clip)])
    with parity.mediapipe_video(task) as reference:
        result = parity.compare(posetune.load("lite", detector=detector, threads=1), reference, frames)
    assert result["disagreed"] == []
    assert len(result["numbers"]) >= 6
    assert result["differences"]["x,y [image px]"].max() <= 1e-3
