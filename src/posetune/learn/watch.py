"""A pass every so often, for who has no scheduler."""

from __future__ import annotations

import time
from collections.abc import Callable

from posetune.errors import PosetuneError
from posetune.learn.round import Options, run_pass
from posetune.progress import Reporter
from posetune.store.database import Database
from posetune.store.registry.registry import Registry


def watch(
    registry: Registry, database: Database, options: Options, report: Reporter, every_s: float, asked: Callable[[], int]
) -> None:
    """Passes, ``every_s`` seconds from the end of one to the begin of the next, until ``asked`` says to stop. What goes wrong in
    one is said, and the next one tries again.
    """
    while not asked():
        try:
            run_pass(registry, database, options, report)
        except PosetuneError as error:
            report.say(f"This pass has failed: {error}")
        end = time.monotonic() + every_s
        while time.monotonic() < end and not asked():
            time.sleep(min(1.0, every_s))
