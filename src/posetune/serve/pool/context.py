"""What a worker process keeps from one request to the next."""

from __future__ import annotations

import contextlib
import ctypes
import gc
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from posetune.errors import PosetuneError
from posetune.serve.settings import Limits

if TYPE_CHECKING:
    from posetune.runtime.landmarker import Landmarker

#: Networks that a worker holds at a time, about 100 MB each: two that are compared, and the one that is switched to.
MOST_NETWORKS = 3


class Network(msgspec.Struct, frozen=True):
    """A network that requests can name. ``source``: what ``stock.resolve`` takes; ``name``: unique among the server's; ``sha256``:
    of the landmark network, "" before a worker has loaded it.
    """

    source: str
    name: str
    sha256: str = ""


class Refused(Exception):
    """A request that cannot be answered: ``status`` is an HTTP status, ``detail`` one sentence for its sender, ``line`` where in
    the text that was sent, from 1.
    """

    def __init__(self, status: int, detail: str, line: int = 0) -> None:
        super().__init__(detail)
        self.status, self.detail, self.line = status, detail, line


@dataclass
class Context:
    """One for each worker process. ``kept``: what a kind of work keeps between its slices, under a key of its own."""

    limits: Limits
    kept: dict[str, Any] = field(default_factory=dict)
    _loaded: OrderedDict[tuple[str, str, bool], Landmarker] = field(default_factory=OrderedDict)

    def landmarker(self, network: Network, masks: bool = False) -> Landmarker:
        """The landmarker of ``network``, on one thread, loaded where it is not held. Raises PosetuneError if it cannot be."""
        from posetune import stock
        from posetune.runtime.load import of_networks

        key = (network.source, network.sha256, masks)
        held = self._loaded.get(key)
        if held is None:
            networks = stock.resolve(network.source)
            if network.sha256 and networks.sha256 != network.sha256:
                raise PosetuneError(
                    f"The file of the network {network.name} has changed since the server took it; restart the server."
                )
            held = of_networks(networks, name=network.name, threads=1, segmentation=masks)
            while len(self._loaded) >= MOST_NETWORKS:
                self._loaded.popitem(last=False)
            self._loaded[key] = held
        self._loaded.move_to_end(key)
        return held

    def drop(self, keep: set[str]) -> None:
        """Let go of the networks whose sha256 is not in ``keep``, and give their memory back."""
        for key in [key for key in self._loaded if key[1] not in keep]:
            del self._loaded[key]
        gc.collect()
        with contextlib.suppress(OSError, AttributeError):  # the C library keeps what was freed unless asked
            ctypes.CDLL(None).malloc_trim(0)
