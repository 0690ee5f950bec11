"""Whole images to poses; and what importing it costs."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from tests.helpers.figures import draw_person, room

import posetune
from posetune.errors import PosetuneError
from posetune.landmarks import INDEX
from posetune.runtime.landmarker import Landmarker


@pytest.fixture(scope="module")
def landmarker() -> Landmarker:
    return posetune.load("lite", threads=1)


@pytest.fixture(scope="module")
def two_people() -> np.ndarray:
    image = draw_person(room(900, 560), (250, 280), 1.3)
    return draw_person(image, (660, 300), 1.1, arms=1.2, shirt=(150, 60, 60))


def printed_by(program: str) -> str:
    """What a new interpreter prints that runs ``program``."""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_heavy_packages_stay_out():
    """Of every module of the runtime, and of a whole run."""
    program = (
        "import pkgutil, sys, posetune, posetune.cli.predict, posetune.runtime, numpy;"
        "names = [module.name for module in pkgutil.iter_modules(posetune.runtime.__path__)];"
        "[__import__('posetune.runtime.' + name) for name in names];"
        "posetune.load('lite', threads=1).predict(numpy.zeros((64, 64, 3), numpy.uint8));"
        "heavy = {'torch', 'mediapipe', 'matplotlib', 'tensorboard', 'flask', 'fastapi', 'starlette'};"
        "print(*sorted(heavy & {name.split('.')[0] for name in sys.modules}))"
    )
    assert printed_by(program) == ""


def test_what_slows_the_start_stays_out():
    """Up to the first pose nobody needs the whole TFLite schema, or what fetches networks."""
    program = (
        "import sys, numpy, posetune;"
        "posetune.load('lite', threads=1).predict(numpy.zeros((64, 64, 3), numpy.uint8));"
        "slow = ['ai_edge_litert.schema_py_generated', 'subprocess', 'tarfile', 'urllib.request', 'yaml', 'asyncio'];"
        "print(*[name for name in slow if name in sys.modules])"
    )
    assert printed_by(program) == ""


def test_loading_says_nothing(capfd):
    posetune.load("lite", threads=1)
    assert capfd.readouterr() == ("", "")


def test_one_person(landmarker):
    hip = np.array([230, 290])
    poses = landmarker.predict(draw_person(room(460, 580), tuple(hip), 1.4))
    assert len(poses) == 1
    pose = poses[0]
    assert pose.landmarks_px.shape == pose.world.shape == (33, 3)
    assert pose.visibility.shape == pose.presence.shape == (33,)
    assert pose.auxiliary_px.shape == (2, 3)
    assert 0.5 < pose.score <= 1
    assert 0.5 < pose.detection_score <= 1
    assert ((pose.visibility >= 0) & (pose.visibility <= 1)).all()
    # drawn: nose 144·1.4 px above the hips' middle, feet 148·1.4 below; the person's left is on our right
    nose, left_hip, right_hip = (pose.landmarks_px[INDEX[n]] for n in ("nose", "left_hip", "right_hip"))
    assert np.linalg.norm(nose[:2] - (hip - [0, 141 * 1.4])) < 20
    assert np.linalg.norm((left_hip + right_hip)[:2] / 2 - hip) < 25
    assert left_hip[0] > right_hip[0]
    assert np.linalg.norm(pose.auxiliary_px[0, :2] - hip) < 25
    assert pose.world[INDEX["nose"], 1] < -0.4
    assert np.abs(pose.world[[INDEX["left_hip"], INDEX["right_hip"]]].mean(axis=0)).max() < 0.03


def test_several_people_and_max_people(landmarker, two_people):
    poses = landmarker.predict(two_people)
    assert sorted(round(p.auxiliary_px[0, 0].item() / 50) for p in poses) == [5, 13]
    assert poses[0].detection_score >= poses[1].detection_score
    best = landmarker.predict(two_people, max_people=1)
    assert len(best) == 1
    assert np.array_equal(best[0].landmarks_px, poses[0].landmarks_px)


def test_world_turns_back_with_the_crop(landmarker):
    """A person who leans by 35° leans in metres, too, although the network saw an upright crop."""
    angle = np.radians(35)
    pose = landmarker.predict(draw_person(room(640, 640), (320, 320), 1.5, angle))[0]
    assert pose.crop.angle == pytest.approx(angle, abs=np.radians(8))
    x, y = pose.world[INDEX["nose"], :2]
    assert np.arctan2(x, -y) == pytest.approx(angle, abs=np.radians(8))


def test_the_person_is_the_same_at_any_size_and_place(landmarker):
    small = landmarker.predict(draw_person(room(300, 375), (150, 190), 0.9))[0]
    large = landmarker.predict(draw_person(room(1500, 1875), (750, 950), 4.5))[0]
    gap = np.linalg.norm(small.landmarks_px[:, :2] - large.landmarks_px[:, :2] / 5, axis=1)
    assert np.median(gap) < 5


def test_gray_and_rgba_arrays(landmarker):
    rgb = draw_person(room(460, 580), (230, 290), 1.4)
    expected = landmarker.predict(rgb)[0].landmarks_px
    opaque = np.dstack([rgb, np.full(rgb.shape[:2], 255, np.uint8)])
    assert np.array_equal(landmarker.predict(opaque)[0].landmarks_px, expected)
    gray = landmarker.predict(rgb[:, :, 0])[0].landmarks_px
    assert np.median(np.linalg.norm(gray - expected, axis=1)) < 40


@pytest.mark.parametrize("shape", [(1, 1, 3), (2, 700, 3), (700, 2, 3)])
def test_images_with_hardly_any_pixels_hold_nobody(landmarker, shape):
    assert landmarker.predict(np.full(shape, 90, np.uint8)) == []


@pytest.mark.parametrize(
    ("image", "words"),
    [
        (np.full((9, 9, 3), 0.5), r"float64: its values lie between 0 and 1, use \(image \* 255\)"),
        (np.full((9, 9, 3), 200.0), r"float64: its values lie between 0 and 255 already, use image.round\(\).astype"),
        (np.full((9, 9, 3), 200), r"int64: its values lie between 0 and 255 already"),
        (np.full((9, 9, 3), -1.5), "float64: its values lie between -1.5 and -1.5, scale them"),
        (np.full((9, 9, 3), np.nan), "NaN"),
        (np.zeros((3, 9, 9), np.uint8), r"transpose\(1, 2, 0\)"),
        (np.zeros((0, 9, 3), np.uint8), "empty"),
        ("a.jpg", "str; read a file with posetune.read_image"),
    ],
)
def test_bad_images_are_one_sentence(landmarker, image, words):
    with pytest.raises(PosetuneError, match=words):
        landmarker.predict(image)


def test_bad_options_are_one_sentence(landmarker):
    with pytest.raises(PosetuneError, match="max_people"):
        landmarker.predict(room(64, 64), max_people=0)
    with pytest.raises(PosetuneError, match="between 0 and 1"):
        posetune.load("lite", min_presence_confidence=50)
    for threads in (0, -1, 1.5, "2", True):
        with pytest.raises(PosetuneError, match="threads must be a whole number of at least 1"):
            posetune.load("lite", threads=threads)
    for model in (None, 3, "", b"full"):
        with pytest.raises(PosetuneError, match="A model is lite, full, heavy, a run folder"):
            posetune.load(model)


def test_min_confidences_are_obeyed(two_people):
    assert posetune.load("lite", threads=1, min_detection_confidence=1.0).predict(two_people) == []
    assert posetune.load("lite", threads=1, min_presence_confidence=1.0).predict(two_people) == []
