"""What the verbs of the store share: which store and networks, and how corrections are told."""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from posetune.cli.registry import ENVIRONMENT, STORE_ENVIRONMENT, url_of

if TYPE_CHECKING:
    from posetune.store.check import Networks
    from posetune.store.correction import Correction


def add_store(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--store",
        metavar="URL",
        help=f"sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME (default: ${STORE_ENVIRONMENT})",
    )


def store_of(args: argparse.Namespace) -> str:
    """The URL of the store. Raises PosetuneError where none is named."""
    return url_of(args.store, STORE_ENVIRONMENT, "--store URL")


def add_networks(parser: argparse.ArgumentParser) -> None:
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


def _live_of(registry: str | None, folder: Path) -> Path | None:
    """The file of a registry's live network, fetched to ``folder``; None where no registry is named, or nothing is live."""
    url = registry or os.environ.get(ENVIRONMENT)
    if not url:
        return None
    from posetune.store.registry.registry import Registry

    found = Registry.open(url)
    return found.fetch(found.state.live, folder) if found.state.live else None


def networks_of(args: argparse.Namespace) -> Networks:
    from posetune.runtime.load import load
    from posetune.store.check import Networks

    with tempfile.TemporaryDirectory(prefix="posetune-live-") as folder:
        first = args.model or _live_of(args.registry, Path(folder)) or "full"
        second = None if args.second in ("none", args.model) else load(args.second, threads=args.threads)
        return Networks(load(first, threads=args.threads), second)


def statuses(rows: Sequence[Correction]) -> str:
    """Lines: how many of each status, and the reasons."""
    counts = Counter(c.status for c in rows)
    text = "\n" + ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) if rows else ""
    held = sum(int(c.held.sum()) for c in rows if c.status == "accepted")
    text += f"; {held} points of these wait for a second person" if held else ""
    for c in [c for c in rows if c.reason][:20]:
        text += f"\n  {c.id} of {c.annotator}: {c.reason}"
    more = sum(bool(c.reason) for c in rows) - 20
    return text + (f"\n  … and {more} more (corrections list --status quarantined)" if more > 0 else "")


def row_of(c: Correction) -> dict[str, object]:
    return {
        "id": c.id, "number": c.number, "kind": c.kind, "status": c.status, "reason": c.reason, "person": c.annotator,
        "image": c.image, "subject": c.subject, "shown": c.shown or None, "seconds": c.seconds,
        "points": int((c.points[:, 2] > 0).sum()), "moved": c.touched.count("m"), "confirmed": c.touched.count("c"),
        "held": int(c.held.sum()), "created_at": c.created_at,
    }  # fmt: skip
