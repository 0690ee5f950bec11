"""``posetune data split``: a set divided into train, val and test by whole groups."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

from posetune.cli.convert import add_reading
from posetune.data.formats.table import written


def add_subcommand(actions: Any) -> None:
    parser = actions.add_parser(
        "split",
        help="divide a set into train, val and test by whole groups, with all kinds of poses in each",
        description="Divide a set anew, by whole groups (clips, tasks, tracks, copies), with all kinds of poses in each split.",
    )
    parser.add_argument("source", type=Path, metavar="IN", help="a set's folder, or its label file")
    parser.add_argument(
        "out", type=Path, metavar="OUT", help="the new set's folder, which must be empty or not be there"
    )
    parser.add_argument(
        "--val", type=float, default=0.2, metavar="SHARE", help="share of the people (default: %(default)s)"
    )
    parser.add_argument("--test", type=float, default=0.0, metavar="SHARE", help="share of the people (default: none)")
    parser.add_argument("--seed", type=int, default=0, help="another seed, another division (default: %(default)s)")
    parser.add_argument("--to", default="coco", choices=sorted(written()), help="what to write (default: %(default)s)")
    parser.add_argument(
        "--images", type=Path, metavar="DIR", help="where the pictures are, if not where the labels say"
    )
    parser.add_argument("--copy", action="store_true", help="copy the pictures (default: link them)")
    add_reading(parser)
    parser.set_defaults(run_action=run)


def run(args: argparse.Namespace) -> int:
    from posetune.data.convert import convert, read_parts
    from posetune.data.formats.reading import NONE, Reading
    from posetune.data.stratify import divide, merged, pose_kinds
    from posetune.progress import to_terminal

    how = Reading(
        images=args.images,
        require=NONE,
        native=args.native,
        rescale=args.rescale,
        group_by=args.group_by,
        points_as_people=args.points_as_people,
        interpolated=not args.keyframes,
    )
    report = to_terminal()
    dataset = merged(list(read_parts(args.source, how, report).values()))
    shares = {"train": 1 - args.val - args.test, "val": args.val, "test": args.test}
    parts = divide(dataset, {name: share for name, share in shares.items() if share}, args.seed)
    convert(parts, args.out, args.to, copy=args.copy, report=report)
    kinds = dict(zip((id(p) for p in dataset.people), pose_kinds(dataset.people, args.seed), strict=True))
    count = max(kinds.values(), default=0) + 1
    for name, part in parts.items():
        of_kind = np.bincount([kinds[id(p)] for p in part.people], minlength=count)
        print(
            f"{name}: {len(part.images)} images, {len(part.people)} people, {len(part.groups)} groups; "
            f"of the {count} kinds of poses: {', '.join(map(str, of_kind))}"
        )
    for note in dataset.warnings:
        print(f"  note: {note}")
    return 0
