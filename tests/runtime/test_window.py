"""A window that shows what is found: who cannot have one is told why."""

import sys

import pytest

from posetune.errors import PosetuneError
from posetune.runtime import window


def test_an_opencv_without_windows_is_told_apart_from_a_missing_screen(monkeypatch):
    monkeypatch.setattr(window, "_without_windows", lambda: True)
    with pytest.raises(PosetuneError, match="needs an OpenCV with windows"):
        window.Window()
    monkeypatch.setattr(window, "_without_windows", lambda: False)
    monkeypatch.setattr(sys, "platform", "linux")
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(PosetuneError, match="needs a screen"):
        window.Window()


@pytest.mark.parametrize(("key", "visible", "goes_on"), [(-1, 1.0, True), (ord("q"), 1.0, False), (-1, 0.0, False)])
def test_a_large_picture_is_shown_smaller_until_the_window_is_closed(key, visible, goes_on, monkeypatch):
    import numpy as np

    shown = []
    monkeypatch.setattr(window.cv2, "imshow", lambda title, image: shown.append(image))
    monkeypatch.setattr(window.cv2, "waitKey", lambda _: key)
    monkeypatch.setattr(window.cv2, "getWindowProperty", lambda *_: visible)
    picture = np.zeros((100, 2560, 3), np.uint8)
    picture[..., 0] = 255
    assert window.Window.show(object.__new__(window.Window), picture) is goes_on
    assert shown[0].shape == (50, 1280, 3)
    assert shown[0][0, 0].tolist() == [0, 0, 255]  # BGR
