"""``posetune serve``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from posetune.cli.common import add_server
from posetune.errors import PosetuneError

_DATA_DIR = "posetune-data"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Pages for the browser, and an API: docs/guide/web-app.md, docs/reference/server.md."
    parser.add_argument(
        "--model", action="append", metavar="MODEL", default=None,
        help="a network to serve: lite, full, heavy, a run folder, a .task or a .tflite; several times for several, the first is "
        "the one that answers (default: full)",
    )  # fmt: skip
    parser.add_argument(
        "--registry", metavar="URL",
        help="answer with the live network of this registry, whatever it promotes or takes back (docs/reference/registry.md)",
    )  # fmt: skip
    parser.add_argument(
        "--audit-share", type=float, default=0.0, metavar="P",
        help="of the pictures that name no network, the share that the registry's challenger answers (default: none)",
    )  # fmt: skip
    parser.add_argument(
        "--no-corrections", action="store_true",
        help="keep no picture and no correction, whatever people agree to (docs/guide/corrections.md)",
    )  # fmt: skip
    parser.add_argument(
        "--data-dir", metavar="DIR", default=_DATA_DIR,
        help="uploads, networks, jobs and ranges (default: %(default)s); the URL of a database is taken as --database",
    )  # fmt: skip
    parser.add_argument(
        "--database", metavar="URL",
        help="postgresql://… instead of SQLite in --data-dir; with a password, better in POSETUNE_DATABASE",
    )  # fmt: skip
    parser.add_argument(
        "--queue", type=int, default=64, metavar="N", help="requests that may wait (default: %(default)s)"
    )
    parser.add_argument(
        "--keep-hours",
        type=float,
        default=24.0,
        metavar="H",
        help="delete uploads after H hours (default: %(default)g)",
    )
    parser.add_argument("--tls-cert", type=Path, metavar="FILE", help="serve https with this certificate")
    parser.add_argument("--tls-key", type=Path, metavar="FILE", help="and its key")
    add_server(parser, workers="run networks")


def run(args: argparse.Namespace) -> int:
    import os

    from posetune.serve.run import logging_to_stderr, run
    from posetune.serve.security.sessions import ENVIRONMENT
    from posetune.serve.settings import Settings, processors

    if "://" in args.data_dir:
        if args.database is not None:
            raise PosetuneError("--data-dir and --database both name a database; give one.")
        args.data_dir, args.database = _DATA_DIR, args.data_dir
    settings = Settings(
        data_dir=Path(args.data_dir).expanduser().absolute(),
        models=tuple(dict.fromkeys(args.model or ([] if args.registry else ["full"]))),
        host=args.host,
        port=args.port,
        token_file=args.token_file,
        database=args.database or os.environ.get("POSETUNE_DATABASE"),
        allowed_hosts=tuple(args.allowed_host),
        workers=processors() if args.workers is None else args.workers,
        queue=args.queue,
        keep_hours=args.keep_hours,
        registry=args.registry,
        audit_share=args.audit_share,
        corrections=not args.no_corrections,
        tls_cert=args.tls_cert,
        tls_key=args.tls_key,
    )
    settings.check(ENVIRONMENT in os.environ)
    fetch(settings.models)
    with logging_to_stderr(args.verbose):
        run(settings, lambda where: print(f"posetune: serving at {where}", file=sys.stderr, flush=True))
    return 0


def fetch(models: tuple[str, ...]) -> None:
    """Get the stock networks that are missing, before anything starts: it takes a while, and says so."""
    from posetune import stock
    from posetune.stock import cache

    for name in ("detector", *(model for model in models if model in stock.LANDMARK_NAMES)):
        if not cache.pinned_path(stock.PINS[name]).is_file():
            stock.path(name)
