"""``posetune data check | info``, and what the synthetic generator adds."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from posetune.cli import convert, synth
from posetune.cli.common import add_json, words
from posetune.data.dataset import Dataset, find_splits, load_dataset
from posetune.data.detector_crops import why_no_crop
from posetune.landmarks import COUNT, NAMES
from posetune.progress import to_terminal

if TYPE_CHECKING:
    from posetune.data.suspects import Suspect

_SHEET_MOST, _SHEET_ORDINARY = 60, 12


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check = actions.add_parser(
        "check",
        help="list what is wrong, and labels that look swapped or misplaced",
        description="List what is wrong with a data set, and suspects: labels that a stock network firmly contradicts.",
        epilog="Exit code 0: nothing is wrong (suspects may be right); 1: something is; 2: it cannot be read.",
    )
    _add_set(check)
    check.add_argument("--no-suspects", action="store_true", help="do not run a network over the people")
    check.add_argument(
        "--model", default="full", help="the network that labels are compared with (default: %(default)s)"
    )
    check.add_argument("--all", action="store_true", help="list every finding, not the first few of each kind")
    add_json(check, "all findings")
    check.add_argument(
        "--sheet", type=Path, metavar="FILE.jpg",
        help=f"write a picture of the {_SHEET_MOST} strongest suspects of each split, and {_SHEET_ORDINARY} others: label left, "
        "network right",
    )  # fmt: skip
    check.add_argument(
        "--rule", action="store_true",
        help="write suspects.json beside the set: rule keep or drop for each suspect there, and train honours it",
    )  # fmt: skip
    check.add_argument("--threads", type=int, metavar="N", help="processors to use (default: all, at most 4)")
    check.set_defaults(run_action=_check)
    info = actions.add_parser("info", help="count images, people, groups and labelled points")
    _add_set(info)
    info.set_defaults(run_action=_info)
    convert.add_subcommand(actions)
    synth.add_subcommands(actions)


def run(args: argparse.Namespace) -> int:
    return int(args.run_action(args))


def _add_set(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "data", type=Path, metavar="DIR", help="a data set folder or a label file, in any format that is read"
    )
    parser.add_argument("--split", metavar="S", help="a split, or several with commas (default: all)")
    parser.add_argument("--images", type=Path, metavar="DIR", help="the image folder, if it is elsewhere")


def _load(args: argparse.Namespace) -> list[Dataset]:
    if args.split:
        splits = words(args.split)
    else:
        splits = [args.data.stem] if args.data.is_file() else find_splits(args.data)
    return [load_dataset(args.data, name, images=args.images, require_images=False) for name in splits]


def _info(args: argparse.Namespace) -> int:
    for dataset in _load(args):
        print(f"{dataset.name}: {len(dataset.images)} images, {len(dataset.groups)} groups, {_usable(dataset)}")
        counts = np.sum([p.labelled for p in dataset.people], axis=0) if dataset.people else np.zeros(COUNT)
        known = [f"{NAMES[i]} {int(counts[i])}" for i in range(COUNT) if counts[i]]
        print(f"  labelled points: {', '.join(known)}")
        if dataset.dropped_names:
            print(f"  not among the 33 landmarks: {', '.join(dataset.dropped_names)}")
        if any(p.keypoints_3d is not None for p in dataset.people):
            print("  with 3D points")
        for warning in dataset.warnings:
            print(f"  note: {warning}")
    return 0


def _check(args: argparse.Namespace) -> int:
    from posetune.data.check import Problem, check_images, check_labels, check_splits

    sets = _load(args)
    found: dict[str, list[Problem]] = {}
    for dataset in sets:
        with to_terminal().counting(f"images of {dataset.name} read", len(dataset.images)) as counter:
            problems = check_images(dataset, counter.at)
        problems += check_labels(dataset)
        found[dataset.name] = problems
        print(f"{dataset.name}: {len(dataset.images)} images, {_usable(dataset)}")
        for warning in dataset.warnings:
            print(f"  note: {warning}")
        _list(problems, args.all)
    between = check_splits(sets)
    if len(sets) > 1:
        found["between splits"] = between
        _list(between, args.all)
    suspects = {} if args.no_suspects else _suspects(args, sets, found)
    if args.json is not None:
        content = {
            "data": str(args.data),
            "problems": {name: [vars(p) for p in problems] for name, problems in found.items()},
            "suspects": suspects,
        }
        args.json.write(content)
    total = sum(map(len, found.values()))
    print(f"\n{total} problem{'s' if total != 1 else ''}." if total else "\nNothing is wrong.", end="")
    count = sum(map(len, suspects.values()))
    print(
        f" {count} suspects: look at them (--sheet FILE.jpg draws them; --rule keeps or drops them)." if count else ""
    )
    return 1 if total else 0


def _suspects(args: argparse.Namespace, sets: Sequence[Dataset], found: dict[str, list]) -> dict[str, list[dict]]:
    """Split → the suspects as dictionaries; prints them, and draws them if asked to."""
    from posetune.data.check import Problem, find_suspects, network_answers
    from posetune.data.contact_sheet import write_sheet
    from posetune.data.contradictions import find_contradiction, sample_of
    from posetune.data.rulings import Rulings, write_rulings
    from posetune.runtime.load import load

    networks = {args.model: load(args.model, threads=args.threads)}
    tables = {}
    suspected: list[tuple[Dataset, list[Suspect]]] = []
    ruled = Rulings.beside(args.data)
    for dataset in sets:
        unreadable = [p for p in found[dataset.name] if p.kind == "images that cannot be read"]
        if unreadable:
            print(f"\n{dataset.name}: no search for suspects while images cannot be read.")
            continue
        total = len(sample_of(dataset))
        with to_terminal().counting(f"people of {dataset.name} compared", total) as counter:
            contradiction = find_contradiction(dataset, networks[args.model], args.model, counter.at)
        if contradiction is not None:
            extent = "in part" if contradiction.in_part else "as a whole"
            found[dataset.name].append(Problem(f"labels that contradict the network {extent}", contradiction.text))
            print(f"\n{dataset.name}: {contradiction.text}")
        with to_terminal().counting(f"crops of {dataset.name}", 2 * len(dataset.usable)) as counter:
            answers = network_answers(dataset, networks, counter.at)
        suspects = ruled.without_kept(dataset, find_suspects(dataset, answers))
        suspected.append((dataset, suspects))
        tables[dataset.name] = [
            {**vars(s), "landmarks": [NAMES[i] for i in s.landmarks], "score": round(s.score, 3)} for s in suspects
        ]
        people = len({s.person_id for s in suspects})
        share = people / max(len(dataset.usable), 1)
        print(f"\n{dataset.name}: {len(suspects)} suspects in {people} people ({100 * share:.1f} %)")
        for kind in ("swap_all", "swap_arms", "swap_legs", "point"):
            of_kind = [s for s in suspects if s.kind == kind]
            if of_kind:
                print(f"  {kind}: {len(of_kind)}")
                _some([f"{s.text} (score {s.score:.2f})" for s in of_kind], args.all)
        if args.sheet is not None and dataset.usable:
            path = args.sheet
            if len(sets) > 1:
                path = path.with_name(f"{path.stem}-{dataset.name.split()[-1].replace('/', '-')}{path.suffix}")
            write_sheet(_sheet(dataset, suspects[:_SHEET_MOST], answers), path)
            print(f"  drawn: {path}")
    if args.rule:
        path = write_rulings(args.data, suspected)
        print(f'\nRulings: {path}: put "keep" (the label is right) or "drop" (it is wrong) for "undecided".')
    return tables


def _sheet(dataset: Dataset, suspects: Sequence[Suspect], answers: np.ndarray) -> np.ndarray:
    """The suspects, and behind them ordinary people to hold them against; (H, W, 3) uint8 RGB."""
    from posetune.data.contact_sheet import contact_sheet

    position = {p.id: i for i, p in enumerate(dataset.usable)}
    accused = {s.person_id for s in suspects}
    others = [i for i, p in enumerate(dataset.usable) if p.id not in accused]
    others = others[:: max(1, len(others) // _SHEET_ORDINARY)][:_SHEET_ORDINARY]
    rows = [position[s.person_id] for s in suspects] + others
    marked = [np.isin(np.arange(COUNT), s.landmarks) & (s.kind == "point") for s in suspects]
    captions = [s.text for s in suspects]
    captions += [f"not suspected: {dataset.usable[i].image.path.name}, person {dataset.usable[i].id}" for i in others]
    return contact_sheet(
        [dataset.usable[i] for i in rows],
        [answers[0, i] for i in rows],
        marked + [np.zeros(COUNT, bool)] * len(others),
        captions,
    )


def _usable(dataset: Dataset) -> str:
    total, usable = len(dataset.people), len(dataset.usable)
    if total == usable:
        return f"{total} people"
    ignored = sum(p.ignore for p in dataset.people)
    why = [f"{ignored} are to be ignored or have no label"] if ignored else []
    rest = [p for p in dataset.people if not p.ignore]
    if len(rest) > usable:
        why.append(why_no_crop(rest))
    return f"{total} people, {usable} usable ({'; '.join(why)})"


def _list(problems: Sequence, everything: bool) -> None:
    for kind in dict.fromkeys(p.kind for p in problems):
        texts = [p.text for p in problems if p.kind == kind]
        print(f"  {kind}: {len(texts)}")
        _some(texts, everything)


def _some(texts: Sequence[str], everything: bool, most: int = 5) -> None:
    for text in texts if everything else texts[:most]:
        print(f"    {text}")
    if len(texts) > most and not everything:
        print(f"    … and {len(texts) - most} more (--all lists them)")
