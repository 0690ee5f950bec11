"""``posetune corrections add | list | check | mix | review | export | trust | forget``."""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import os
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from posetune.cli.common import add_json, words
from posetune.cli.registry import ENVIRONMENT, STORE_ENVIRONMENT, url_of
from posetune.errors import PosetuneError
from posetune.progress import to_terminal

if TYPE_CHECKING:
    from posetune.store.check import Networks
    from posetune.store.correction import Correction
    from posetune.store.database import Database

#: What stands in the store where no sentence was given.
_STATED = (
    "stated by whoever added the set: everybody in it, and who corrected it, agrees to its being kept and learned from"
)
_DAY = 86_400.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "docs/guide/corrections.md says how it goes together."
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    _add_add(actions)
    listing = actions.add_parser("list", help="what there is, and why it waits")
    add_store(listing)
    _add_filters(listing)
    add_json(listing, "all corrections")
    listing.set_defaults(run_action=_list)
    check = actions.add_parser("check", help="look over new corrections: accept, or quarantine with a reason")
    add_store(check)
    check.add_argument("--all", action="store_true", help="all that nobody has reviewed, not only new ones")
    _add_networks(check)
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


def add_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--store",
        metavar="URL",
        help=f"sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME (default: ${STORE_ENVIRONMENT})",
    )


def store_of(args: argparse.Namespace) -> str:
    """The URL of the store. Raises PosetuneError where none is named."""
    return url_of(args.store, STORE_ENVIRONMENT, "--store URL")


def _add_filters(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--status", choices=("new", "accepted", "quarantined", "rejected"), help="these alone")
    parser.add_argument("--kind", choices=("correction", "audit", "honeypot"), help="these alone")
    parser.add_argument("--person", metavar="P", help="what this person gave")


def _add_networks(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--registry",
        metavar="URL",
        help=f"the registry whose live network looks at everybody (default: ${ENVIRONMENT})",
    )
    parser.add_argument(
        "--model", metavar="M", help="the network that looks at everybody (default: the live one, or full)"
    )
    parser.add_argument(
        "--second", default="heavy", metavar="M",
        help="the network that is asked about doubtful ones; none: no second one (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--no-networks", action="store_true", help="what can be told from the points and the time alone"
    )
    parser.add_argument("--threads", type=int, metavar="N", help="processors to use (default: all, at most 4)")


def live_of(registry: str | None, folder: Path) -> Path | None:
    """The file of a registry's live network, fetched to ``folder``; None where no registry is named, or nothing is live."""
    url = registry or os.environ.get(ENVIRONMENT)
    if not url:
        return None
    from posetune.store.registry.registry import Registry

    found = Registry.open(url)
    return found.fetch(found.state.live, folder) if found.state.live else None


def _add_add(actions: argparse._SubParsersAction) -> None:
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
    _add_networks(add)
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
            check(database, None if args.no_networks else _networks(args), report)
        rows = [corrections.get(c.id) or c for c in new]
        if args.kind == "audit" and next(corrections.find(kind="correction", annotator=args.person), None) is not None:
            report.say(
                f"Note: {args.person} gave corrections, too. Whoever corrects should not audit: what they get wrong would be "
                "learned, and then count as proof."
            )
    print(_told(rows, known, over))
    if args.json is not None:
        args.json.write({"kept": [_row(c) for c in rows], "known": known, "passed_over": dict(over)})
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
    return "; ".join(parts) + "." + _statuses(rows)


def _statuses(rows: Sequence[Correction]) -> str:
    """Lines: how many of each status, and the reasons."""
    counts = Counter(c.status for c in rows)
    text = "\n" + ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) if rows else ""
    held = sum(int(c.held.sum()) for c in rows if c.status == "accepted")
    text += f"; {held} points of these wait for a second person" if held else ""
    for c in [c for c in rows if c.reason][:20]:
        text += f"\n  {c.id} of {c.annotator}: {c.reason}"
    more = sum(bool(c.reason) for c in rows) - 20
    return text + (f"\n  … and {more} more (corrections list --status quarantined)" if more > 0 else "")


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


def _networks(args: argparse.Namespace) -> Networks:
    from posetune.runtime.load import load
    from posetune.store.check import Networks

    with tempfile.TemporaryDirectory(prefix="posetune-live-") as folder:
        first = args.model or live_of(args.registry, Path(folder)) or "full"
        second = None if args.second in ("none", args.model) else load(args.second, threads=args.threads)
        return Networks(load(first, threads=args.threads), second)


def _check(args: argparse.Namespace) -> int:
    from posetune.store.check import check
    from posetune.store.open import open_store

    with open_store(store_of(args), make=False) as database:
        rows = check(database, None if args.no_networks else _networks(args), to_terminal(), args.all)
    nothing = "There is nothing to look over." if args.all else "There is nothing new to look over; --all looks at all."
    print(f"{len(rows)} looked over." + _statuses(rows) if rows else nothing)
    if args.json is not None:
        args.json.write([_row(c) for c in rows])
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
        args.json.write([_row(c) for c in rows])
    return 0


def _found(database: Database, args: argparse.Namespace) -> list[Correction]:
    from posetune.store.corrections import Corrections

    return list(Corrections(database).find(status=args.status, kind=args.kind, annotator=args.person))


def _row(c: Correction) -> dict[str, object]:
    return {
        "id": c.id, "number": c.number, "kind": c.kind, "status": c.status, "reason": c.reason, "person": c.annotator,
        "image": c.image, "subject": c.subject, "shown": c.shown or None, "seconds": c.seconds,
        "points": int((c.points[:, 2] > 0).sum()), "moved": c.touched.count("m"), "confirmed": c.touched.count("c"),
        "held": int(c.held.sum()), "created_at": c.created_at,
    }  # fmt: skip


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
