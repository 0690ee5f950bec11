"""``posetune agree``: networks against a larger one, and against themselves, on footage without labels."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from posetune.cli.common import add_json
from posetune.cli.eval import add_stock, checked, first_tuned
from posetune.progress import to_terminal

if TYPE_CHECKING:
    from posetune.measure.agreement import Agreement

_SHEET_MOST = 36


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Beside every MODEL stand its stock network and full. Two distances, in px of a 256 px crop: from the teacher's points "
        "where its views of a person agree, and from the network's own answer on the mirrored crop. Use images that the "
        "MODEL has not learned from. Definitions: docs/reference/measures.md."
    )
    parser.add_argument("models", nargs="*", metavar="MODEL", help="a run folder, a .tflite or a .task")
    parser.add_argument(
        "--unlabelled", action="append", required=True, metavar="PATH",
        help="a folder, image or video to look at; may be given several times",
    )  # fmt: skip
    parser.add_argument("--teacher", default="heavy", metavar="M", help="the larger network (default: %(default)s)")
    add_json(parser, "all figures")
    parser.add_argument(
        "--sheet", type=Path, metavar="FILE.jpg",
        help=f"write a picture of {_SHEET_MOST} people, evenly from the least to the most change: stock left, the first MODEL "
        "right; lines to the teacher's points",
    )  # fmt: skip
    add_stock(parser, "MODEL")
    parser.add_argument("--threads", type=int, metavar="N", help="processors to use (default: all, at most 4)")


def run(args: argparse.Namespace) -> int:
    from posetune.measure.agreement import agreement, table

    stock_names = checked(args, (args.sheet,))
    if args.sheet is not None and not args.models:
        first_tuned((), "--sheet")  # now, not after minutes of work
    report = to_terminal()
    with tempfile.TemporaryDirectory(prefix="posetune-frames-") as frames:
        found = agreement(
            args.unlabelled,
            args.models,
            Path(frames),
            teacher=args.teacher,
            stock_names=stock_names,
            threads=args.threads,
            progress=report.progress,
            say=report.say,
        )
        if args.sheet is not None:
            _draw(found, args.sheet)
    if args.json is not None:
        args.json.write(found.to_json())
    print(table(found))
    return 0


def _draw(found: Agreement, path: Path) -> None:
    from posetune.data.contact_sheet import write_sheet
    from posetune.measure.agreement import beside_stock

    write_sheet(beside_stock(found, first_tuned(found.entries, "--sheet"), _SHEET_MOST), path)
    print(f"Picture: {path}", file=sys.stderr)
