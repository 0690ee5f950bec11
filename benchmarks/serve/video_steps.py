"""Random steps on a clip of variable frame rate, in Chromium against a real server: is the frame that is shown the right one?

    python -m benchmarks.serve.video_steps [--steps 300] [--frames 120] [--seed 0]

Each frame's number stands in its picture. Steps are keys (one frame, ten), presses on the curves and moves of the slider. Read from
the screen after each: the number in the picture, the frame whose people are drawn, where the cursor is.
"""

from __future__ import annotations

import argparse
import random
import shutil
import tempfile
import time
from pathlib import Path

import numpy as np
from playwright.sync_api import sync_playwright
from tests.helpers.served_videos import followed
from tests.helpers.server import running
from tests.helpers.uneven import write_uneven
from tests.serve.pages.test_video import CURSOR, NUMBER, press_curve, until

KEYS = {".": 1, ",": -1, "Shift+>": 10, "Shift+<": -10}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=300)
    parser.add_argument("--frames", type=int, default=120)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder) / "data") as server,
        sync_playwright() as playwright,
    ):
        clip = Path(folder) / "uneven.webm"
        times = write_uneven(clip, args.frames, args.seed)
        url, _ = followed(server, clip.read_bytes(), "?max_people=1")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.goto(f"{server.url}/video?job={url.rpartition('/')[2]}")
        page.wait_for_selector("html.ready")
        until(page, "s.complete && s.decoder && s.frame === 0")
        wrong, waits = steps(page, times, args.steps, random.Random(args.seed))
        browser.close()
    middle, most = np.quantile(waits, [0.5, 0.95])
    print(
        f"{args.steps} steps: {args.steps - len(wrong)} right frames; ms from key to picture: median {middle:.0f}, p95 {most:.0f}"
    )
    for line in wrong:
        print(line)


def steps(page, times: list[int], count: int, chance: random.Random) -> tuple[list[str], list[float]]:
    wrong, waits, frame = [], [], 0
    for number in range(count):
        how = chance.choice([*KEYS, "curve", "slider"])
        before = frame
        frame = min(max(frame + KEYS[how], 0), len(times) - 1) if how in KEYS else chance.randrange(len(times))
        began = time.perf_counter()
        if how in KEYS:
            page.keyboard.press(how)
        elif how == "curve":
            press_curve(page, frame)
        else:
            page.evaluate(f"timeline.valueAsNumber = {frame}; timeline.dispatchEvent(new Event('input'))")
        state = until(page, f"s.frame === {frame}")
        waits.append(1000 * (time.perf_counter() - began))
        shown, cursor = page.evaluate(NUMBER), page.evaluate(CURSOR)
        if (shown, state["overlay"]) != (frame, frame) or abs(cursor - times[frame] / 1000) > 0.005:
            wrong.append(
                f"step {number}, {before} → {frame} by {how}: picture {shown}, people {state['overlay']}, cursor {cursor:.3f} s"
            )
    return wrong, waits


if __name__ == "__main__":
    main()
