"""``posetune compare``: any number of networks and methods in one table."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from posetune.cli.common import add_json
from posetune.cli.eval import add_data, add_stock, checked
from posetune.files import write_text
from posetune.progress import to_terminal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Each RUN stands beside the stock networks: error in crop px (px of the 256 px crop), PCK, angles, the paired difference "
        "to stock, what it forgot on the general set, ms a crop and MB. Keys of the JSON: docs/reference/json.md."
    )
    parser.add_argument("models", nargs="+", metavar="RUN", help="a run folder, a .tflite or a .task")
    add_data(parser)
    parser.add_argument("--general", type=Path, metavar="DIR", help="another set, to see what was forgotten")
    parser.add_argument("--general-split", default="val", metavar="S", help="its split (default: %(default)s)")
    parser.add_argument("--images", type=Path, metavar="DIR", help="the image folder of --data, if it is elsewhere")
    add_json(parser, "all figures")
    parser.add_argument("--markdown", type=Path, metavar="FILE.md", help="write the table as Markdown")
    parser.add_argument("--report", type=Path, metavar="FILE.html", help="write one HTML page")
    parser.add_argument("--no-offset", action="store_true", help="leave out stock + constant offset")
    parser.add_argument(
        "--no-pipeline", action="store_true", help="do not count who is found on whole pictures (faster)"
    )
    parser.add_argument("--no-timing", action="store_true", help="do not measure the time of an answer")
    add_stock(parser, "RUN")
    parser.add_argument("--threads", type=int, metavar="N", help="processors to use (default: all, at most 4)")


def run(args: argparse.Namespace) -> int:
    from posetune.measure.compare import compare
    from posetune.measure.compare_table import markdown, page

    stock_names = checked(args, (args.markdown, args.report))
    comparison = compare(
        args.data,
        args.split,
        args.models,
        general=args.general,
        general_split=args.general_split,
        images=args.images,
        stock_names=stock_names,
        with_offset=not args.no_offset,
        pipeline=not args.no_pipeline,
        timing=not args.no_timing,
        threads=args.threads,
        progress=to_terminal().progress,
    )
    text = markdown(comparison)
    written = []
    if args.json is not None:
        args.json.write(comparison.to_json())
    if args.markdown is not None:
        write_text(args.markdown, text + "\n")
        written.append(args.markdown)
    if args.report is not None:
        write_text(args.report, page(comparison))
        written.append(args.report)
    for path in written:
        print(f"Written: {path}", file=sys.stderr)
    print(text)
    return 0
