"""``posetune annotate``: a page on which somebody looks at a set's labels and corrects them."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path

from posetune.cli.common import add_server


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Every action is saved at once, in SET/annotations/train.json. Keys: docs/reference/annotate.md."
    parser.add_argument(
        "set", type=Path, metavar="SET", help="a folder with images/ and perhaps annotations/train.json"
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
    add_server(parser, host=": 0.0.0.0 for a tablet beside it, with --token-file", workers="run it", one_worker=True)


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
