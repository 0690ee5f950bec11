"""Make docs/images/stock-beside-tuned.gif: rendered people at work, stock's skeleton left, the tuned network's right.

    posetune data sample sample && posetune train --data sample …       (as scripts/demo.sh does it: a run folder)
    python scripts/make_readme_gif.py runs/demo [--clip SCENE:NUMBER …] [--out FILE.gif]

The people come from the part of the synthetic population that nobody of the sample set's train split comes from. Both
networks go through the whole pipeline, tracked and smoothed as MediaPipe does it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import posetune
from posetune.files import replacing
from posetune.opencv import cv2
from posetune.runtime.draw import draw_poses
from posetune.synthetic.generate import make_renderer, pick_renderer
from posetune.synthetic.take import Recipe, Set

OUT = Path(__file__).parents[1] / "docs/images/stock-beside-tuned.gif"
SEED, SIDE, CAPTION, FPS, FRAMES = 91, 320, 30, 10, 25  # FRAMES: of one clip
POPULATION = (0.72, 1.0)  # test's; train has 0 to 0.6 (scripts/make_sample.py)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", help="the run folder of the tuned network")
    parser.add_argument("--base", default="full", help="the stock network (default: %(default)s)")
    parser.add_argument(
        "--clip", action="append", metavar="SCENE:NUMBER", help="which people; may be given several times"
    )
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    frames: list[np.ndarray] = []
    for clip in args.clip or ["station:26", "mat:3"]:
        pictures = list(render(*clip.split(":")))
        views = [list(tracked(model, pictures)) for model in (args.base, args.run)]
        frames += [beside(stock, tuned) for stock, tuned in zip(*views, strict=True)]
    write_gif(args.out, frames)
    print(f"{args.out}: {len(frames)} frames, {args.out.stat().st_size / 1e6:.2f} MB")


def render(scene: str, number: str) -> Iterator[np.ndarray]:
    """Once through the movement, there and back: (2 SIDE, 2 SIDE, 3) uint8 RGB. The sensor's noise stands still, which
    keeps the file small."""
    renderer = make_renderer(pick_renderer("auto")[0])
    stage = Set((SEED, int(number)), scene, Recipe(2 * SIDE, POPULATION), sequence=True)
    for i in range(FRAMES):
        yield stage.take(renderer, 0.5 - 0.5 * float(np.cos(2 * np.pi * i / FRAMES))).picture


def tracked(model: str, pictures: list[np.ndarray]) -> Iterator[np.ndarray]:
    """The pictures with the skeleton that ``model`` gives, at SIDE px. The clip is a loop, so it begins as it ends: the first
    round is for the tracker to find its way in."""
    people = list(posetune.load(model).track([*pictures, *pictures], fps=FPS, max_people=1))
    for picture, found in zip(pictures, people[len(pictures) :], strict=True):
        yield cv2.resize(draw_poses(picture, found), (SIDE, SIDE), interpolation=cv2.INTER_AREA)


def beside(stock: np.ndarray, tuned: np.ndarray) -> np.ndarray:
    """(SIDE + CAPTION, 2 SIDE, 3): stock left, tuned right, each with its name above."""
    head = np.full((CAPTION, 2 * SIDE, 3), 255, np.uint8)
    for x, text in ((0, "stock"), (SIDE, "tuned")):
        cv2.putText(head, text, (x + 8, CAPTION - 9), cv2.FONT_HERSHEY_SIMPLEX, 0.7, (30, 30, 30), 2, cv2.LINE_AA)
    return np.vstack([head, np.hstack([stock, tuned])])


def write_gif(path: Path, frames: list[np.ndarray]) -> None:
    """An endless GIF of RGB frames with one palette and without dither, so that what stands still costs nothing."""
    from PIL import Image  # comes with matplotlib

    palette = Image.fromarray(np.hstack(frames[:: max(1, len(frames) // 8)])).quantize(240)
    pictures = [Image.fromarray(f).quantize(palette=palette, dither=Image.Dither.NONE) for f in frames]
    with replacing(path) as temporary, temporary.open("wb") as file:
        pictures[0].save(
            file, format="GIF", save_all=True, append_images=pictures[1:], duration=1000 // FPS, loop=0, optimize=True
        )


if __name__ == "__main__":
    main()
