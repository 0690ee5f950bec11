"""The folder that coach and ergonomics write about a clip: JSON and CSV at once, then the pictures that take longer."""

from __future__ import annotations

import argparse
from pathlib import Path

from posetune.cli.common import make_writable
from posetune.errors import PosetuneError

PAGE_NAME = "report.html"


def add_report(parser: argparse.ArgumentParser, files: str) -> None:
    """``--out`` and what goes into it. ``files``: the names of the others."""
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help=f"write {files}, {PAGE_NAME} and a drawn video there; made if missing"
    )
    parser.add_argument("--faces", action="store_true", help="show faces in pictures and video (default: blurred)")
    parser.add_argument(
        "--video", action=argparse.BooleanOptionalAction, default=None,
        help="write the drawn video into DIR (default: yes, where the input is a video)",
    )  # fmt: skip


def checked_folder(args: argparse.Namespace) -> Path | None:
    """``--out``, made; None without one. Raises PosetuneError if nothing can be written there, or a video was asked for that
    there cannot be: before the work is done.
    """
    out: Path | None = args.out
    if args.video and out is None:
        raise PosetuneError("--video needs --out DIR: it says where the video goes.")
    if args.video and args.input.suffix.lower() == ".json":
        raise PosetuneError(f"--video needs a video as input: {args.input} holds points alone.")
    if out is None:
        return None
    make_writable(out)
    return out
