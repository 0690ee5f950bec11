"""One place loads OpenCV: any wheel from 4.12 to below 5, and limits that a user may change."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path

import pytest

import posetune
from posetune import opencv
from posetune.errors import PosetuneError

SOURCE = Path(posetune.__file__).parent


def test_nobody_else_imports_cv2():
    """Whoever did so first would load it without the limits."""
    for path in SOURCE.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        if path == SOURCE / "opencv.py" or "cv2" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []
            assert not any(name.split(".")[0] == "cv2" for name in names), f"{path}: from posetune.opencv import cv2"


@pytest.mark.parametrize("version", ["4.12.0", "4.14.0", "4.20.1-dev"])
def test_versions_that_do(version):
    opencv.check_version(version)


@pytest.mark.parametrize(
    ("version", "words"),
    [
        ("4.11.0", "OpenCV 4.11.0 is too old.*CVE-2025-53644.*'opencv-python-headless>=4.12,<5'"),
        ("4.9.0", "too old"),
        ("5.0.0", "OpenCV 5.0.0 is too new"),
        (None, "not whole"),
    ],
)
def test_versions_that_do_not_are_named_with_the_wheel_that_is_there(monkeypatch, version, words):
    monkeypatch.setattr(opencv, "installed_wheels", lambda: ["opencv-python-headless 4.11.0.86"])
    with pytest.raises(PosetuneError, match=words) as caught:
        opencv.check_version(version)
    assert "opencv-python-headless 4.11.0.86" in str(caught.value)


def python(code: str, **environment: str) -> str:
    known = {k: v for k, v in os.environ.items() if not k.startswith("OPENCV_")}
    known["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p)
    done = subprocess.run(
        [sys.executable, "-c", code], env=known | environment, capture_output=True, text=True, timeout=60, check=False
    )
    return done.stdout + done.stderr


def test_without_opencv_it_is_one_sentence():
    run = "from posetune.cli import main; print(main(['predict', 'x', '--out', 'y']))"
    said = python(f"import sys; sys.modules['cv2'] = None\n{run}")
    assert sorted(said.splitlines())[0] == "2"
    assert sorted(said.splitlines())[1].startswith(
        "posetune: OpenCV is not installed; posetune takes any of its wheels"
    )
    assert len(said.splitlines()) == 2


def test_a_users_own_limits_stay():
    ask = "import os, posetune.opencv as o; print(o.max_pixels(), os.environ['OPENCV_FFMPEG_CAPTURE_OPTIONS'][:29])"
    assert python(ask).split() == [str(opencv.MAX_PIXELS), "rtsp_transport;tcp|format_whi"]
    own = {"OPENCV_IO_MAX_IMAGE_PIXELS": "500", "OPENCV_FFMPEG_CAPTURE_OPTIONS": "rtsp_transport;udp"}
    assert python(ask, **own).split() == ["500", "rtsp_transport;udp"]
