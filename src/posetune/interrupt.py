"""Ctrl-C and SIGTERM as a question that long work asks itself, so that it ends where nothing is lost."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Terminated(KeyboardInterrupt):
    """SIGTERM, where nobody asks: what cleans up after Ctrl-C cleans up after it."""


@contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM inside raises Terminated, as Ctrl-C raises KeyboardInterrupt, and does not end the process without a word."""

    def handle(*_: object) -> None:
        raise Terminated

    try:
        before = signal.signal(signal.SIGTERM, handle)
    except ValueError:  # not the main thread: signals are somebody else's
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def interruptible() -> Iterator[Callable[[], int]]:
    """The first Ctrl-C, or SIGTERM (of a container or a scheduler that ends), makes the yielded function give its number in
    place of 0; the second one is a plain KeyboardInterrupt.
    """
    asked = 0

    def handle(number: int, _: object) -> None:
        nonlocal asked
        if asked:
            raise KeyboardInterrupt
        asked = number

    before = {}
    try:
        for number in (signal.SIGINT, signal.SIGTERM):
            before[number] = signal.signal(number, handle)
    except ValueError:  # not the main thread: signals are somebody else's
        yield lambda: 0
        return
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
