"""``posetune corrections add | list | check | mix | review | export | trust | forget``."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from posetune.cli.common import add_json
from posetune.cli.corrections_add import add_add
from posetune.cli.stored import add_networks, add_store, networks_of, row_of, statuses, store_of
from posetune.errors import PosetuneError
from posetune.progress import to_terminal

if TYPE_CHECKING:
    from posetune.store.correction import Correction
    from posetune.store.database import Database


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "docs/guide/corrections.md says how it goes together."
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    add_add(actions)
    listing = actions.add_parser("list", help="what there is, and why it waits")
    add_store(listing)
    _add_filters(listing)
    add_json(listing, "all corrections")
    listing.set_defaults(run_action=_list)
    check = actions.add_parser("check", help="look over new corrections: accept, or quarantine with a reason")
    add_store(check)
    check.add_argument("--all", action="store_true", help="all that nobody has reviewed, not only new ones")
    add_networks(check)
    add_json(check, "what was looked at")
    check.set_defaults(run_action=_check)
    mix = actions.add_parser(
        "mix", help="put people whose points are known among those of a set to be corrected, to see whom to trust",
        description="Put people whose points are known (reviewed, or by somebody trusted) among those of a set that posetune label "
        "made and nobody has corrected yet, with legs exchanged. Nothing in the set tells them; corrections add knows them by "
        "their pictures, and counts who puts them right.",
    )  # fmt: skip
    mix.add_argument("set", type=Path, metavar="SET", help="a set made by posetune label")
    add_store(mix)
    mix.add_argument("--share", type=_share, default=0.05, metavar="S", help="of the images (default: %(default)s)")
    mix.add_argument("--seed", type=int, metavar="N", help="choose the same again (default: by the clock)")
    mix.set_defaults(run_action=_mix)
    review = actions.add_parser("review", help="say as somebody else that corrections are right, or wrong")
    review.add_argument("ids", nargs="+", metavar="ID")
    add_store(review)
    review.add_argument("--person", required=True, metavar="P", help="who says so")
    verdict = review.add_mutually_exclusive_group(required=True)
    verdict.add_argument("--accept", action="store_const", dest="verdict", const="accept", help="they are right")
    verdict.add_argument("--reject", action="store_const", dest="verdict", const="reject", help="they are wrong")
    review.set_defaults(run_action=_review)
    export = actions.add_parser("export", help="write corrections and their pictures as a data set")
    export.add_argument("out", type=Path, metavar="DIR", help="a folder that is not there yet, or is empty")
    add_store(export)
    _add_filters(export)
    export.set_defaults(run_action=_export)
    trust = actions.add_parser("trust", help="vouch for somebody: their share of what is learned is not bounded")
    trust.add_argument("person", metavar="P")
    add_store(trust)
    trust.add_argument("--not", action="store_true", dest="no", help="take that back")
    trust.set_defaults(run_action=_trust)
    forget = actions.add_parser("forget", help="remove somebody's pictures and points, at once and for good")
    forget.add_argument("person", metavar="P")
    add_store(forget)
    add_json(forget, "what was removed")
    forget.set_defaults(run_action=_forget)


def run(args: argparse.Namespace) -> int:
    return int(args.run_action(args))


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--status", choices=("new", "accepted", "quarantined", "rejected"), help="these alone")
    parser.add_argument("--kind", choices=("correction", "audit", "honeypot"), help="these alone")
    parser.add_argument("--person", metavar="P", help="what this person gave")


def _check(args: argparse.Namespace) -> int:
    from posetune.store.check import check
    from posetune.store.open import open_store

    with open_store(store_of(args), make=False) as database:
        rows = check(database, None if args.no_networks else networks_of(args), to_terminal(), args.all)
    nothing = "There is nothing to look over." if args.all else "There is nothing new to look over; --all looks at all."
    print(f"{len(rows)} looked over." + statuses(rows) if rows else nothing)
    if args.json is not None:
        args.json.write([row_of(c) for c in rows])
    return 0


def _list(args: argparse.Namespace) -> int:
    from posetune.store.open import open_store

    with open_store(store_of(args), make=False) as database:
        rows = _found(database, args)
    for c in rows:
        print(
            f"{c.id}  {c.kind:10} {c.status:11} {c.annotator}  {c.image[:12]}… person {c.subject}  {c.reason}".rstrip()
        )
    counts = Counter((c.kind, c.status) for c in rows)
    kinds = {kind: [f"{n} {status}" for (k, status), n in sorted(counts.items()) if k == kind] for kind, _ in counts}
    print(
        "; ".join(f"{kind}s: {', '.join(of)}" for kind, of in sorted(kinds.items())) + "."
        if rows
        else "There are none."
    )
    if any(c.status == "quarantined" for c in rows):
        print(
            "To look at what is quarantined: posetune corrections export DIR --status quarantined; then corrections review."
        )
    if args.json is not None:
        args.json.write([row_of(c) for c in rows])
    return 0


def _found(database: Database, args: argparse.Namespace) -> list[Correction]:
    from posetune.store.corrections import Corrections

    return list(Corrections(database).find(status=args.status, kind=args.kind, annotator=args.person))


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 0.5:
        raise argparse.ArgumentTypeError(f"wants a share above 0, at most 0.5, not {text!r}")
    return share


def _mix(args: argparse.Namespace) -> int:
    from posetune.label.honeypots import Bait, mix, waiting
    from posetune.label.labelled_set import SetFolder
    from posetune.store.audits import draw_honeypots
    from posetune.store.open import open_store
    from posetune.store.traffic import kept_picture

    folder = SetFolder(args.set)
    if not folder.prelabels.is_dir() or not folder.labels.is_file():
        raise PosetuneError(f"{args.set} is no set that posetune label made: nothing can be mixed into it.")
    rng = np.random.default_rng(time.time_ns() if args.seed is None else args.seed)
    with open_store(store_of(args), make=False) as database, folder.alone():
        count, there = waiting(folder)
        if not count:
            raise PosetuneError(f"Nobody in {args.set} waits to be looked at: mix before it is labelled.")
        wanted = max(1, round(args.share * count))
        baits = []
        for one in draw_honeypots(database, wanted, rng, there):
            picture = kept_picture(database, one.image)
            if picture is not None:
                baits.append(Bait(picture.content, one.suffix, one.width, one.height, one.points))
        if not baits:
            raise PosetuneError(
                "Nobody's points are known whose picture is not in the set: have corrections reviewed (corrections review), or "
                "vouch for who gave them (corrections trust)."
            )
        mix(folder, baits, rng)
    few = "" if len(baits) == wanted else f" {wanted} were wanted; the points of no more are known."
    print(f"{len(baits)} whose points are known are among the {count + len(baits)} images of {args.set} now.{few}")
    return 0


def _review(args: argparse.Namespace) -> int:
    from posetune.store.corrections import Corrections
    from posetune.store.open import open_store

    with open_store(store_of(args), make=False) as database:
        corrections = Corrections(database)
        found = {id: corrections.get(id) for id in args.ids}
        missing = [id for id, correction in found.items() if correction is None]
        if missing:
            raise PosetuneError(f"The store has no correction {missing[0]!r}; `corrections list` tells their ids.")
        for correction in found.values():
            assert correction is not None
            corrections.review(correction, args.person, args.verdict)
    print(f"{len(found)} {args.verdict}ed by {args.person}.")
    return 0


def _export(args: argparse.Namespace) -> int:
    from posetune.store.corrections import Corrections
    from posetune.store.open import open_store
    from posetune.store.sets import write_set

    if args.out.exists() and (not args.out.is_dir() or any(args.out.iterdir())):
        raise PosetuneError(f"{args.out} exists and is not empty: name another folder.")
    with open_store(store_of(args), make=False) as database:
        rows = _found(database, args)
        if not rows:
            raise PosetuneError("The store has no such correction; `corrections list` tells what it has.")
        dataset = write_set(Corrections(database), rows, args.out)
    print(f"Written: {args.out}: {len(dataset.images)} pictures, {len(rows)} people (split train).")
    return 0


def _trust(args: argparse.Namespace) -> int:
    from posetune.store.corrections import Corrections
    from posetune.store.open import open_store

    with open_store(store_of(args), make=False) as database:
        corrections = Corrections(database)
        known = next(corrections.find(annotator=args.person), None) is not None
        corrections.trust(args.person, not args.no)
    who = args.person if known else f"{args.person}, who has given nothing so far,"
    print(f"{who} is {'not ' if args.no else ''}trusted from now on.")
    return 0


def _forget(args: argparse.Namespace) -> int:
    from posetune.store.forget import forget
    from posetune.store.open import open_store

    with open_store(store_of(args), make=False) as database:
        forgotten = forget(database, args.person)
    if not forgotten.images and not forgotten.corrections:
        print(f"The store has nothing of {args.person!r}: nothing is left to forget, or the name is another one.")
    else:
        print(
            f"Forgotten: {forgotten.images} pictures of {args.person} and {forgotten.corrections} corrections, by them or on "
            "these."
        )
    if forgotten.networks:
        names = ", ".join(f"{sha256[:12]}…" for sha256 in forgotten.networks)
        print(f"Networks that learned from them are marked ({names}); the next training is without them.")
    if args.json is not None:
        args.json.write(
            {"images": forgotten.images, "corrections": forgotten.corrections, "networks": list(forgotten.networks)}
        )
    return 0
