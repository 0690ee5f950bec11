"""``posetune eval``: networks against stock on labelled people that they have not seen."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from posetune.cli.common import add_json, add_tiles, check_writable, words
from posetune.errors import PosetuneError
from posetune.progress import to_terminal

if TYPE_CHECKING:
    from posetune.measure.beside import Entry
    from posetune.measure.evaluate import Evaluation


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Beside every MODEL stand stock lite, full and heavy, and stock + a constant offset per point. Errors are in crop px (px "
        "of the 256 px crop), image px and torsos, angles in degrees, depth in cm; PCK@.2 is the share of points within a fifth "
        "of the torso. "
        "Keys of the JSON and all definitions: docs/reference/measures.md."
    )
    parser.add_argument(
        "models", nargs="*", metavar="MODEL", help="a run folder, a .tflite or a .task (none: stock alone)"
    )
    add_data(parser)
    parser.add_argument("--images", type=Path, metavar="DIR", help="the image folder, if it is elsewhere")
    add_json(parser, "all figures")
    parser.add_argument("--report", type=Path, metavar="FILE.html", help="write a report: one HTML file")
    parser.add_argument(
        "--picture", type=Path, metavar="FILE.png",
        help="write a picture of stock beside the first MODEL: six people, evenly from the most improved to the most worsened",
    )  # fmt: skip
    parser.add_argument(
        "--detector", metavar="D", help="what finds people for the MODELs (full without one): stock, many, a run of train "
        "--detector, a detector's .tflite, a .task (default: their own)",
    )  # fmt: skip
    add_tiles(parser)
    parser.add_argument("--no-pipeline", action="store_true", help="crop protocol only (about twice as fast)")
    parser.add_argument("--no-offset", action="store_true", help="leave out stock + constant offset")
    add_stock(parser, "MODEL")
    parser.add_argument("--brief", action="store_true", help="no tables by landmark and by angle")
    parser.add_argument("--threads", type=int, metavar="N", help="processors to use (default: all, at most 4)")


def add_data(parser: argparse.ArgumentParser) -> None:
    """What is measured on, for every verb that measures."""
    parser.add_argument(
        "--data", type=Path, required=True, metavar="DIR",
        help="a data set: images/ and annotations/<split>.json; or a COCO keypoint .json file",
    )  # fmt: skip
    parser.add_argument(
        "--split", metavar="S",
        help="split, or several with commas (default: what the run held out of its training; val where no run says)",
    )  # fmt: skip


def add_stock(parser: argparse.ArgumentParser, model: str) -> None:
    """Which stock networks stand beside; ``model``: what the verb calls a network that is measured."""
    parser.add_argument(
        "--stock", default="lite,full,heavy", metavar="NAMES",
        help=f"stock networks to show; full and the base of a {model} always are (default: %(default)s)",
    )  # fmt: skip


def checked(args: argparse.Namespace, outputs: Iterable[Path | None]) -> list[str]:
    """The names in ``--stock``, once they, ``--threads`` and the files to write have been looked over.

    Raises PosetuneError for the first that will not do: now, not after minutes of work.
    """
    from posetune.stock import LANDMARK_NAMES

    stock_names = words(args.stock)
    unknown = [name for name in stock_names if name not in LANDMARK_NAMES]
    if unknown:
        raise PosetuneError(f"--stock: there is no {unknown[0]}; there are {', '.join(LANDMARK_NAMES)}.")
    if args.threads is not None and args.threads < 1:
        raise PosetuneError(f"--threads must be at least 1, not {args.threads}.")
    for path in outputs:
        if path is not None:
            check_writable(path)
    return stock_names


def run(args: argparse.Namespace) -> int:
    from posetune.measure.evaluate import evaluate
    from posetune.measure.table import text_tables
    from posetune.runtime.tiles import Tiles

    stock_names = checked(args, (args.report, args.picture))
    evaluation = evaluate(
        args.data,
        args.split,
        args.models,
        images=args.images,
        stock_names=stock_names,
        detector=args.detector,
        pipeline=not args.no_pipeline,
        with_offset=not args.no_offset,
        threads=args.threads,
        tiles=Tiles.of(args.tiles, args.tiles_budget),
        progress=to_terminal().progress,
    )
    if args.json is not None:
        args.json.write(evaluation.to_json())
    if args.report is not None:
        from posetune.measure.report import write_report

        write_report(evaluation, args.report)
        print(f"Report: {args.report}", file=sys.stderr)
    if args.picture is not None:
        _draw(evaluation, args.picture)
        print(f"Picture: {args.picture}", file=sys.stderr)
    print(text_tables(evaluation, details=not args.brief))
    return 0


def _draw(evaluation: Evaluation, path: Path) -> None:
    from posetune.data.contact_sheet import write_sheet
    from posetune.measure.gallery import evenly
    from posetune.measure.picture import side_by_side

    tuned = first_tuned(evaluation.entries, "--picture")
    scored = evaluation.scored["crop"]
    stock_scored, tuned_scored = scored[tuned.base], scored[tuned.name]
    choices = evenly(stock_scored, tuned_scored, 6)
    write_sheet(side_by_side(evaluation.people, choices, stock_scored, tuned_scored), path)


def first_tuned(entries: Sequence[Entry], option: str) -> Entry:
    """The first tuned network among what was measured. Raises PosetuneError, naming ``option`` that draws it, if there is
    none.
    """
    tuned = next((entry for entry in entries if entry.kind == "model"), None)
    if tuned is None:
        raise PosetuneError(f"{option} shows a tuned network beside stock: name a MODEL.")
    return tuned
