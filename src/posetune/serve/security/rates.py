"""How often a visitor may ask, where visitors come from beyond this machine."""

from __future__ import annotations

import time
from collections import OrderedDict

from posetune.serve.problem import Problem

#: Requests a second that a visitor may send for long, and at once.
RATE, BURST = 100.0, 300.0
_MOST = 1000


class Rates:
    """A bucket of requests for each visitor, filled at RATE."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, key: str, now: float | None = None) -> None:
        """One request of ``key``. Raises Problem (429) if it comes too soon. ``now``: seconds, for tests."""
        now = time.monotonic() if now is None else now
        left, since = self._buckets.pop(key, (BURST, now))
        left = min(BURST, left + RATE * (now - since))
        self._buckets[key] = max(0.0, left - 1), now
        while len(self._buckets) > _MOST:
            self._buckets.popitem(last=False)
        if left < 1:
            raise Problem(429, "Too many requests; wait a second.", {"retry-after": "1"})
