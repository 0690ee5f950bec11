"""Small jobs on drawn pictures, with stock lite."""

from __future__ import annotations

from pathlib import Path

from posetune import stock
from posetune.scale.job import Job, Network, Options, save_network
from posetune.scale.look import Looker
from posetune.scale.plan import make_plan
from posetune.scale.store import Store


def planned(store: Store, *inputs: Path | str, shard: int = 2, segment: int = 1000, **options) -> Job:
    """A job of stock lite on ``inputs``, planned into ``store``."""
    network = save_network(store, stock.resolve("lite"))
    return make_plan(store, Job("predict", tuple(map(str, inputs)), network, Options(**options), shard, segment))


def unplanned(*inputs: Path | str, shard: int = 2, segment: int = 1000, **options) -> Job:
    """A job whose network is only named."""
    return Job("predict", tuple(map(str, inputs)), Network("none", {}), Options(**options), shard, segment)


def lite_looker(**options) -> Looker:
    return Looker(stock.resolve("lite"), Options(**options), 1)
