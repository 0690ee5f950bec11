"""``posetune corrections add``: the people of a labelled set into the store."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import os
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from posetune.cli.common import add_json, words
from posetune.cli.registry import ENVIRONMENT
from posetune.cli.stored import add_networks, add_store, networks_of, row_of, statuses, store_of
from posetune.errors import PosetuneError
from posetune.progress import to_terminal

if TYPE_CHECKING:
    from posetune.store.correction import Correction

#: What stands in the store where no sentence was given.
_STATED = (
    "stated by whoever added the set: everybody in it, and who corrected it, agrees to its being kept and learned from"
)
_DAY = 86_400.0


def add_add(actions: argparse._SubParsersAction) -> None:
    add = actions.add_parser(
        "add", help="keep the corrections in a labelled set",
        description="Keep the corrections in a labelled set, one a person: points, and the picture they are of. People whom nobody "
        "has looked at (status prelabel), who are rejected, or have \"consent\": false are passed over. Adding a set again adds "
        "nothing.",
        epilog="Adding a set states that the people in it, and who corrected it, agree; --consent says what they agreed to. "
        "What was added is looked over then, as by `corrections check`.",
    )  # fmt: skip
    add.add_argument(
        "set", type=Path, metavar="SET", help="a data set folder or a label file, in any format that is read"
    )
    add_store(add)
    add.add_argument(
        "--person",
        required=True,
        metavar="P",
        help="who corrected it: all that is known of them, and the name to forget them by",
    )
    add.add_argument(
        "--kind",
        choices=("correction", "audit"),
        required=True,
        help="correction: of what looked wrong, to learn from; audit: of pictures that were drawn, to judge by",
    )
    add.add_argument("--split", metavar="S", help="a split, or several with commas (default: all)")
    add.add_argument("--images", type=Path, metavar="DIR", help="the image folder, if it is elsewhere")
    add.add_argument(
        "--source", default="file", choices=("file", "cvat"), help="where the set came from (default: %(default)s)"
    )
    add.add_argument("--consent", default=_STATED, metavar="TEXT", help="what they agreed to, kept with each picture")
    add.add_argument(
        "--keep-days",
        type=float,
        metavar="N",
        help="remove the pictures, and their points, after so many days (default: keep)",
    )
    add.add_argument("--no-check", action="store_true", help="do not look them over now")
    add_networks(add)
    add_json(add, "what was kept")
    add.set_defaults(run_action=_add)


def _add(args: argparse.Namespace) -> int:
    from posetune.data.dataset import find_splits, load_dataset
    from posetune.label.honeypots import mixed
    from posetune.store.check import check
    from posetune.store.corrections import Corrections
    from posetune.store.kept import Answered
    from posetune.store.open import open_store
    from posetune.store.sets import Terms, given_by, passed_over
    from posetune.store.traffic import kept_picture

    if args.keep_days is not None and not 0 < args.keep_days < 1e6:
        raise PosetuneError("--keep-days wants a number of days above 0.")
    splits = words(args.split) if args.split else [args.set.stem] if args.set.is_file() else find_splits(args.set)
    sets = [load_dataset(args.set, split, images=args.images) for split in splits]
    expires = None if args.keep_days is None else time.time() + args.keep_days * _DAY
    terms = Terms(args.person, args.kind, args.consent, expires, args.source, str(args.set.resolve().name))
    report = to_terminal()
    new: list[Correction] = []
    known, put_in = 0, mixed(args.set)
    over: Counter[str] = Counter()
    if not (args.no_check or args.no_networks):
        _check_names(args)
    with open_store(store_of(args)) as database:
        corrections = Corrections(database)
        for split, dataset in zip(splits, sets, strict=True):
            for warning in dataset.warnings:
                report.say(f"Note: {warning}")
            over += passed_over(dataset, args.kind)
            timed = dataclasses.replace(terms, seconds=_seconds_of(args.set, split))
            with report.counting(f"people of {dataset.name} kept", len(dataset.people)) as counter:
                for given in given_by(dataset, timed):
                    sha256 = hashlib.sha256(given.picture.content).hexdigest() if put_in else ""
                    if sha256 in put_in and kept_picture(database, sha256) is None:
                        over["are of pictures that were forgotten"] += 1
                        continue
                    try:
                        added, made = corrections.add(given)
                    except Answered:
                        over["are audits that were answered before"] += 1
                    else:
                        known += not made
                        new += [added] if made else []
                    counter.step()
        if new and not args.no_check:
            check(database, None if args.no_networks else networks_of(args), report)
        rows = [corrections.get(c.id) or c for c in new]
        if args.kind == "audit" and next(corrections.find(kind="correction", annotator=args.person), None) is not None:
            report.say(
                f"Note: {args.person} gave corrections, too. Whoever corrects should not audit: what they get wrong would be "
                "learned, and then count as proof."
            )
    print(_told(rows, known, over))
    if args.json is not None:
        args.json.write({"kept": [row_of(c) for c in rows], "known": known, "passed_over": dict(over)})
    return 0


def _seconds_of(data: Path, split: str) -> dict[str, float]:
    """What `posetune annotate` wrote down of the time that each image took."""
    from posetune.data.layouts import label_files, pick
    from posetune.label.effort import seconds_a_person

    file = None if data.is_file() else pick(label_files(data)[0], split)
    labels = data if file is None else file.path
    return seconds_a_person(labels.with_suffix(".history.jsonl"))


def _told(rows: Sequence[Correction], known: int, over: Counter[str]) -> str:
    parts = [f"{len(rows)} kept"]
    parts += [f"{known} were kept before"] if known else []
    parts += [f"{count} {why}, and are passed over" for why, count in sorted(over.items())]
    return "; ".join(parts) + "." + statuses(rows)


def _check_names(args: argparse.Namespace) -> None:
    """A wrong name is told before anything is kept."""
    from posetune import stock
    from posetune.store.registry.registry import Registry

    for name in (args.model, None if args.second == "none" else args.second):
        if name is not None and name not in stock.LANDMARK_NAMES:
            stock.resolve(name)
    url = args.registry or os.environ.get(ENVIRONMENT)
    if url and args.model is None:
        Registry.open(url)
