"""Which colour a network has in charts: the CSS class, whose colours stand in report.html."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

#: So many tuned networks have colours of their own.
_TUNED = 6


class Named(Protocol):
    """A network as charts know it: ``name``, and ``kind`` "stock", "offset" or "model" with the stock network it is of."""

    @property
    def name(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def base(self) -> str: ...


def colour_classes(networks: Iterable[Named]) -> dict[str, str]:
    """Name → CSS class: tuned networks stand out, each stock network has a grey and each offset an amber of its own."""
    classes, tuned = {}, 0
    for network in networks:
        if network.kind == "model":
            classes[network.name] = f"tuned{tuned % _TUNED + 1}"
            tuned += 1
        else:
            classes[network.name] = f"{network.kind}-{network.base}"
    return classes
