"""What a job has on the disk: its video, and the times of the frames."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
from pathlib import Path

from posetune.serve.jobs.engine import Engine


async def take_in(engine: Engine, path: Path, id: str) -> None:
    """Move an uploaded video to where the job ``id`` will look for it; it is on the disk when this returns."""

    def move() -> None:
        folder = engine.files_of(id)
        folder.mkdir(mode=0o700)
        with path.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(path, folder / "original")
        for place in (folder, engine.folder):
            with contextlib.suppress(OSError):  # Windows and some network file systems do not know it
                handle = os.open(place, os.O_RDONLY)
                try:
                    os.fsync(handle)
                finally:
                    os.close(handle)

    await asyncio.to_thread(move)


def same_video(engine: Engine, id: str, new: str) -> None:
    """Give the job ``new`` the video of the job ``id``, which takes no room where the file system has links. Raises OSError."""
    before, after = engine.files_of(id), engine.files_of(new)
    after.mkdir(mode=0o700)
    for name in ("original", "times.json"):
        try:
            os.link(before / name, after / name)
        except FileNotFoundError:
            raise
        except OSError:
            shutil.copyfile(before / name, after / name)


def write_times(engine: Engine, id: str, times: list[float]) -> None:
    """When the frames should be shown, for as long as they have not been looked at."""
    (engine.files_of(id) / "times.json").write_text(json.dumps(times))


def expected_times(engine: Engine, id: str) -> list[float]:
    with contextlib.suppress(OSError, ValueError):
        return list(json.loads((engine.files_of(id) / "times.json").read_text()))
    return []
