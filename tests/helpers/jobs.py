"""Small jobs on drawn pictures, with stock lite."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from posetune import stock
from posetune.scale.job import Job, Network, Options, network_of
from posetune.scale.look import Looker
from posetune.scale.measuring import Measured
from posetune.scale.plan import make_plan
from posetune.scale.store import Store
from posetune.scale.tasks import TASKS


def unplanned(
    *inputs: Path | str, what: str = "predict", shard: int = 2, segment: int = 1000, split: str | None = None, **options
) -> Job:
    """A job whose network is only named."""
    return Job(what, tuple(map(str, inputs)), Network("none", {}), Options(**options), shard, segment, split=split)


def planned(store: Store, *inputs: Path | str, **options) -> Job:
    """A job of stock lite on ``inputs``, planned into ``store``; ``options``: as for :func:`unplanned`."""
    job = replace(unplanned(*inputs, **options), network=network_of(stock.resolve("lite")))
    known = Measured.of(job).items() if job.what == "eval" else None
    return make_plan(store, job, None, known, TASKS[job.what].videos, stock.resolve("lite"))


def lite_looker(**options) -> Looker:
    return Looker(stock.resolve("lite"), unplanned(**options), 1)
