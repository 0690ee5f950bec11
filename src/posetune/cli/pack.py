"""``posetune data pack``: crops of a large set in tar files with an index."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from posetune.cli.common import add_json
from posetune.data.dataset import find_splits, load_dataset
from posetune.data.pack import pack
from posetune.data.reviewed import seen
from posetune.progress import to_terminal


def add_subcommand(actions: Any, add_set: Callable[[argparse.ArgumentParser], None]) -> None:
    parser = actions.add_parser(
        "pack",
        help="crops of a large set as tar files with a Parquet index, which train, eval and check read as a set",
        description="Write the people of a set, each with as much of the picture as training looks at, into tar files of JPEG and "
        "JSON with a Parquet index: one seek a crop, where millions of pictures would be opened.",
    )
    add_set(parser)
    parser.add_argument("out", type=Path, metavar="OUT", help="the packed set's folder")
    parser.add_argument(
        "--shard", type=int, default=10_000, metavar="N", help="crops a tar file (default: %(default)s)"
    )
    add_json(parser)
    parser.set_defaults(run_action=run)


def run(args: argparse.Namespace) -> int:
    report = to_terminal()
    splits = (
        args.split.split(",") if args.split else [args.data.stem] if args.data.is_file() else find_splits(args.data)
    )
    done = {}
    for split in splits:
        dataset = seen(load_dataset(args.data, split, images=args.images), report.say)
        packed = pack(dataset, args.out, split, max(1, args.shard), report)
        done[split] = asdict(packed)
        rest = f"; left out {packed.left_out} whose labels imply no crop" if packed.left_out else ""
        print(f"{split}: {packed.people} people in {packed.tars} files, {packed.megabytes:.1f} MB{rest}")
    if args.json is not None:
        args.json.write(done)
    return 0
