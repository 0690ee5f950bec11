"""Make src/posetune/serve/pages/samples/squat.webm, the clip that the Video page offers: a rendered person squats twice.

python scripts/make_sample_clip.py [--scene squat] [--number 4] [--out FILE.webm]
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from posetune.opencv import cv2
from posetune.synthetic.generate import make_renderer, pick_renderer
from posetune.synthetic.take import Recipe, Set

OUT = Path(__file__).parents[1] / "src/posetune/serve/pages/samples/squat.webm"
SEED, FPS, SECONDS, TIMES = 92, 20, 2.4, 2
RENDERED, SIDE = 480, 400


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scene", default="squat", help="what they do (default: %(default)s)")
    parser.add_argument("--number", type=int, default=4, help="which person (default: %(default)s)")
    parser.add_argument("--out", type=Path, default=OUT)
    args = parser.parse_args()
    renderer = make_renderer(pick_renderer("auto")[0])
    stage = Set((SEED, args.number), args.scene, Recipe(RENDERED), sequence=True)
    count = round(FPS * SECONDS)
    # Down and up as people do it: slower at both ends.
    once = [stage.take(renderer, 0.5 - 0.5 * float(np.cos(2 * np.pi * i / count))).picture for i in range(count)]
    once = [smooth(picture) for picture in once]
    writer = cv2.VideoWriter(str(args.out), cv2.VideoWriter.fourcc(*"VP80"), FPS, (SIDE, SIDE))
    for picture in [*once * TIMES, once[0]]:
        writer.write(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR))
    writer.release()
    print(f"{args.out}: {TIMES * count + 1} frames, {args.out.stat().st_size / 1e3:.0f} kB")


def smooth(picture: np.ndarray) -> np.ndarray:
    """Smaller, and with less of the sensor's noise, which is half of the file."""
    return cv2.bilateralFilter(cv2.resize(picture, (SIDE, SIDE), interpolation=cv2.INTER_AREA), 5, 14, 3)


if __name__ == "__main__":
    main()
