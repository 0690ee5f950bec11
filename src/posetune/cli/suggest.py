"""``posetune suggest``: which images to label next."""

from __future__ import annotations

import argparse
from pathlib import Path

from posetune import stock
from posetune.cli.common import add_json, count
from posetune.label.cover import HARD, PLACE
from posetune.label.signals import Looker
from posetune.label.suggest import SUGGESTED, SuggestReport, pool_of, suggest
from posetune.progress import to_terminal
from posetune.runtime.load import load

_SHOWN = 20


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        f"Of a set: images that nobody has looked at. What was suggested stands in {SUGGESTED} beside the images, and is not "
        "suggested again. Answers are kept in the cache folder: stopped, it goes on. Exit code 0: done; 1: some images could not "
        "be read (each is named); 2: nothing could be done."
    )
    parser.add_argument("folder", type=Path, metavar="SET|FOLDER", help="a labelled set, or a folder of images")
    parser.add_argument("--n", type=count, default=50, metavar="N", help="how many (default: %(default)s)")
    parser.add_argument(
        "--model",
        default="lite",
        help="the network that looks in several ways: the one that you tune (default: %(default)s)",
    )
    parser.add_argument("--second", default="heavy", help="the one that it is held against (default: %(default)s)")
    parser.add_argument(
        "--per-group",
        type=count,
        metavar="N",
        help="at most N of one group (default: twice its share of --n, two at least)",
    )
    parser.add_argument(
        "--hard", action="store_true",
        help="of every kind of pose one that networks know least, to find their mistakes; a tuning on few of these learns less "
        "than on typical ones (default)",
    )  # fmt: skip
    parser.add_argument("--again", action="store_true", help="what was suggested before may be again")
    parser.add_argument("--threads", type=count, metavar="N", help="processors to use (default: all, at most 4)")
    add_json(parser, "the suggestions")


def run(args: argparse.Namespace) -> int:
    report = to_terminal()
    pool = pool_of(args.folder, report.say)
    networks = [stock.resolve(name) for name in (args.model, args.second)]
    model, second = (load(n, threads=args.threads) for n in networks)
    shas = [n.sha256 for n in networks]
    result = suggest(
        pool,
        Looker.of(model, second, shas),
        args.n,
        report,
        a_group=args.per_group,
        again=args.again,
        place=HARD if args.hard else PLACE,
    )
    if args.json is not None:
        args.json.write(result.to_json())
    print("\n".join(_words(result, args)))
    return 1 if result.unreadable else 0


def _words(result: SuggestReport, args: argparse.Namespace) -> list[str]:
    lines = [f"Not read: {name}" for name in result.unreadable[:_SHOWN]]
    for one in result.chosen[:_SHOWN]:
        lines.append(f"{one.score:.2f}  {result.names[one.place]}  {one.why}")
    if len(result.chosen) > _SHOWN:
        lines.append(f"… and {len(result.chosen) - _SHOWN} more (--json FILE lists them)")
    lines.append(
        f"{len(result.chosen)} of {len(result.names)} images, at most {result.a_group} of a group"
        + (f"; {result.before} were suggested before" if result.before and not args.again else "")
        + (f"; {result.nobody} show nobody who is found" if result.nobody else "")
        + (f"; {result.looked_at} others have been looked at" if result.looked_at else "")
    )
    if len(result.chosen) < args.n:
        lines.append(f"Fewer than {args.n}: there are no more, or --per-group {result.a_group} keeps them back.")
    return lines
