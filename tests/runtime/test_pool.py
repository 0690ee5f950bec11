"""Landmarkers that several threads use: one shared, or a pool."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tests.helpers.figures import draw_person, room

import posetune
from posetune import stock
from posetune.errors import PosetuneError
from posetune.runtime.pool import LandmarkerPool


@pytest.fixture(scope="module")
def pictures() -> list[np.ndarray]:
    return [draw_person(room(320, 400), (150 + 8 * i, 200), 1.0, arms=0.3 * i) for i in range(4)]


@pytest.fixture(scope="module")
def truth(pictures) -> list[list[np.ndarray]]:
    with posetune.load("lite", threads=1) as landmarker:
        found = [[pose.landmarks_px for pose in landmarker.predict(picture)] for picture in pictures]
    assert all(len(poses) == 1 for poses in found)
    return found


def ask_from_four_threads(predict, pictures) -> list[list[np.ndarray]]:
    """The answers to every picture six times, four at a time."""
    with ThreadPoolExecutor(4) as threads:
        return [[pose.landmarks_px for pose in poses] for poses in threads.map(predict, pictures * 6)]


def test_one_landmarker_answers_four_threads(pictures, truth):
    with posetune.load("lite", threads=1) as landmarker:
        found = ask_from_four_threads(landmarker.predict, pictures)
    np.testing.assert_array_equal(found, truth * 6)


def test_a_pool_answers_four_threads(pictures, truth):
    with LandmarkerPool("lite", 2) as pool:
        found = ask_from_four_threads(pool.predict, pictures)
    np.testing.assert_array_equal(found, truth * 6)


def test_a_pool_reads_its_file_once(tmp_path, monkeypatch):
    (tmp_path / "model.tflite").write_bytes(stock.path("lite").read_bytes())
    read, content = [], stock.read_bytes
    monkeypatch.setattr(stock, "read_bytes", lambda file: read.append(file) or content(file))
    assert len(LandmarkerPool(tmp_path, 3)) == 3
    assert read == [tmp_path / "model.tflite"]


def test_who_waits_too_long_is_told(pictures):
    with LandmarkerPool("lite", 1) as pool:
        with pool.lend(), pytest.raises(PosetuneError, match=r"All 1 landmarkers were busy for 0\.01 s"):
            pool.predict(pictures[0], timeout=0.01)
        assert pool.predict(pictures[0], timeout=0.01)  # given back
        with pytest.raises(ZeroDivisionError), pool.lend():
            _ = 1 / 0
        assert pool.predict(pictures[0], timeout=0.01)  # after an error, too


def test_what_is_closed_says_so(pictures):
    with LandmarkerPool("lite", 1) as pool:
        (landmarker,) = pool.landmarkers
    for ask in (pool.predict, landmarker.predict):
        with pytest.raises(PosetuneError, match="closed"):
            ask(pictures[0])
    with pytest.raises(PosetuneError, match="closed"):
        _ = landmarker.network.size
    landmarker.close()  # twice does no harm


@pytest.mark.parametrize("size", [0, -1])
def test_an_empty_pool_is_refused(size):
    with pytest.raises(PosetuneError, match="at least 1"):
        LandmarkerPool("lite", size)
