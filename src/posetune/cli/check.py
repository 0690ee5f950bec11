"""``posetune data check``: what is wrong with a labelled set, and what looks wrong."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from posetune.cli.common import add_json, check_writable, words
from posetune.data.checks.finding import KINDS
from posetune.data.detector_crops import why_no_crop
from posetune.data.origin import PRELABEL
from posetune.data.people import Dataset
from posetune.errors import PosetuneError
from posetune.landmarks import COUNT, NAMES
from posetune.progress import to_terminal

if TYPE_CHECKING:
    from posetune.data.checks.finding import Finding
    from posetune.data.checks.run import Judged
    from posetune.data.suspects import Suspect

_SHEET_MOST, _SHEET_ORDINARY = 60, 12
#: What a finding is at least worth to be told (and to end with 1): more likely right than not.
_LEAST = 0.5

Load = Callable[[argparse.Namespace], list[Dataset]]


def add_subcommand(
    actions: argparse._SubParsersAction, add_set: Callable[[argparse.ArgumentParser], None], load: Load
) -> None:
    """Add ``check``. ``add_set`` gives a parser the options that say which set; ``load`` reads it."""
    check = actions.add_parser(
        "check",
        help="list what is wrong with a set, and labels that look wrong",
        description="List what is wrong with a labelled set: files, duplicates across splits, labels that networks and geometry "
        "contradict, people whom nobody labelled.",
        epilog="Exit code 0: nothing was found; 1: something was; 2: the set cannot be read. Prelabels that nobody has seen are no "
        "labels yet: of them files alone are checked.",
    )
    add_set(check)
    check.add_argument("--report", type=Path, metavar="FILE.html", help="write a page with a picture of each finding")
    add_json(check, "all findings")
    check.add_argument(
        "--fix", action="store_true",
        help="put right what is safe (wrong num_keypoints, points far outside, one annotation twice); the file as it was is kept "
        "beside it, with a record of each change",
    )  # fmt: skip
    check.add_argument(
        "--skip", metavar="KIND,…", default="", help="kinds of findings to leave out, as --json names them"
    )
    check.add_argument(
        "--least", type=float, default=_LEAST, metavar="X",
        help="list findings from this confidence on, 0 to 1 (default: %(default)s)",
    )  # fmt: skip
    check.add_argument("--no-suspects", action="store_true", help="files and labels alone: do not run a network")
    check.add_argument("--model", default="full", help="the network that looks at everybody (default: %(default)s)")
    check.add_argument(
        "--second", default="heavy",
        help="the network that is asked about doubtful labels; none: no second one (default: %(default)s)",
    )  # fmt: skip
    check.add_argument("--all", action="store_true", help="print every finding, not the first few of each kind")
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
    check.set_defaults(run_action=lambda args: _check(args, load))


def _check(args: argparse.Namespace, load: Load) -> int:
    from posetune.data.checks.report import write_report
    from posetune.data.checks.run import check_files, listed

    skip = _kinds(args.skip)
    if args.report is not None:
        check_writable(args.report)
    sets = load(args)
    if args.fix and _fix(args):
        sets = load(args)
    report = to_terminal()
    findings = check_files(sets, _label_files(args.data, sets), report)
    judged = {} if args.no_suspects else _judged(args, sets, findings)
    findings = listed([*findings, *(f for j in judged.values() for f in j.findings)], args.least, skip)
    for dataset in sets:
        _tell(dataset, findings, judged.get(dataset.name), args.all)
    if judged:
        _draw_and_rule(args, sets, findings, judged)
    if args.report is not None:
        images = sum(len(d.images) for d in sets)
        people = sum(len(d.people) for d in sets)
        write_report(findings, args.data, f"{images} images, {people} people", args.report)
        print(f"\nReport: {args.report}")
    if args.json is not None:
        args.json.write(_as_json(args, sets, findings))
    total = len(findings)
    told = (
        f"{total} findings: look at them before you believe them"
        if total > 1
        else "1 finding: look at it before you believe it"
    )
    print(f"\n{told} (--report FILE.html shows each)." if total else "\nNothing is wrong.")
    return 1 if total else 0


def _kinds(text: str) -> list[str]:
    kinds = words(text)
    unknown = [kind for kind in kinds if kind not in KINDS]
    if unknown:
        raise PosetuneError(f"--skip {unknown[0]}: there is no such kind of finding; there are {', '.join(KINDS)}.")
    return kinds


def _label_files(data: Path, sets: Sequence[Dataset]) -> dict[str, Path]:
    """The label file of each split, by the set's name."""
    from posetune.data.layouts import label_files

    if data.is_file():
        return {sets[0].name: data}
    by_split = {file.name: file.path for file in label_files(data)[0]}
    names = {f"{data.resolve().name} {split}": path for split, path in by_split.items()}
    return {d.name: names[d.name] for d in sets if d.name in names}


def _fix(args: argparse.Namespace) -> int:
    from posetune.data.checks.repairs import fix
    from posetune.data.dataset import find_splits
    from posetune.data.layouts import label_files, pick

    if args.data.is_file():
        return fix(args.data, print)
    files = label_files(args.data)[0]
    splits = words(args.split) if args.split else find_splits(args.data)
    found = [file for split in splits if (file := pick(files, split)) is not None]
    return sum(fix(file.path, print) for file in found)


def _judged(args: argparse.Namespace, sets: Sequence[Dataset], findings: Sequence[Finding]) -> dict[str, Judged]:
    from posetune.data.checks.run import Judges, judge
    from posetune.data.rulings import Rulings
    from posetune.runtime.load import load

    rulings = Rulings.beside(args.data)
    second = None
    if args.second not in ("none", args.model):
        try:
            second = load(args.second, threads=args.threads)
        except PosetuneError as error:  # without a network (of either kind) the first one judges alone
            print(f"No second opinion: {error}")
    judges = Judges(load(args.model, threads=args.threads), args.model, second)
    report = to_terminal()
    return {d.name: judge(d, judges, [f for f in findings if f.split == d.name], rulings, report) for d in sets}


def _tell(dataset: Dataset, findings: Sequence[Finding], judged: Judged | None, everything: bool) -> None:
    mine = [f for f in findings if f.split == dataset.name]
    print(f"{dataset.name}: {len(dataset.images)} images, {usable(dataset)}")
    for warning in dataset.warnings:
        print(f"  note: {warning}")
    unseen = sum(not p.origin.seen for p in dataset.people)
    waiting = sum(image.origin.status == PRELABEL for image in dataset.images)
    if unseen or waiting:
        print(
            f"  {unseen} people are prelabels or rejected, {waiting} of {len(dataset.images)} images wait for somebody to look: no "
            "labels yet, and not judged; posetune suggest says which to look at first"
        )
    for kind in dict.fromkeys(f.kind for f in mine):
        texts = [f"{f.message} ({f.confidence:.2f})" if f.confidence < 1 else f.message for f in mine if f.kind == kind]
        print(f"  {KINDS[kind]}: {len(texts)}")
        _some(texts, everything)
    if judged is not None and judged.set_aside:
        people = len({s.person_id for s in judged.set_aside})
        print(
            f"  train would set aside {len(judged.set_aside)} labels of {people} people, by its own rule (--rule lists them)"
        )


def _draw_and_rule(
    args: argparse.Namespace, sets: Sequence[Dataset], findings: Sequence[Finding], judged: dict[str, Judged]
) -> None:
    from posetune.data.checks.run import as_suspects
    from posetune.data.contact_sheet import write_sheet
    from posetune.data.rulings import write_rulings

    suspected = [(d, as_suspects([f for f in findings if f.split == d.name], judged[d.name].set_aside)) for d in sets]
    for dataset, suspects in suspected:
        if args.sheet is not None and judged[dataset.name].people:
            path = args.sheet
            if len(sets) > 1:
                path = path.with_name(f"{path.stem}-{dataset.name.split()[-1].replace('/', '-')}{path.suffix}")
            write_sheet(_sheet(judged[dataset.name], suspects[:_SHEET_MOST]), path)
            print(f"  drawn: {path}")
    if args.rule:
        path = write_rulings(args.data, suspected)
        print(f'\nRulings: {path}: put "keep" (the label is right) or "drop" (it is wrong) for "undecided".')


def _sheet(judged: Judged, suspects: Sequence[Suspect]) -> np.ndarray:
    """The suspects, and behind them ordinary people to hold them against; (H, W, 3) uint8 RGB."""
    from posetune.data.contact_sheet import contact_sheet

    people = judged.people
    position = {p.id: i for i, p in enumerate(people)}
    accused = {s.person_id for s in suspects}
    others = [i for i, p in enumerate(people) if p.id not in accused]
    others = others[:: max(1, len(others) // _SHEET_ORDINARY)][:_SHEET_ORDINARY]
    rows = [position[s.person_id] for s in suspects] + others
    marked = [np.isin(np.arange(COUNT), s.landmarks) & (not s.kind.startswith("swap")) for s in suspects]
    captions = [s.text for s in suspects]
    captions += [f"not suspected: {people[i].image.path.name}, person {people[i].id}" for i in others]
    return contact_sheet(
        [people[i] for i in rows],
        [judged.looks.points[0, i] for i in rows],
        marked + [np.zeros(COUNT, bool)] * len(others),
        captions,
    )


def _as_json(args: argparse.Namespace, sets: Sequence[Dataset], findings: Sequence[Finding]) -> dict[str, Any]:
    """``findings``, and the same by split as older versions gave them: facts as problems, suspicions as suspects."""
    from posetune.data.checks.run import SUSPICIONS

    problems: dict[str, list[dict[str, Any]]] = {d.name: [] for d in sets}
    suspects: dict[str, list[dict[str, Any]]] = {d.name: [] for d in sets}
    for f in findings:
        if f.kind not in SUSPICIONS:
            problems[f.split].append({"kind": KINDS[f.kind], "text": f.message})
        elif f.person is not None:
            suspects[f.split].append({
                "person_id": f.person.id, "kind": f.kind, "landmarks": [NAMES[i] for i in f.points],
                "score": round(f.confidence, 3), "text": f.message,
            })  # fmt: skip
    root = sets[0].root if sets else args.data
    return {
        "data": str(args.data),
        "findings": [f.to_json(root) for f in findings],
        "problems": problems,
        "suspects": suspects,
    }


def _some(texts: Sequence[str], everything: bool, most: int = 5) -> None:
    for text in texts if everything else texts[:most]:
        print(f"    {text}")
    if len(texts) > most and not everything:
        print(f"    … and {len(texts) - most} more (--all lists them)")


def usable(dataset: Dataset) -> str:
    """How many people there are, and how many of them training can use, and why not the others."""
    total, usable = len(dataset.people), len(dataset.usable)
    if total == usable:
        return f"{total} people"
    ignored = sum(p.ignore for p in dataset.people)
    why = [f"{ignored} are to be ignored or have no label"] if ignored else []
    rest = [p for p in dataset.people if not p.ignore]
    if len(rest) > usable:
        why.append(why_no_crop(rest))
    return f"{total} people, {usable} usable ({'; '.join(why)})"
