"""Golden test: our poses are those of MediaPipe's own PoseLandmarker on the same networks and images."""

from __future__ import annotations

import numpy as np
import pytest
from tests.helpers.figures import draw_person, room
from tests.helpers.scripts import load_script

import posetune

pytest.importorskip("mediapipe", reason="mediapipe is not installed: pip install '.[mediapipe]'")

parity = load_script("benchmarks/parity_mediapipe.py")


def scenes() -> list[np.ndarray]:
    """Upright, leaning, lying, upside down, half outside, in wide and tall images, three, two close."""
    group = room(1000, 480)
    for hip, scale, shirt in (
        (180, 1.0, (40, 90, 160)),
        (500, 1.1, (160, 60, 60)),
        (810, 0.95, (60, 130, 60)),
    ):
        group = draw_person(group, (hip, 240), scale, arms=scale - 0.8, shirt=shirt)
    # so close that an IoU threshold of .3 would make one person of the two
    pair = draw_person(room(900, 420), (410, 210), arms=0.05)
    pair = draw_person(pair, (490, 215), arms=0.05, shirt=(160, 60, 60))
    return [
        draw_person(room(400, 500), (200, 250), 1.3),
        draw_person(room(640, 480), (320, 250), 1.2, np.radians(40), arms=1.5),
        draw_person(room(640, 480), (320, 240), 1.3, np.radians(-90)),
        draw_person(room(480, 640), (240, 330), 1.5, np.radians(170), arms=2.5),
        draw_person(room(500, 400), (60, 330), 1.4, arms=0.8),
        draw_person(room(1280, 720), (900, 420), 1.1, np.radians(-20), arms=1.0),
        group,
        pair,
    ]


@pytest.mark.parametrize(("model", "people"), [("lite", 4), ("full", 1), ("full", 4), ("heavy", 4)])
def test_agrees_with_mediapipe(model, people, tmp_path):
    landmarker = posetune.load(model, threads=1)
    pairs, counts = [], []
    with parity.mediapipe_landmarker(parity.bundle_for(model, tmp_path), people) as reference:
        for rgb in scenes():
            ours, theirs = landmarker.predict(rgb, people), parity.mediapipe_poses(reference, rgb)
            counts.append((len(ours), len(theirs)))
            pairs += parity.differences(ours, theirs)
    assert all(ours == theirs for ours, theirs in counts), counts
    assert sum(ours for ours, _ in counts) >= (7 if people == 1 else 10), counts
    gap = {name: np.concatenate([pair[name] for pair in pairs]) for name in pairs[0]}
    assert gap["x,y [image px]"].mean() <= parity.GATE_MEAN_PX
    assert np.percentile(gap["x,y [image px]"], 95) <= parity.GATE_P95_PX
    assert np.percentile(gap["z [image px]"], 95) <= 1.5
    assert np.percentile(gap["visibility"], 95) <= 0.01
    assert np.percentile(gap["presence"], 95) <= 0.01
    assert np.percentile(gap["world [mm]"], 95) <= 5
