"""The programs of docs/guide/serving.md run as they stand there."""

from __future__ import annotations

import io
import re
from pathlib import Path

import cv2
import pytest

import posetune
from tests.helpers.figures import draw_person, room
from tests.helpers.scripts import load_script

PAGE = Path(__file__).parents[1] / "docs/guide/serving.md"


@pytest.fixture(scope="module")
def jpeg() -> bytes:
    return cv2.imencode(".jpg", draw_person(room(320, 400), (150, 200), 1.0)[..., ::-1])[1].tobytes()


def app_of(heading: str, folder: Path):
    """``app`` of the program under ``heading``, with lite for full."""
    text = PAGE.read_text(encoding="utf-8").partition(f"## {heading}\n")[2]
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)[1]
    file = folder / f"served_by_{heading.lower()}.py"
    file.write_text(code.replace('"full"', '"lite", 1'), encoding="utf-8")
    return load_script(file).app


def check(post, jpeg: bytes) -> None:
    """``post``: bytes of an image → (status, JSON)."""
    status, (entry,) = post(jpeg)
    assert status == 200
    assert posetune.Pose.from_dict(entry)["nose"].visibility > 0.5
    status, answer = post(b"no image")
    assert (status, "Cannot read the image" in answer["error"]) == (400, True)


def test_flask(jpeg, tmp_path):
    pytest.importorskip("flask")
    client = app_of("Flask", tmp_path).test_client()

    def post(content: bytes):
        answer = client.post("/predict", data={"image": (io.BytesIO(content), "a.jpg")})
        return answer.status_code, answer.get_json()

    check(post, jpeg)


def test_fastapi(jpeg, tmp_path):
    pytest.importorskip("fastapi")
    pytest.importorskip("httpx2")
    from fastapi.testclient import TestClient

    client = TestClient(app_of("FastAPI", tmp_path))

    def post(content: bytes):
        answer = client.post("/predict", content=content, headers={"Content-Type": "image/jpeg"})
        return answer.status_code, answer.json()

    check(post, jpeg)
