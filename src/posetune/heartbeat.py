"""Saying again and again that something is still being worked on."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def beating(beat: Callable[[], bool | None], every: float, name: str) -> Iterator[None]:
    """Call ``beat`` every so many seconds, in a thread of its own, for as long as the block takes; False from it ends that. What it
    raises is its own to catch.
    """
    ended = threading.Event()

    def run() -> None:
        while not ended.wait(every):
            if beat() is False:
                return

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
