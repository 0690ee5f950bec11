"""``posetune data synth`` and ``posetune data sample``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def add_subcommands(subparsers: argparse._SubParsersAction) -> None:
    """Add the two verbs to the sub-commands of ``posetune data``; each sets ``run_action`` (args → exit code)."""
    text = "make labelled pictures of people: exact truth for all 33 points, with z"
    synth = subparsers.add_parser("synth", help=text, description=text[0].upper() + text[1:] + ".")
    synth.add_argument(
        "--scene", default="stand,walk,sit", metavar="A,B,…", help="what people do; 'list' prints them, 'all' takes all"
    )
    synth.add_argument("--n", type=int, default=100, help="how many pictures, or sequences with --frames (default 100)")
    synth.add_argument("--size", type=int, default=512, help="side of a picture, px (default 512)")
    synth.add_argument("--seed", type=int, default=1, help="the same seed gives the same files (default 1)")
    synth.add_argument("--out", type=Path, help="data set folder to write to")
    synth.add_argument("--split", default="train", help="name of the annotation file (default train)")
    synth.add_argument("--frames", type=int, default=1, help="make sequences of so many frames through a repetition")
    synth.add_argument(
        "--crowd", metavar="FROM:TO",
        help="so many people in each picture, near and far, upright, bent, lying, behind one another and behind things, instead of "
        "one; 0:0 makes pictures of nobody; --scene is not used then, and pictures have any shape",
    )  # fmt: skip
    synth.add_argument(
        "--backgrounds", type=Path, metavar="FOLDER", help="your own photos (without people) as backgrounds"
    )
    synth.add_argument(
        "--people",
        default="0:1",
        metavar="FROM:TO",
        help="part of the synthetic population, so that splits share no "
        "build, e.g. 0:0.8 to train and 0.8:1 to test (default 0:1)",
    )
    synth.add_argument("--workers", type=int, default=0, help="processes (default: one a core)")
    synth.add_argument(
        "--renderer",
        choices=("auto", "egl", "software"),
        default="auto",
        help="auto: egl, or where EGL is missing software, which is about five times slower",
    )
    synth.set_defaults(run_action=_synth)

    text = "write out the sample set that posetune ships (synthetic people, COCO keypoints)"
    sample = subparsers.add_parser("sample", help=text, description=text[0].upper() + text[1:] + ".")
    sample.add_argument("folder", type=Path, metavar="DIR", help="new or empty folder")
    sample.set_defaults(run_action=_sample)


def _synth(args: argparse.Namespace) -> int:
    from posetune.errors import PosetuneError
    from posetune.interrupt import Terminated
    from posetune.progress import to_terminal
    from posetune.synthetic import scenes
    from posetune.synthetic.generate import Order, generate, pick_renderer

    if args.scene == "list":
        print("\n".join(scenes.names()))
        return 0
    if args.out is None:
        raise PosetuneError("Say where the set shall go: --out DIR.")
    names = scenes.names() if args.scene == "all" else tuple(s for s in args.scene.split(",") if s)
    renderer, remark = pick_renderer(args.renderer)
    if remark:
        print(remark, file=sys.stderr)
    order = Order(names or ("stand",), args.n, args.size, args.seed, args.split, args.frames, _part(args.people),
                  str(args.backgrounds) if args.backgrounds else None, renderer, crowd=_crowd(args.crowd))  # fmt: skip
    try:
        with to_terminal().counting("images") as counter:
            path = generate(order, args.out, args.workers, counter)
    except KeyboardInterrupt as stop:
        print("\nStopped; the same command goes on where it stopped.")
        return 143 if isinstance(stop, Terminated) else 130
    print(f"{args.n * args.frames} images in {args.out / 'images'}, labels in {path}")
    return 0


def _part(text: str) -> tuple[float, float]:
    from posetune.errors import PosetuneError

    try:
        low, high = (float(v) for v in text.split(":"))
    except ValueError:
        low, high = 1.0, 0.0
    if not 0 <= low < high <= 1 or high - low < 0.01:
        raise PosetuneError(f"--people is '{text}'; give two shares like 0:0.8.")
    return low, high


def _crowd(text: str | None) -> tuple[int, int] | None:
    from posetune.errors import PosetuneError

    if text is None:
        return None
    try:
        low, high = (int(v) for v in text.split(":"))
    except ValueError:
        raise PosetuneError(f"--crowd is '{text}'; give two numbers like 2:12.") from None
    return low, high


def _sample(args: argparse.Namespace) -> int:
    from posetune.synthetic.sample import write_sample

    splits = write_sample(args.folder)
    for name, count in splits.items():
        print(f"{args.folder / 'annotations' / (name + '.json')}: {count} images")
    return 0
