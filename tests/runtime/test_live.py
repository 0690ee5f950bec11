"""Cameras and streams: always the newest frame."""

from __future__ import annotations

import time

import numpy as np
import pytest

from posetune.errors import PosetuneError
from posetune.runtime import live
from posetune.runtime.live import LiveSource, is_live, name_of


class Camera:
    """Twenty frames, one every 5 ms, each as bright as its number."""

    def __init__(self, *_: object) -> None:
        self.shown, self.open = 0, True

    def isOpened(self) -> bool:
        return self.open

    def read(self):
        time.sleep(0.005)
        self.shown += 1
        return self.shown <= 20, np.full((4, 6, 3), self.shown, np.uint8) if self.shown <= 20 else None

    def release(self) -> None:
        self.open = False


def test_what_is_live():
    assert all(map(is_live, ("0", "12", "rtsp://host/1", "HTTP://host:80/x.mjpg", "udp://@:5000")))
    assert not any(map(is_live, ("a.mp4", "12:30.mp4", "rtsp:x.mp4", "C:\\a.mp4", "file:///a.mp4", "-1", "", "²")))
    assert name_of("rtsp://me:secret@host:554/1?token=x") == "rtsp://host:554/1"


def test_a_slow_consumer_gets_the_newest_frame(monkeypatch):
    monkeypatch.setattr(live.cv2, "VideoCapture", Camera)
    source = LiveSource(0)
    numbers, times = [], []
    for frame in source.frames():
        numbers.append(int(frame.rgb[0, 0, 0]))
        times.append(frame.seconds)
        time.sleep(0.03)
    assert numbers[0] == 1
    assert numbers[-1] == 20
    assert len(numbers) + source.dropped == 20
    assert source.dropped > 0
    assert (np.diff(times) > 0).all()


def test_leaving_early_lets_the_camera_go(monkeypatch):
    monkeypatch.setattr(live.cv2, "VideoCapture", Camera)
    source = LiveSource("rtsp://host/1")
    frames = source.frames()
    next(frames)
    frames.close()
    assert not source._capture.open


def test_an_address_that_is_none():
    with pytest.raises(PosetuneError, match="letters"):
        LiveSource("rtsp://h\udce9st/1")
