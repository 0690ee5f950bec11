"""``posetune learn``: corrections in, a better network out, never a worse one."""

from __future__ import annotations

import argparse
import math
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posetune.cli.common import add_json, count
from posetune.cli.registry import ENVIRONMENT, STORE_ENVIRONMENT, url_of
from posetune.cli.stored import store_of
from posetune.errors import PosetuneError
from posetune.progress import to_terminal

if TYPE_CHECKING:
    from posetune.learn.round import Options
    from posetune.store.database import Database
    from posetune.store.registry.registry import Registry

_UNITS = {"": 1, "K": 2**10, "M": 2**20, "G": 2**30}
_TIMES = {"": 1.0, "s": 1.0, "m": 60.0, "h": 3600.0}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        f"Without --registry and --store they are ${ENVIRONMENT} and ${STORE_ENVIRONMENT}. docs/guide/learning.md, "
        "docs/reference/learning.md"
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    for name, text in (
        ("run", "one pass: judge, decide, train; for cron and timers"),
        ("watch", "a pass every so often"),
    ):
        one = actions.add_parser(name, help=text)
        _add_both(one)
        _add_training(one)
        if name == "watch":
            one.add_argument("--every", type=_seconds, default="1h", metavar="T", help="30m, 6h … (default: 1h)")
        one.set_defaults(run_action=_run if name == "run" else _watch)
    challenge = actions.add_parser("challenge", help="have a network of your own challenge the live one")
    challenge.add_argument("model", metavar="MODEL", help="as train --base takes it")
    _add_both(challenge)
    _add_training(challenge, guards_only=True)
    challenge.set_defaults(run_action=_challenge)
    status = actions.add_parser(
        "status", help="what is live, what challenges it, how much evidence is missing, and how long"
    )
    _add_both(status)
    _add_threshold(status)
    add_json(status)
    status.set_defaults(run_action=_status)
    history = actions.add_parser("history", help="what became of every network")
    _add_alike(history)
    add_json(history)
    history.set_defaults(run_action=_history)
    rollback = actions.add_parser("rollback", help="make the network before live again")
    rollback.add_argument(
        "--to", metavar="N", help="the entry that made it live, a name, or the beginning of its sha256"
    )
    promote = actions.add_parser("promote", help="make a registered network live by hand; it counts as unproven")
    promote.add_argument("network", metavar="N", help="a name, or the beginning of its sha256")
    hold = actions.add_parser("hold", help="promote nothing by itself until learn release")
    release = actions.add_parser("release", help="end a hold")
    for parser_, action in ((rollback, _rollback), (promote, _promote), (hold, _hold), (release, _release)):
        parser_.add_argument("--why", required=True, type=_sentence, metavar="TEXT", help="one sentence, for the log")
        _add_alike(parser_)
        parser_.set_defaults(run_action=action)


def run(args: argparse.Namespace) -> int:
    return int(args.run_action(args))


def _add_registry(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--registry", metavar="URL", help=f"a folder or s3://BUCKET/PREFIX (default: ${ENVIRONMENT})")


def _add_both(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--store", metavar="URL", help=f"sqlite:///FILE or postgresql://… (default: ${STORE_ENVIRONMENT})"
    )
    _add_registry(parser)


def _add_alike(parser: argparse.ArgumentParser) -> None:
    _add_registry(parser)
    parser.add_argument("--store", metavar="URL", help="not needed: taken so that all verbs of learn are called alike")


def _add_threshold(parser: argparse.ArgumentParser) -> None:
    from posetune.learn.evidence import THRESHOLD

    parser.add_argument(
        "--threshold", type=_wealth, default=THRESHOLD, metavar="W",
        help="wealth at which a challenger is better: of equal ones at most one in W gets there (default: %(default)g)",
    )  # fmt: skip


def _add_training(parser: argparse.ArgumentParser, guards_only: bool = False) -> None:
    parser.add_argument(
        "--data", type=Path, metavar="SET", help="the set that was trained on first (default: the registry's)"
    )
    parser.add_argument("--everyday", type=Path, metavar="SET", help="labelled everyday people who must not suffer")
    parser.add_argument("--work", type=Path, metavar="DIR", help="for what is between (default: beside the store)")
    _add_threshold(parser)
    if guards_only:
        return
    parser.add_argument("--base", help="what is trained (default: the stock network that the registry began with)")
    parser.add_argument("--budget", type=_seconds, metavar="T", help="a training takes at most so long: 30m, 2h …")
    parser.add_argument("--memory", type=_bytes, metavar="M", help="and at most so much memory: 4G …")
    parser.add_argument(
        "--least",
        type=count,
        default=20,
        metavar="N",
        help="corrections that a training waits for (default: %(default)s)",
    )
    parser.add_argument("--seed", type=int, default=0, help="of all that is random (default: %(default)s)")
    parser.add_argument(
        "--set", dest="assignments", metavar="KEY=VALUE", action="append", default=[], help="a key of train.yaml"
    )


def _sentence(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("wants a reason, in a sentence")
    return " ".join(text.split())  # a line of the history


def _wealth(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1 < value < math.inf:  # it begins with 1
        raise argparse.ArgumentTypeError(f"wants a number above 1, not {text!r}")
    return value


def _seconds(text: str) -> float:
    return _amount(text, _TIMES, "a time: 30m, 2h, 90s")


def _bytes(text: str) -> int:
    return int(
        _amount(
            text.upper().removesuffix("B"), {k: float(v) for k, v in _UNITS.items()}, "an amount of memory: 4G, 500M"
        )
    )


def _amount(text: str, units: dict[str, float], wants: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z]?)", text.strip())
    if match is None or match[2] not in units or not float(match[1]):
        raise argparse.ArgumentTypeError(f"wants {wants}, not {text!r}")
    return float(match[1]) * units[match[2]]


def _opened(args: argparse.Namespace, make: bool = True) -> tuple[Registry, Database]:
    """``make``: whether a store that is not there is begun; that is said, as its name may be mistyped."""
    from posetune.store.database import Database, sqlite_file
    from posetune.store.open import open_store

    registry = _registry(args)
    url = store_of(args)
    file = sqlite_file(Database(url))
    new = file is not None and not file.exists()
    database = open_store(url, make)
    if new:
        print(f"{file} is a new store, with nothing in it yet.")
    return registry, database


def _registry(args: argparse.Namespace) -> Registry:
    from posetune.store.registry.registry import Registry

    return Registry.open(url_of(args.registry))


def _options(args: argparse.Namespace, registry: Registry, database: Database) -> Options:
    from posetune import stock
    from posetune.learn.material import Sets
    from posetune.learn.round import Options, work_folder
    from posetune.learn.rules import Rules

    first = registry.state.settings.get("data")
    data = args.data if args.data is not None else None if first is None else Path(str(first))
    if data is not None and not data.exists():
        raise PosetuneError(f"The set {data} that was trained on first is not there: give it as --data.")
    if args.everyday is not None and not args.everyday.exists():
        raise PosetuneError(f"There is no set {args.everyday} (--everyday).")
    given: dict[str, Any] = {}
    if "least" in args:
        if args.base is not None:
            stock.resolve(args.base)  # now, not after a training
        given = {
            "base": args.base, "seed": args.seed, "budget_s": args.budget, "memory_bytes": args.memory,
            "settings": tuple(args.assignments),
        }  # fmt: skip
    rules = Rules(threshold=args.threshold, least_new=getattr(args, "least", 20))
    return Options(args.work or work_folder(database), Sets(data, args.everyday), rules=rules, **given)


def _run(args: argparse.Namespace) -> int:
    from posetune.learn.round import run_pass

    registry, database = _opened(args)
    with database:
        run_pass(registry, database, _options(args, registry, database), to_terminal(sys.stdout))
    return 0


def _watch(args: argparse.Namespace) -> int:
    from posetune.interrupt import interruptible
    from posetune.learn.watch import watch

    registry, database = _opened(args)
    with database, interruptible() as asked:
        watch(registry, database, _options(args, registry, database), to_terminal(sys.stdout), args.every, asked)
    return 0


def _challenge(args: argparse.Namespace) -> int:
    from posetune import stock
    from posetune.graph.points import has_own_points
    from posetune.learn.round import challenge_with

    networks = stock.resolve(args.model)
    if networks.corrector is not None:
        raise PosetuneError(f"{args.model} is a corrector's run; a registry holds networks.")
    if has_own_points(networks.landmarks):
        raise PosetuneError(f"{args.model} has points of its own; a registry holds networks of MediaPipe's 33 points.")
    registry, database = _opened(args)
    with database:
        about = {"name": networks.name, "from": args.model, "stock": networks.is_stock}
        challenge_with(
            networks.landmarks, about, registry, database, _options(args, registry, database), to_terminal(sys.stdout)
        )
    return 0


def _status(args: argparse.Namespace) -> int:
    from posetune.learn.rules import Rules
    from posetune.learn.status import status

    registry, database = _opened(args, make=False)
    with database:
        found = status(registry, database, Rules(threshold=args.threshold))
    for sentence in found.sentences:
        print(sentence)
    if args.json is not None:
        args.json.write(found.figures)
    return 1 if found.damaged else 0


def _history(args: argparse.Namespace) -> int:
    from posetune.store.registry.history import sentences, to_json

    registry = _registry(args)
    for line in (*sentences(registry), *(f"fault: {fault}" for fault in registry.faults)):
        print(line)
    if args.json is not None:
        args.json.write(to_json(registry))
    return 0


def _rollback(args: argparse.Namespace) -> int:
    from posetune.store.registry.history import rollback

    print(f"{rollback(_registry(args), args.why, args.to)} is live again; servers take it within seconds.")
    return 0


def _promote(args: argparse.Namespace) -> int:
    from posetune.store.registry.history import promote

    print(f"{promote(_registry(args), args.network, args.why)} is live, unproven; servers take it within seconds.")
    return 0


def _hold(args: argparse.Namespace) -> int:
    from posetune.store.registry.history import hold

    hold(_registry(args), args.why)
    print("Nothing is promoted by itself until posetune learn release.")
    return 0


def _release(args: argparse.Namespace) -> int:
    from posetune.store.registry.history import release

    release(_registry(args), args.why)
    print("Promotions by evidence go on.")
    return 0
