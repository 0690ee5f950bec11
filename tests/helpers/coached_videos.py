"""Video jobs of stick figures that exercise: the file shows them, and what was found is their points. No network runs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path

import msgspec
import numpy as np

from posetune.coach.drawn import drawn_skeleton
from posetune.coach.ranges import default_ranges
from posetune.coach.sample import Sample
from posetune.opencv import cv2
from posetune.serve.pool.picture import person
from posetune.store.ids import new_id
from posetune.store.jobs import DONE, NewJob, Part
from tests.helpers.clips import write_clip
from tests.helpers.server import RunningServer
from tests.helpers.stick_figures import pose

WIDTH, HEIGHT, SCALE = 400, 400, 0.5
#: Another data folder's, which this server leaves alone.
_ELSEWHERE = "elsewhere"


def drawn(sample: Sample) -> np.ndarray:
    """(HEIGHT, WIDTH, 3) uint8 RGB: the sample's lines."""
    picture = np.full((HEIGHT, WIDTH, 3), (70, 76, 84), np.uint8)
    points = np.rint(sample.points * SCALE).astype(int)
    for line in drawn_skeleton()["connections"]:
        a, b = points[line["a"]], points[line["b"]]
        cv2.line(picture, (int(a[0]), int(a[1])), (int(b[0]), int(b[1])), (214, 190, 170), 9, cv2.LINE_AA)
    return picture


def coached_job(
    server: RunningServer, folder: Path, samples: Iterable[Sample], *, fps: float = 15.0, state: str = DONE,
    done: int | None = None, name: str = "figure.webm",
) -> str:  # fmt: skip
    """The id of a job in whose video ``samples`` are seen. ``state``, ``done``: as far as it is."""
    seen: Sequence[Sample] = list(samples)
    path = write_clip(folder / f"{new_id()}.webm", [drawn(s) for s in seen], fps)
    engine, id = server.services.engine, new_id()
    files = engine.files_of(id)
    files.mkdir(mode=0o700)
    path.rename(files / "original")
    times = [n / fps for n in range(len(seen))]
    (files / "times.json").write_text(json.dumps(times))
    about = {
        "width": WIDTH, "height": HEIGHT, "frames": len(seen), "duration_s": len(seen) / fps, "rotation": 0, "variable_rate": False,
        "playable": True, "container": "webm", "codec": "VP8",
    }  # fmt: skip
    network = server.services.networks.current.network
    options = {"max_people": 1, "tiles": "off", "smooth": "mediapipe", "ranges": server.services.ranges}
    new = NewJob(
        id, "video", "local", _ELSEWHERE, 1, network.name, network.sha256, name, None, options, about, len(seen)
    )
    engine.jobs.add(new)
    job = engine.jobs.claim("nobody", _ELSEWHERE)
    assert job is not None
    count = len(seen) if done is None else done
    lines = [
        msgspec.json.encode(
            {"index": n, "time_s": round(times[n], 6), "people": [person(pose(s, 1, SCALE), default_ranges())]}
        )
        for n, s in enumerate(seen[:count])
    ]
    engine.jobs.keep(job, [Part(0, lines, times[:count])], None)
    if state != "running":
        engine.jobs.finish(job, state)
    return id
