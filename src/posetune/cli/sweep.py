"""``posetune sweep``: methods × bases × label counts on a user's data, and what to take."""

from __future__ import annotations

import argparse
import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from posetune.cli.common import add_json, words
from posetune.errors import PosetuneError
from posetune.progress import to_terminal

if TYPE_CHECKING:
    from posetune.sweep.run import SweepConfig


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Every cell is a run folder OUT/METHOD-BASE-COUNT; the same command again goes on where it was, and on another "
        "machine that sees the folder it helps. The table and the "
        "recommendation (OUT/sweep.md, .html, .json) come from validation; keep a test split for the one you take."
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DIR", help="images/ and annotations/<split>.json")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the folder of the sweep")
    parser.add_argument(
        "--methods", default="corrector,full", help="of corrector, head, full, distill (default: %(default)s)"
    )
    parser.add_argument("--bases", default="lite,full", help="of lite, full, heavy (default: %(default)s)")
    parser.add_argument(
        "--counts", default="10,30,100,300,all", help="how many labelled images to learn from (default: %(default)s)"
    )
    parser.add_argument("--train-split", default="train", help="split to learn from (default: %(default)s)")
    parser.add_argument("--val-split", default="val", help="split to choose on (default: %(default)s)")
    parser.add_argument("--general", type=Path, metavar="DIR", help="another set, to see what was forgotten")
    parser.add_argument("--general-split", default="val", metavar="S", help="its split (default: %(default)s)")
    parser.add_argument(
        "--unlabelled", nargs="+", metavar="PATH", help="for distill: what to learn from without labels"
    )
    parser.add_argument(
        "--search", type=int, default=0, metavar="TRIALS",
        help="first search learning rate and augmentation for full tuning, so many short trainings (needs optuna)",
    )  # fmt: skip
    parser.add_argument("--search-minutes", type=float, metavar="M", help="begin no trial after so many minutes")
    parser.add_argument(
        "--search-samples", type=int, default=1500, metavar="N", help="crops a trial (default: %(default)s)"
    )
    parser.add_argument(
        "--storage", metavar="URL",
        help="keep the search's study in this database (postgresql://…), for machines that share no folder (default: OUT-search)",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, default=0, help="of subsets and trainings (default: %(default)s)")
    parser.add_argument(
        "--set",
        dest="assignments",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        help="for every training, as a.b=c",
    )
    parser.add_argument("--threads", type=int, metavar="N", help="processors for measuring (default: all, at most 4)")
    parser.add_argument("--plan", action="store_true", help="print the cells and end")
    add_json(parser)


def run(args: argparse.Namespace) -> int:
    from posetune.data.dataset import load_dataset
    from posetune.stock import LANDMARK_NAMES
    from posetune.sweep.plan import METHODS, cells
    from posetune.sweep.run import PAGE, RESULT, TABLE, SweepConfig, refuse_other, sweep

    methods, bases, counts = (_words(text) for text in (args.methods, args.bases, args.counts))
    for name in methods:
        if name not in METHODS:
            raise PosetuneError(f"--methods: there is no {name}; there are {', '.join(METHODS)}.")
    for name in bases:
        if name not in LANDMARK_NAMES:
            raise PosetuneError(f"--bases: there is no {name}; there are {', '.join(LANDMARK_NAMES)}.")
    if "distill" in methods and not args.unlabelled:
        raise PosetuneError("The method distill learns from images without labels: name them with --unlabelled.")
    config = SweepConfig(
        args.data, args.out, methods, bases, counts, args.train_split, args.val_split, seed=args.seed,
        assignments=tuple(args.assignments), general=args.general, general_split=args.general_split,
        arguments={"distill": ["--unlabelled", *args.unlabelled]} if args.unlabelled else {}, threads=args.threads,
    )  # fmt: skip
    if args.plan:
        train = load_dataset(args.data, args.train_split)
        plan = cells(methods, bases, counts, len({id(p.image) for p in train.usable}))
        print("\n".join(cell.name for cell in plan))
        return 0
    refuse_other(config)  # before hours of searching
    if args.search > 0 and "full" in methods:
        config = _searched(config, args)
    report = to_terminal()
    result = sweep(config, say=report.say, progress=report.progress)
    if args.json is not None:
        args.json.write(json.loads((args.out / RESULT).read_text(encoding="utf-8")))
    print((args.out / TABLE).read_text(encoding="utf-8"), end="")
    _say(f"Written: {args.out / TABLE}, {args.out / PAGE}, {args.out / RESULT}")
    return 1 if result.failed else 0


def _searched(config: SweepConfig, args: argparse.Namespace) -> SweepConfig:
    """The same sweep with what the search found for full tuning."""
    from posetune.sweep.search import Budget, search

    found = search(
        config.data, config.bases[-1], config.out.with_name(f"{config.out.name}-search"),
        Budget(args.search, args.search_minutes, args.search_samples), seed=config.seed,
        arguments=("--train-split", config.train_split, "--val-split", config.val_split),
        assignments=config.assignments, storage=args.storage, say=_say,
    )  # fmt: skip
    extra = [word for assignment in found.assignments for word in ("--set", assignment)]
    return dataclasses.replace(config, arguments={**config.arguments, "full": extra})


def _words(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words(text)))


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
