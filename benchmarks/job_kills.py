"""Kill workers and servers at random moments while videos are sent and looked at: is a job lost, or a frame there twice?

python benchmarks/job_kills.py [--kills 60] [--jobs 20] [--database URL] [--seed 1]

Prints one line and exits with 0 if every job that was acknowledged is there once, done, with each frame once and as an undisturbed
server finds it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import numpy as np

from posetune.opencv import cv2
from posetune.serve.run import listen


def clip(path: Path, frames: int, rng: random.Random) -> bytes:
    """A bright blob that moves: the detector looks at each frame, whether it finds somebody or not."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25.0, (320, 240))
    x = rng.randrange(60, 120)
    for n in range(frames):
        picture = np.full((240, 320, 3), 160, np.uint8)
        cv2.ellipse(picture, (x + n, 140), (24, 60), 0, 0, 360, (60, 90, 160), -1)
        cv2.circle(picture, (x + n, 60), 18, (140, 170, 220), -1)
        writer.write(picture)
    writer.release()
    return path.read_bytes()


class Server:
    """A server that is killed and started again."""

    def __init__(self, folder: Path, database: str | None) -> None:
        with listen("127.0.0.1", 0) as listener:
            self.port = listener.getsockname()[1]
        more = ["--database", database] if database else []
        self._command = [
            sys.executable, "-m", "posetune", "serve", "--model", "lite", "--workers", "2", "--port", str(self.port),
            "--data-dir", str(folder), *more,
        ]  # fmt: skip
        self._log = folder.with_suffix(".log")
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            self.process = subprocess.Popen(self._command, stderr=log, start_new_session=True)

    def workers(self) -> list[int]:
        with contextlib.suppress(OSError):
            return [
                int(p) for p in Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text().split()
            ]
        return []

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.start()

    def ask(self, path: str, body: bytes | None = None) -> Any:
        """Raises OSError while the server is away, and for its errors."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", body, {"Content-Type": "video/mp4"} if body else {}
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.load(answer)

    def ask_until(self, path: str, body: bytes | None = None) -> Any:
        end = time.monotonic() + 120
        while True:
            try:
                return self.ask(path, body)
            except (OSError, ValueError, urllib.error.URLError) as error:
                if time.monotonic() > end:
                    os._exit(
                        print(f"no answer to {path}: {error}", self._log.read_text()[-2000:], file=sys.stderr) or 1
                    )
                time.sleep(0.1)


def frames_of(server: Server, url: str) -> list[Any]:
    found: list[Any] = []
    while True:
        part = server.ask_until(f"{url}/result?from={len(found)}")
        found += part["frames"]
        if part["complete"]:
            return found


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=60)
    parser.add_argument("--jobs", type=int, default=20)
    parser.add_argument("--frames", type=int, default=60)
    parser.add_argument("--database")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        clips = [clip(folder / f"{n}.mp4", args.frames, rng) for n in range(4)]
        server = Server(folder / "data", args.database)
        acknowledged: dict[str, str] = {}
        done = threading.Event()
        counts = {"workers": 0, "servers": 0}

        def send_all() -> None:
            for n in range(args.jobs):
                key = f"job-{n}"
                made = server.ask_until(f"/api/v1/jobs?key={key}", clips[n % 4])
                acknowledged[key] = made["url"]
                time.sleep(0.3)
            done.set()

        sender = threading.Thread(target=send_all)
        sender.start()
        killed = 0
        while killed < args.kills:
            time.sleep(rng.uniform(0.05, 2.5))
            workers = server.workers()
            if workers and rng.random() < 0.5:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(rng.choice(workers), signal.SIGKILL)
                counts["workers"] += 1
            else:
                server.kill()
                counts["servers"] += 1
            killed += 1
        sender.join()
        end = time.monotonic() + 300
        while True:
            jobs = server.ask_until("/api/v1/jobs")["jobs"]
            if all(job["state"] not in ("queued", "running") for job in jobs) or time.monotonic() > end:
                break
            time.sleep(0.5)
        expected = {}
        faults = [f"{job['id']} is {job['state']}: {job['error']}" for job in jobs if job["state"] != "done"]
        if sorted(job["url"] for job in jobs) != sorted(set(acknowledged.values())):
            faults.append(f"{len(acknowledged)} jobs acknowledged, {len(jobs)} there")
        for n in range(4):
            made = server.ask_until(f"/api/v1/jobs?key=undisturbed-{n}", clips[n])
            while server.ask_until(made["url"])["state"] in ("queued", "running"):
                time.sleep(0.1)
            expected[n] = frames_of(server, made["url"])
        for key, url in acknowledged.items():
            if frames_of(server, url) != expected[int(key[4:]) % 4]:
                faults.append(f"{key} has other frames than an undisturbed job")
        server.process.terminate()
        server.process.wait()
        kills = f"{counts['servers']} servers and {counts['workers']} workers killed"
        verdict = "; ".join(faults) or "none lost, none twice"
        print(f"{kills}, {len(acknowledged)} jobs of {args.frames} frames: {verdict}")
    return 1 if faults else 0


if __name__ == "__main__":
    raise SystemExit(main())
