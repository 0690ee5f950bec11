"""``posetune audit offer | next``: pictures that came, and people drawn from them to be labelled."""

from __future__ import annotations

import argparse
import hashlib
import os
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from posetune.cli.common import add_json
from posetune.cli.registry import ENVIRONMENT
from posetune.cli.stored import add_store, store_of
from posetune.errors import PosetuneError
from posetune.progress import counted, to_terminal

if TYPE_CHECKING:
    from posetune.runtime.landmarker import Landmarker

_DAY = 86_400.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "Label what `audit next` wrote, and hand it back with `posetune corrections add DIR --kind audit`."
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    offer = actions.add_parser("offer", help="keep pictures as they came, so that audits may be drawn from them")
    offer.add_argument(
        "paths",
        nargs="+",
        type=Path,
        metavar="PATH",
        help="an image, or a folder of images: as they came, nothing picked out",
    )
    add_store(offer)
    offer.add_argument(
        "--person", required=True, metavar="P", help="whose pictures they are, and the name to forget them by"
    )
    offer.add_argument("--consent", required=True, metavar="TEXT", help="what they agreed to, kept with each picture")
    offer.add_argument(
        "--keep-days", type=float, metavar="N", help="remove the pictures after so many days (default: keep)"
    )
    offer.set_defaults(run_action=_offer)
    drawing = actions.add_parser("next", help="draw people to label, from all pictures that came and may be kept")
    drawing.add_argument("--n", type=int, default=20, metavar="N", help="how many (default: %(default)s)")
    add_store(drawing)
    drawing.add_argument(
        "--out", type=Path, default=Path("audit"), metavar="DIR", help="the set to label (default: %(default)s)"
    )
    drawing.add_argument(
        "--model", action="append", metavar="M",
        help="a network whose answer may be shown beforehand; several times: one of them, drawn by coin (default: the registry's "
        "live one and its challenger, or full)",
    )  # fmt: skip
    drawing.add_argument("--registry", metavar="URL", help=f"whose networks may be shown (default: ${ENVIRONMENT})")
    drawing.add_argument("--seed", type=int, metavar="N", help="draw the same again (default: by the clock)")
    drawing.add_argument("--threads", type=int, metavar="N", help="processors to use (default: all, at most 4)")
    add_json(drawing, "what was drawn")
    drawing.set_defaults(run_action=_next)


def run(args: argparse.Namespace) -> int:
    return int(args.run_action(args))


def _offer(args: argparse.Namespace) -> int:
    from posetune.data.groups import clip_of
    from posetune.files import read_bytes, walk
    from posetune.runtime.images import IMAGE_SUFFIXES, read_image
    from posetune.store.correction import Picture
    from posetune.store.open import open_store
    from posetune.store.traffic import offer

    files: list[Path] = []
    for path in args.paths:
        if not path.exists():
            raise PosetuneError(f"There is no {path}.")
        files += [p for p in walk(path) if p.suffix.lower() in IMAGE_SUFFIXES] if path.is_dir() else [path]
    if not files:
        raise PosetuneError(f"{args.paths[0]} holds no image.")
    expires = None if args.keep_days is None else time.time() + args.keep_days * _DAY
    report, new, unread = to_terminal(), 0, 0
    with open_store(store_of(args)) as database, report.counting("pictures kept", len(files)) as counter:
        for file in files:
            clip = clip_of(file.name)
            scene = "" if clip is None else f"{args.person}/{file.parent.name}/{clip}"
            try:
                height, width = read_image(file).shape[:2]
            except PosetuneError as error:
                if len(files) == 1:
                    raise
                report.say(f"Left out: {error}")
                unread += 1
                continue
            picture = Picture(read_bytes(file, "the image"), width, height, args.consent, scene, expires_at=expires)
            new += offer(database, picture, args.person).new
            counter.step()
    rest = f" {unread} could not be read, and are left out." if unread else ""
    print(f"{counted(new, 'picture')} kept; {len(files) - new - unread} were kept before.{rest}")
    return 0


def _next(args: argparse.Namespace) -> int:
    from posetune.store.audits import draw, waiting, write_audit_set
    from posetune.store.open import open_store

    if args.n < 1:
        raise PosetuneError("--n wants a number of pictures above 0.")
    if args.out.exists() and (not args.out.is_dir() or any(args.out.iterdir())):
        raise PosetuneError(f"{args.out} exists and is not empty: name another folder with --out.")
    with open_store(store_of(args), make=False) as database:
        networks = _shown(args)
        seed = time.time_ns() if args.seed is None else args.seed
        with to_terminal().counting("pictures drawn", None) as counter:
            drawn = draw(database, args.n, networks, np.random.default_rng(seed), counter.at)
        if not drawn:
            raise PosetuneError("Nobody was found in the pictures that were drawn: draw again, or offer others.")
        write_audit_set(database, drawn, args.out)
        left = waiting(database)
    rest = (
        f"{counted(left, 'picture is', 'pictures are')} left."
        if len(drawn) >= args.n or not left
        else f"In the other {left} nobody was found."
    )
    print(
        f"Written: {args.out}: {counted(len(drawn), 'person', 'people')} to label, every point: posetune annotate "
        f"{args.out} --split audit. {rest} Then: posetune corrections add {args.out} --kind audit --person NAME"
    )
    if args.json is not None:
        args.json.write([{"id": a.id, "image": a.image, "subject": a.subject} for a in drawn])
    return 0


def _shown(args: argparse.Namespace) -> dict[str, Landmarker]:
    """sha256 → the network, of those whose answer may be shown."""
    from posetune import stock
    from posetune.runtime.load import load

    with tempfile.TemporaryDirectory(prefix="posetune-live-") as folder:
        names: list[str | Path] = list(args.model or [])
        url = args.registry or os.environ.get(ENVIRONMENT)
        if not names and url:
            from posetune.store.registry.registry import Registry

            registry = Registry.open(url)
            state = registry.state
            names = [registry.fetch(sha256, Path(folder)) for sha256 in (state.live, state.challenger) if sha256]
        found = {}
        for name in names or ["full"]:
            sha256 = hashlib.sha256(stock.resolve(name).landmarks).hexdigest()
            found[sha256] = load(name, threads=args.threads)
    return found
