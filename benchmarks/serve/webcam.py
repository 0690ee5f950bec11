"""The page Webcam in Chromium with a clip as its camera (640×480, 30 frames a second): frames a second, and capture to drawing.

    python -m benchmarks.serve.webcam [--model full] [--seconds 8] [--picture FILE]

The figures are those that the page shows. Server, workers and browser share this machine.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright
from tests.helpers.server import running
from tests.helpers.y4m import write_y4m

from posetune.opencv import cv2
from posetune.serve.static import FOLDER


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="full")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--picture", default=str(FOLDER / "samples" / "warrior.webp"))
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "camera.y4m"
        write_y4m(clip, swaying(args.picture))
        flags = ["--no-sandbox", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
        flags.append(f"--use-file-for-fake-video-capture={clip}")
        with (
            running(Path(folder) / "data", models=(args.model,), workers=args.workers) as server,
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.goto(server.url + "/webcam")
            page.wait_for_selector("html.ready")
            page.locator("#start").click()
            time.sleep(2)  # until everything is warm
            before = page.evaluate("posetune.state.frames")
            began = time.monotonic()
            time.sleep(args.seconds)
            state = page.evaluate("(({ people, ...rest }) => rest)(posetune.state)")
            rate = (state["frames"] - before) / (time.monotonic() - began)
            browser.close()
    print(f"{args.model}, {args.workers} worker(s): {rate:.1f} frames a second, p95 from capture to drawing {state['p95']:.0f} ms, "
          f"{state['skipped']} of the camera's frames passed over")  # fmt: skip


def swaying(picture: str) -> list[np.ndarray]:
    """30 frames (480, 640, 3) uint8 RGB in which the picture goes left and right."""
    bgr = cv2.imread(picture)
    assert bgr is not None, picture
    rgb = cv2.resize(bgr, (480, 480))[..., ::-1]
    frames = []
    for i in range(30):
        frame = np.full((480, 640, 3), 110, np.uint8)
        x = int(80 + 40 * np.sin(2 * np.pi * i / 30))
        frame[:, x : x + 480] = rgb[:, : 640 - x]
        frames.append(frame)
    return frames


if __name__ == "__main__":
    main()
