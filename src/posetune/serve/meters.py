"""What is counted, for Prometheus; prometheus-client is imported when somebody asks."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

#: Seconds.
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


@dataclass
class Meters:
    """Counted by method, route (its pattern: what was asked for is nobody's business) and status."""

    requests: Counter[tuple[str, str, int]] = field(default_factory=Counter)
    _buckets: dict[str, list[int]] = field(default_factory=dict)
    _sums: dict[str, float] = field(default_factory=dict)

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request has been answered."""
        self.requests[method, route, status] += 1
        buckets = self._buckets.setdefault(route, [0] * (len(BUCKETS) + 1))
        buckets[bisect_left(BUCKETS, seconds)] += 1
        self._sums[route] = self._sums.get(route, 0.0) + seconds

    def text(
        self,
        gauges: Mapping[str, tuple[str, float]],
        counters: Mapping[str, tuple[str, float]],
        network: Mapping[str, str] | None = None,
    ) -> bytes:
        """Prometheus' text format. ``gauges``, ``counters``: name → (what it is, value). ``network``: name and sha256 of the one
        that answers; None before one does.
        """
        from prometheus_client import CollectorRegistry, generate_latest
        from prometheus_client.core import (
            CounterMetricFamily,
            GaugeMetricFamily,
            HistogramMetricFamily,
            InfoMetricFamily,
        )

        meters = self

        class Collector:
            def collect(self) -> Iterator[Any]:
                answered = CounterMetricFamily(
                    "posetune_requests", "Requests answered", labels=("method", "route", "status")
                )
                for (method, route, status), value in meters.requests.items():
                    answered.add_metric((method, route, str(status)), value)
                yield answered
                took = HistogramMetricFamily("posetune_request_seconds", "Seconds to the answer", labels=("route",))
                for route, counts in meters._buckets.items():
                    total: float = 0
                    buckets: list[tuple[str, float]] = []
                    for end, answers in zip((*BUCKETS, float("inf")), counts, strict=True):
                        total += answers
                        buckets.append(("+Inf" if end == float("inf") else str(end), total))
                    took.add_metric((route,), buckets, meters._sums[route])
                yield took
                if network is not None:
                    yield InfoMetricFamily("posetune_network", "The network that answers", dict(network))
                for name, (about, gauge) in gauges.items():
                    yield GaugeMetricFamily(f"posetune_{name}", about, gauge)
                for name, (about, count) in counters.items():
                    yield CounterMetricFamily(f"posetune_{name}", about, count)

        registry = CollectorRegistry()
        registry.register(Collector())
        return generate_latest(registry)
