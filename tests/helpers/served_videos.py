"""Videos as a server's client sends and watches them."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from tests.helpers.clips import write_clip
from tests.helpers.figures import draw_person, room
from tests.helpers.server import Answer, RunningServer


def walk_clip(path: Path, frames: int = 8) -> Path:
    """Somebody who moves, 320×288 px."""
    return write_clip(
        path, [draw_person(room(320, 288), (130 + 5 * n, 160), 0.75, arms=0.2 + 0.1 * n) for n in range(frames)]
    )


def send(server: RunningServer, video: bytes, query: str = "", media: str = "video/mp4", **headers: str) -> Answer:
    return server.ask("POST", f"/api/v1/jobs{query}", video, {"Content-Type": media, **headers})


def wait_for(
    server: RunningServer, url: str, states: tuple[str, ...] = ("done", "failed"), seconds: float = 60
) -> dict[str, Any]:
    end = time.monotonic() + seconds
    while True:
        job = server.get(url).json()
        if job["state"] in states:
            return job
        assert time.monotonic() < end, job
        time.sleep(0.03)


def followed(server: RunningServer, video: bytes, query: str = "") -> tuple[str, dict[str, Any]]:
    """The URL of a job that has ended, and the job."""
    made = send(server, video, query)
    assert made.status == 201, made.content
    url = made.json()["url"]
    return url, wait_for(server, url)
