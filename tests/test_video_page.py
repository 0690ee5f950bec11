"""The program of docs/guide/video.md for a camera runs as it stands there."""

from __future__ import annotations

import re
from pathlib import Path

import cv2

from tests.helpers.figures import draw_person, room

PAGE = Path(__file__).parents[1] / "docs/guide/video.md"


class Camera:
    """A camera that shows somebody in three frames."""

    def __init__(self, number: int) -> None:
        assert number == 0
        self.left = 3

    def read(self):
        self.left -= 1
        return self.left >= 0, draw_person(room(300, 380), (150, 190), 0.95)[..., ::-1] if self.left >= 0 else None


def test_the_camera_of_the_page(monkeypatch, capsys):
    (code,) = [
        c for c in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL) if "camera" in c
    ]
    monkeypatch.setattr(cv2, "VideoCapture", Camera)
    exec(compile(code, str(PAGE), "exec"), {"__name__": "page"})
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3
    assert all(re.fullmatch(r"\d\.\d\d s: left knee \d+°", line) for line in lines)
