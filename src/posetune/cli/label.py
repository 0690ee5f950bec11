"""``posetune label``: footage in, a set with prelabels out."""

from __future__ import annotations

import argparse
import math
import shlex
from collections.abc import Callable
from pathlib import Path

from posetune.cli.common import add_json, add_tiles, count
from posetune.cli.convert import read_names
from posetune.errors import PosetuneError
from posetune.label.proposer import NetworkProposer, PredictionProposer, Proposer
from posetune.label.run import LabelOptions, LabelReport, label
from posetune.progress import to_terminal
from posetune.runtime.image_ids import ImageIds
from posetune.runtime.tiles import Tiles

_MOST = 10
_SHOWN = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "The set is OUT/images and OUT/annotations/train.json (COCO; status prelabel: train takes only what somebody has seen). "
        "The same command again goes on where it was stopped, and adds nothing that is there; other footage is added. "
        "Exit code 0: done; 1: nobody was found, or a file could not be read (each is named); 2: nothing could be done."
    )
    parser.add_argument("sources", nargs="+", type=Path, metavar="VIDEO|FOLDER", help="videos, images, folders of them")
    parser.add_argument("--out", type=Path, required=True, metavar="SET", help="the set's folder, new or made by label")
    parser.add_argument(
        "--model",
        default="heavy",
        help="whose points are proposed: lite, full, heavy, a run folder, … (default: %(default)s)",
    )
    parser.add_argument(
        "--predictions", type=Path, metavar="FILE.json",
        help="COCO results of another program (ViTPose, RTMPose, Sapiens …) instead of --model's: 17, 26, 133 or 136 points as "
        "COCO and Halpe order them, others by --names; found by file_name (of videos frame, from 0) or image_id",
    )  # fmt: skip
    parser.add_argument(
        "--names", type=Path, metavar="FILE", help="for --predictions: names of its points in order, one a line"
    )
    parser.add_argument(
        "--labels", type=Path, metavar="FILE.json", help="for --predictions: COCO label file whose image ids they have"
    )
    parser.add_argument("--detector", metavar="D", help="what finds the people, as in predict (default: the model's)")
    which = parser.add_mutually_exclusive_group()
    which.add_argument(
        "--pick", type=count, default=None, metavar="N",
        help="choose N images of this footage, as different as can be (default: 300)",
    )  # fmt: skip
    which.add_argument(
        "--every", type=_seconds, metavar="SECONDS", help="a frame every 0.5s, say, without near-duplicates, instead of choosing"
    )  # fmt: skip
    parser.add_argument(
        "--people",
        type=count,
        default=_MOST,
        metavar="N",
        help="look for at most N people in an image (default: %(default)s)",
    )
    add_tiles(parser)
    parser.add_argument(
        "--blur-faces",
        action="store_true",
        help="write the images with faces blurred; of people who are not found they are not",
    )
    parser.add_argument(
        "--blind", type=_share, default=0.0, metavar="5%",
        help="so many of the images are labelled without a prelabel shown, to measure what prelabels do to who corrects them",
    )  # fmt: skip
    parser.add_argument(
        "--group", metavar="NAME", help="the group of all images, a person's name say (default: one a clip)"
    )
    parser.add_argument("--seed", type=int, default=0, help="of what is drawn (default: 0)")
    parser.add_argument("--threads", type=count, metavar="N", help="processors to use (default: all, at most 4)")
    add_json(parser, "the report")


def run(args: argparse.Namespace) -> int:
    options = LabelOptions(
        None if args.every is not None else args.pick or 300,
        args.every, args.blur_faces, args.blind, args.group, args.seed,
    )  # fmt: skip
    report = to_terminal()
    try:
        result = label(args.sources, args.out, _proposer(args), options, report)
    except KeyboardInterrupt:
        report.say("Stopped; what was found is kept, and the same command goes on.")
        raise
    if args.json is not None:
        args.json.write(result.to_json())
    print("\n".join(_words(result, args)))
    nobody = result.images > 0 and not result.people
    return 1 if nobody or result.troubles else 0


def _proposer(args: argparse.Namespace) -> Proposer:
    if args.predictions is not None:
        if args.detector is not None or args.tiles != "off":
            raise PosetuneError("With --predictions nobody is searched for: leave out --detector and --tiles.")
        names = None if args.names is None else read_names(args.names)
        return PredictionProposer(args.predictions, names, ImageIds(args.labels), args.people)
    if args.names is not None or args.labels is not None:
        raise PosetuneError("--names and --labels go with --predictions.")
    return NetworkProposer(
        args.model,
        detector=args.detector,
        tiles=Tiles.of(args.tiles, args.tiles_budget),
        most=args.people,
        threads=args.threads,
    )


def _words(result: LabelReport, args: argparse.Namespace) -> list[str]:
    lines = [f"Not read: {trouble}" for trouble in result.troubles]
    if not result.images:
        lines.append(f"{args.out}: nothing new, all {result.there_before} images of this footage are there.")
        return lines
    lines.append(
        f"{args.out}: {result.images} new images with {result.people} people, prelabelled"
        + (f"; {result.there_before} were there" if result.there_before else "")
    )
    counts = ", ".join(f"{n} people: {result.people_a_frame[n]} images" for n in sorted(result.people_a_frame))
    lines.append(f"  {counts}")
    lines += _remarks(result, args)
    out = shlex.quote(str(args.out))
    lines.append(f"next: posetune annotate {out} / posetune data check {out} / posetune suggest {out} --n 50")
    return lines


def _remarks(result: LabelReport, args: argparse.Namespace) -> list[str]:
    lines = []
    if not result.people:
        lines.append(
            "  nobody was found in any of them: try --detector many or --tiles auto, or add people in annotate"
        )
    if args.every is None and result.images + result.there_before < (args.pick or 300):
        there = f"all {result.candidates} there are" if not result.duplicates else (
            f"the {result.duplicates} others of {result.candidates} looked at are near-duplicates of them"
        )  # fmt: skip
        lines.append(f"  fewer than {args.pick or 300}: {there}")
    elif result.duplicates:
        lines.append(f"  {result.duplicates} near-duplicates left out")
    if result.full:
        lines.append(f"  {result.full} images have {args.people} people or more: --people N looks for more")
    if result.changes:
        places = [f"{c['clip']} frame {c['frame']} ({c['before']} → {c['after']})" for c in result.changes[:_SHOWN]]
        more = f", and {len(result.changes) - _SHOWN} more (--json)" if len(result.changes) > _SHOWN else ""
        lines.append(f"  the number of people changes, somebody may be missed: {', '.join(places)}{more}")
    if result.blind:
        lines.append(f"  {result.blind} images are blind: annotate shows them without prelabels")
    if args.blur_faces:
        lines.append(f"  {result.faces_blurred} faces blurred; look for others, of people who were not found")
    return lines


def _seconds(text: str) -> float:
    """ "0.5s" or "0.5"."""
    return _number(text.removesuffix("s"), text, "seconds above 0, as 0.5s", lambda v: v > 0)


def _share(text: str) -> float:
    """ "5%" or "0.05"."""
    value = _number(text.removesuffix("%"), text, "a share, as 5% or 0.05", lambda v: v >= 0)
    value = value / 100 if text.endswith("%") else value
    if value > 1:
        raise argparse.ArgumentTypeError(f"wants a share, as 5% or 0.05, not {text!r}")
    return value


def _number(text: str, said: str, wants: str, good: Callable[[float], bool]) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or not good(value):
        raise argparse.ArgumentTypeError(f"wants {wants}, not {said!r}")
    return value
