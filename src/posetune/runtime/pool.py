"""Several landmarkers of the same networks, for callers that come at the same time: a batch, a server."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import numpy as np

from posetune import stock
from posetune.backends.base import checked_threads
from posetune.errors import PosetuneError
from posetune.runtime.detector import DEFAULT_MAX_PEOPLE
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.load import of_networks
from posetune.runtime.pose import Pose


class LandmarkerPool:
    """``size`` landmarkers, each lent to one thread at a time.

    ``landmarkers``: all of them, for who hands them out himself.
    """

    def __init__(
        self, model: str | Path | stock.Networks = "full", size: int | None = None, *, threads: int = 1, **options: Any
    ) -> None:
        """``model``: as :func:`posetune.load` takes it, read once for all. ``size``: None for as many as there are processors
        (at most 4). ``threads``: of each. ``options``: the others of ``posetune.load``.

        Raises PosetuneError as ``posetune.load`` does.
        """
        networks = stock.resolve(model)
        if size is not None and size < 1:
            raise PosetuneError(f"A pool holds at least 1 landmarker, not {size}.")
        count = checked_threads(None) if size is None else size
        self.landmarkers: tuple[Landmarker, ...] = tuple(
            of_networks(networks, threads=threads, **options) for _ in range(count)
        )
        self._idle: queue.SimpleQueue[Landmarker] = queue.SimpleQueue()
        for landmarker in self.landmarkers:
            self._idle.put(landmarker)

    def __len__(self) -> int:
        return len(self.landmarkers)

    @contextmanager
    def lend(self, timeout: float | None = None) -> Iterator[Landmarker]:
        """A landmarker for the block, for as long as it takes (``track`` a video, say); waits until one is idle.

        ``timeout``: seconds; raises PosetuneError when none was idle until then.
        """
        try:
            landmarker = self._idle.get(timeout=timeout)
        except queue.Empty:
            raise PosetuneError(f"All {len(self)} landmarkers were busy for {timeout:g} s: ask again later.") from None
        try:
            yield landmarker
        finally:
            self._idle.put(landmarker)

    def predict(
        self, image: np.ndarray, max_people: int = DEFAULT_MAX_PEOPLE, *, timeout: float | None = None, **where: Any
    ) -> list[Pose]:
        """As :meth:`Landmarker.predict`, by the next that is idle; ``timeout`` as for :meth:`lend`; ``where``: its options."""
        with self.lend(timeout) as landmarker:
            return landmarker.predict(image, max_people, **where)

    def close(self) -> None:
        """Free the networks of all; those at work end with PosetuneError at the latest in their next picture."""
        for landmarker in self.landmarkers:
            landmarker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()
