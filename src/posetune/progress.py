"""How far a command is: one line on stderr, rewritten on a terminal, now and then a new one in a log."""

from __future__ import annotations

import sys
import time
from typing import TextIO

_TERMINAL_SECONDS, _LOG_SECONDS = 0.2, 10.0


class Progress:
    """Counts steps and prints ``done/total``, the rate and the time left.

    Use as a context manager, so that the line is ended when the work is.
    """

    def __init__(self, total: int | None, unit: str, stream: TextIO | None = None) -> None:
        """``total``: None if it is not known. ``unit``: what a step is, in the plural ("images")."""
        self._stream = sys.stderr if stream is None else stream
        self._terminal = self._stream.isatty()
        self._total, self._unit = total, unit
        self._done = 0
        self._begun = self._printed = time.monotonic()
        self._width = 0

    def __enter__(self) -> Progress:
        return self

    def __exit__(self, *_: object) -> None:
        if self._done and self._terminal:
            self._print()
            self._stream.write("\n")

    def set_total(self, total: int | None) -> None:
        """Say how many steps there will be, where that is found out late."""
        self._total = total

    def step(self, what: str = "") -> None:
        """One more is done; ``what`` is shown behind the numbers."""
        self._done += 1
        now = time.monotonic()
        if now - self._printed >= (_TERMINAL_SECONDS if self._terminal else _LOG_SECONDS):
            self._printed = now
            self._print(what)

    def note(self, message: str) -> None:
        """A message of its own line, without tearing the progress line."""
        if self._terminal and self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._width = 0
        self._stream.write(message + "\n")

    def _print(self, what: str = "") -> None:
        seconds = max(time.monotonic() - self._begun, 1e-6)
        rate = self._done / seconds
        text = f"{self._done}/{self._total}" if self._total else f"{self._done}"
        text += f" {self._unit}, {rate:.1f} a second"
        if self._total and self._done < self._total:
            text += f", {clock((self._total - self._done) / rate)} left"
        if what:
            text += f" · {what}"
        if self._terminal:
            text = text[:119]
            self._stream.write("\r" + text.ljust(self._width))
            self._width = len(text)
        else:
            self._stream.write(text + "\n")
        self._stream.flush()


def clock(seconds: float) -> str:
    """95 → "1:35", 4000 → "1:06:40"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
