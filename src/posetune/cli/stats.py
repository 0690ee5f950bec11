"""``posetune data stats``, ``sigmas`` and ``anchoring``: what a labelled set holds, how far two who labelled the same agree, and
whether prelabels were corrected or believed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from posetune.cli.common import add_json, check_writable
from posetune.data.people import Dataset
from posetune.errors import PosetuneError
from posetune.landmarks import ANGLES, COUNT, NAMES

if TYPE_CHECKING:
    from posetune.data.statistics import Statistics
    from posetune.measure.annotators import Agreement

Load = Callable[[argparse.Namespace], list[Dataset]]


def add_subcommands(
    actions: argparse._SubParsersAction, add_set: Callable[[argparse.ArgumentParser], None], load: Load
) -> None:
    """Add the three verbs. ``add_set`` gives a parser the options that say which set; ``load`` reads it."""
    text = "show which poses, sizes and angles a set holds, and how visible its points are"
    stats = actions.add_parser("stats", help=text, description=text[0].upper() + text[1:] + ".")
    add_set(stats)
    stats.add_argument("--report", type=Path, metavar="FILE.html", help="write a page of pictures")
    add_json(stats, "the figures")
    stats.set_defaults(run_action=lambda args: _stats(args, load))
    text = "measure how far two who labelled the same images agree, point by point"
    sigmas = actions.add_parser("sigmas", help=text, description=text[0].upper() + text[1:] + ".")
    add_set(sigmas)
    sigmas.add_argument(
        "--other", type=Path, metavar="SET",
        help="the other one's labels of the same images; without it, images that two annotators of one set labelled",
    )  # fmt: skip
    add_json(sigmas, "the figures")
    text = "measure whether prelabels were corrected or believed: labels of blind images beside the others"
    beside = actions.add_parser("anchoring", help=text, description=text[0].upper() + text[1:] + ".")
    beside.add_argument("data", type=Path, metavar="SET", help="a set of posetune label --blind, some of it looked at")
    add_json(beside, "the figures")
    beside.set_defaults(run_action=_anchoring)
    sigmas.set_defaults(run_action=lambda args: _sigmas(args, load))


def _stats(args: argparse.Namespace, load: Load) -> int:
    from posetune.data.statistics import statistics_of
    from posetune.files import write_text
    from posetune.measure.set_page import set_page

    if args.report is not None:
        check_writable(args.report)
    splits = [statistics_of(dataset) for dataset in load(args)]
    for split in splits:
        _tell(split)
    if args.report is not None:
        write_text(args.report, set_page(splits, f"{args.data.resolve().name}: what it holds"))
        print(f"Report: {args.report}")
    if args.json is not None:
        args.json.write({"data": str(args.data), "splits": [split.to_json() for split in splits]})
    return 0


def _tell(split: Statistics) -> None:
    from posetune.data.statistics import quantiles
    from posetune.geometry import SMALLEST_TORSO

    print(
        f"{split.name}: {split.images} images, {split.groups} groups, {split.people} people, {split.ignored} to be ignored"
    )
    sizes, heights = quantiles(split.torsos), quantiles(split.heights)
    if sizes is not None:
        small = int((split.torsos <= SMALLEST_TORSO).sum())
        also = f"; {small} too small to learn from" if small else ""
        print(f"  torso: {sizes['5']:.0f} to {sizes['95']:.0f} px, median {sizes['50']:.0f}{also}")
    if heights is not None:
        print(
            f"  height: {100 * heights['5']:.0f} to {100 * heights['95']:.0f} % of the image, median {100 * heights['50']:.0f} %"
        )
    for what, counts in (("trunk", split.leans), ("facing", split.faces)):
        total = sum(counts.values())
        if total:
            print(f"  {what}: {', '.join(f'{name} {100 * n / total:.0f} %' for name, n in counts.items())}")
    print("  people in an image: " + ", ".join(f"{k}: {n}" for k, n in sorted(split.in_image.items())))
    known = split.hidden + split.visible
    if known.any():
        print(f"  hidden: {100 * split.hidden.sum() / known.sum():.0f} % of the labelled points")
        least = sorted((i for i in range(COUNT) if known[i]), key=lambda i: known[i])[:5]
        print("  rarest points: " + ", ".join(f"{NAMES[i]} {100 * known[i] / split.people:.0f} %" for i in least))
        told = [f"{angle.name} {100 * c:.0f} %" for angle, c in zip(ANGLES, split.covered, strict=True)]
        print(f"  angles covered (of 0 to 180°): {', '.join(told)}")


def _sigmas(args: argparse.Namespace, load: Load) -> int:
    from posetune.measure.annotators import agreement_of, by_annotator, paired

    sets = load(args)
    if args.other is None:
        first, second = by_annotator(sets)
    else:
        first, second = sets, load(argparse.Namespace(data=args.other, split=args.split, images=args.images))
    pairs, alone = paired(first, second)
    agreement = agreement_of(pairs, alone)
    _table(agreement)
    if args.json is not None:
        args.json.write(agreement.to_json())
    return 0


def _anchoring(args: argparse.Namespace) -> int:
    from posetune.data.dataset import load_dataset
    from posetune.label.labelled_set import SetFolder
    from posetune.measure.anchoring import anchoring

    file = SetFolder(args.data).proposals
    if not file.is_file():
        raise PosetuneError(f"{args.data} keeps no proposals ({file}): posetune label --blind 5% makes such a set.")
    proposed = load_dataset(file, "train", images=args.data / "images", require_images=None)
    found = anchoring(load_dataset(args.data, "train", require_images=None), proposed)
    for name, side in (("prelabels shown", found.shown), ("blind", found.blind)):
        print(
            f"{name}: {side.images} images, {side.people} people; {side.distance:.3f} torsos from the proposal in the mean, "
            f"{100 * side.untouched:.0f} % of the points where they were proposed"
        )
    low, high = found.interval
    print(f"pull of the prelabel: {found.pull:.3f} torsos (95 % {low:.3f} to {high:.3f})")
    if args.json is not None:
        args.json.write({"data": str(args.data), **found.to_json()})
    return 0


def _table(agreement: Agreement) -> None:
    print(
        f"{agreement.images} images labelled twice, {agreement.people} people paired, {agreement.alone} labelled by one alone"
    )
    print(f"{'point':<18}{'both':>6}{'px':>8}{'torsos':>9}{'> .2':>7}{'sigma':>8}{'COCO':>7}{'same v':>8}")
    for row in agreement.points:
        coco = "" if not np.isfinite(row.coco_sigma) else f"{row.coco_sigma:.3f}"
        print(
            f"{row.name:<18}{row.count:>6}{row.median_px:>8.1f}{row.median_torsos:>9.3f}{100 * row.far:>6.0f}%{row.sigma:>8.3f}"
            f"{coco:>7}{100 * row.same_v:>7.0f}%"
        )
    print(f"v is the same at {100 * agreement.same_v:.0f} % of the points; first down, second across:")
    names = ("none", "hidden", "visible")
    print(f"{'':<10}" + "".join(f"{name:>9}" for name in names))
    _rows(names, agreement.v)
    print(f"Areas, for sigma, are from {agreement.area_from}.")


def _rows(names: Sequence[str], table: np.ndarray) -> None:
    for name, row in zip(names, table, strict=True):
        print(f"{name:<10}" + "".join(f"{count:>9}" for count in row))
