"""``posetune registry init | verify | list | fetch``: where networks lie, and the log of what became of them."""

from __future__ import annotations

import argparse
import hashlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from posetune.cli.common import add_json, check_writable
from posetune.errors import PosetuneError

if TYPE_CHECKING:
    from posetune.store.registry.registry import Registry

#: The registry where none is named, and the store.
ENVIRONMENT, STORE_ENVIRONMENT = "POSETUNE_REGISTRY", "POSETUNE_STORE"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        f"A registry is a folder or s3://BUCKET/PREFIX; without URL it is ${ENVIRONMENT}. docs/reference/registry.md"
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    init = actions.add_parser("init", help="make a registry with a first live network")
    _add_url(init)
    init.add_argument(
        "--model", metavar="M", help="the first live network, as train --base takes it (default: full)"
    )  # fmt: skip
    init.add_argument(
        "--data",
        metavar="SET",
        help="the labelled set that was trained on so far: every later training learns from it, too",
    )
    init.set_defaults(run_action=_init)
    verify = actions.add_parser("verify", help="look over every entry of the log and every file of every network")
    _add_url(verify)
    add_json(verify, "what was found")
    verify.set_defaults(run_action=_verify)
    listing = actions.add_parser("list", help="the networks, and which is live")
    _add_url(listing)
    add_json(listing, "the list")
    listing.set_defaults(run_action=_list)
    fetch = actions.add_parser("fetch", help="write a network out as a file: for export, eval, or a device")
    _add_url(fetch)
    fetch.add_argument("--network", metavar="N", help="a name, or the beginning of its sha256 (default: what is live)")
    fetch.add_argument("--out", type=Path, required=True, metavar="FILE", help="FILE.tflite")
    fetch.set_defaults(run_action=_fetch)


def run(args: argparse.Namespace) -> int:
    return int(args.run_action(args))


def url_of(given: str | None, environment: str = ENVIRONMENT, option: str = "--registry URL") -> str:
    """The URL that was given, or that of the environment. Raises PosetuneError where there is neither."""
    url = given or os.environ.get(environment, "")
    if not url:
        raise PosetuneError(f"Give {option}, or set {environment}.")
    return url


def _add_url(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", nargs="?", metavar="URL", help="a folder, or s3://BUCKET/PREFIX")


def _init(args: argparse.Namespace) -> int:
    from posetune import stock
    from posetune.graph.points import has_own_points
    from posetune.store.registry.entry import PROMOTE
    from posetune.store.registry.registry import Registry

    model = args.model or "full"
    networks = stock.resolve(model)
    if networks.corrector is not None:
        raise PosetuneError(f"{model} is a corrector's run; a registry holds networks: name another --model.")
    if has_own_points(networks.landmarks):
        raise PosetuneError(f"{model} has points of its own; a registry holds networks of MediaPipe's 33 points.")
    if args.data is not None and not Path(args.data).exists():
        raise PosetuneError(f"There is no set {args.data}.")
    settings = {} if args.data is None else {"data": str(Path(args.data).expanduser().absolute())}
    registry, new = Registry.init(url_of(args.url, option="a URL"), settings, "registry init")
    if registry.doubt:
        raise PosetuneError(f"Nothing is made live: {registry.doubt}")
    if not registry.state.live:
        about = {"name": networks.name, "from": model, "stock": networks.is_stock}
        known = registry.add(networks.landmarks, ".tflite", about, by="registry init")
        registry.append(PROMOTE, {"network": known.sha256, "why": "the first one", "proven": False}, "registry init")
        new = True
    live = registry.state.title(registry.state.live)
    if new:
        print(f"{registry.name}: a new registry; {live} is live.")
        return 0
    print(f"{registry.name} is a registry already; {live} is live.")
    first = registry.state.terms[0].network
    ignored = [
        *(["--model"] if args.model and hashlib.sha256(networks.landmarks).hexdigest() != first else []),
        *(["--data"] if settings and settings["data"] != registry.state.settings.get("data") else []),
    ]
    if ignored:
        print(
            f"Note: {' and '.join(ignored)} changed nothing, which count when a registry is made: learn challenge enters another "
            "network, learn run --data names another set.",
            file=sys.stderr,
        )
    return 0


def _verify(args: argparse.Namespace) -> int:
    from posetune.store.registry.verify import verify

    registry = _opened(args)
    verdict = verify(registry)
    for fault in verdict.faults:
        print(f"fault: {fault}")
    for note in verdict.notes:
        print(f"note: {note}")
    live = f"{registry.state.title(registry.state.live)} is live."
    print(
        f"{registry.name}: {verdict.entries} entries, {verdict.networks} network{'' if verdict.networks == 1 else 's'}, "
        f"{len(verdict.faults) or 'no'} fault{'' if len(verdict.faults) == 1 else 's'}; {registry.doubt or live}"
    )
    if args.json is not None:
        args.json.write(
            {
                "entries": verdict.entries, "networks": verdict.networks, "live": registry.state.live,
                "faults": list(verdict.faults), "notes": list(verdict.notes),
            }
        )  # fmt: skip
    return 1 if verdict.faults else 0


def _list(args: argparse.Namespace) -> int:
    registry = _opened(args)
    state = registry.state
    roles = {state.shadow: "shadow", state.challenger: "challenger", state.live: "live"}
    for network in state.networks.values():
        print(f"{network.sha256[:12]}  {roles.get(network.sha256, ''):10} {network.about.get('name', '')}")
    for fault in registry.faults:
        print(f"fault: {fault}")
    if registry.doubt:
        print(registry.doubt)
    if args.json is not None:
        args.json.write(
            {
                "live": state.live, "challenger": state.challenger, "shadow": state.shadow, "faults": registry.faults,
                "networks": [{"sha256": n.sha256, "number": n.number, "about": dict(n.about)} for n in state.networks.values()],
            }
        )  # fmt: skip
    return 0


def _fetch(args: argparse.Namespace) -> int:
    from posetune.files import write_bytes
    from posetune.store.registry.history import found

    registry = _opened(args)
    sha256 = found(registry.state, args.network) if args.network else registry.state.live
    if not sha256:
        raise PosetuneError(f"{registry.name} has no live network: name one with --network.")
    check_writable(args.out)
    write_bytes(args.out, registry.read(sha256))
    print(f"Written: {args.out}: {registry.state.title(sha256)}.")
    return 0


def _opened(args: argparse.Namespace) -> Registry:
    from posetune.store.registry.registry import Registry

    return Registry.open(url_of(args.url, option="a URL"))
