"""``posetune data check | info``, and what the synthetic generator adds."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from posetune.cli import check, convert, pack, split, stats, synth
from posetune.cli.common import words
from posetune.data.dataset import Dataset, find_splits, load_dataset
from posetune.landmarks import COUNT, NAMES


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    check.add_subcommand(actions, _add_set, _load)
    info = actions.add_parser("info", help="count images, people, groups and labelled points")
    _add_set(info)
    info.set_defaults(run_action=_info)
    stats.add_subcommands(actions, _add_set, _load)
    convert.add_subcommand(actions)
    pack.add_subcommand(actions, _add_set)
    split.add_subcommand(actions)
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
    return [load_dataset(args.data, name, images=args.images, require_images=None) for name in splits]


def _info(args: argparse.Namespace) -> int:
    for dataset in _load(args):
        print(f"{dataset.name}: {len(dataset.images)} images, {len(dataset.groups)} groups, {check.usable(dataset)}")
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
