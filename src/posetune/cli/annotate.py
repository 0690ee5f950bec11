"""``posetune annotate``: a page on which somebody looks at a set's labels and corrects them."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Every action is saved at once, in SET/annotations/train.json. Keys: docs/reference/annotate.md."
    parser.add_argument(
        "set", type=Path, metavar="SET", help="a folder with images/ and perhaps annotations/train.json"
    )
    parser.add_argument("--port", type=int, default=8000, help="0 takes any that is free (default: %(default)s)")
    parser.add_argument(
        "--host", default="127.0.0.1",
        help="where to listen: 0.0.0.0 for a tablet beside it, with --token-file (default: %(default)s, this machine alone)",
    )  # fmt: skip
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE",
        help="a file with the token that who comes in must know; needed beyond this machine",
    )  # fmt: skip
    parser.add_argument(
        "--allowed-host", action="append", default=[], metavar="NAME", help="a name by which the server may be called"
    )
    parser.add_argument(
        "--reviewer", metavar="NAME", default="reviewer",
        help="who looks: stands in the label file with what was looked at (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--blind", action="store_true",
        help="a second opinion: labels of your own, in annotations/reviewers/NAME.json, that begin with what the network proposed; "
        "what others made of an image is shown, with how far you agree, once you have accepted it",
    )  # fmt: skip
    parser.add_argument("--split", default="train", help="which labels of the set (default: %(default)s)")
    parser.add_argument(
        "--model", metavar="MODEL", default="full",
        help="the network that finds people you point at: lite, full, heavy, a run folder, a .task or a .tflite (default: "
        "%(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--workers", type=int, metavar="N", default=1, help="processes that run it (default: %(default)s)"
    )
    parser.add_argument("--verbose", action="store_true", help="log every request")


def run(args: argparse.Namespace) -> int:
    from posetune.cli.serve import fetch
    from posetune.label.review import Review
    from posetune.serve.run import logging_to_stderr, run
    from posetune.serve.security.sessions import ENVIRONMENT
    from posetune.serve.settings import Settings

    with Review.open(args.set, split=args.split, reviewer=args.reviewer, blind=args.blind) as review:
        for note in review.notes:
            print(f"posetune: {note}", file=sys.stderr)
        with tempfile.TemporaryDirectory(prefix="posetune-annotate-") as folder:
            settings = Settings(
                data_dir=Path(folder),
                models=(args.model,),
                host=args.host,
                port=args.port,
                token_file=args.token_file,
                allowed_hosts=tuple(args.allowed_host),
                workers=args.workers,
                review=review,
            )
            settings.check(ENVIRONMENT in os.environ)
            fetch(settings.models)
            counts = review.counts()

            def say(where: str) -> None:
                print(
                    f"posetune: {counts['images']} images, {counts['done']} seen to; label at {where}annotate", file=sys.stderr,
                    flush=True,
                )  # fmt: skip

            with logging_to_stderr(args.verbose):
                run(settings, say)
    return 0
