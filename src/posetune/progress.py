"""How long work tells whoever waits for it: sentences, and how far it is.

Everything that takes time is handed a :class:`Reporter` and knows nothing of terminals: the command line shows a line on
stderr (:func:`to_terminal`), a web page or a cluster's job passes functions of its own.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import TextIO

#: A sentence for the user.
Say = Callable[[str], None]
#: ``(what, done, total)``: so much is done of what is counted, in the plural ("images"); total None if it is not known. Behind
#: " · " in ``what`` may stand a remark on the present step, which changes.
Progress = Callable[[str, int, int | None], None]

_TERMINAL_SECONDS, _LOG_SECONDS = 0.2, 5.0
_REMARK = " · "


def _nothing(*_: object) -> None:
    pass


@dataclass(frozen=True)
class Reporter:
    """Where work reports to; by itself it is silent."""

    say: Say = _nothing
    progress: Progress = _nothing

    @contextmanager
    def counting(self, what: str, total: int | None = None) -> Iterator[Counter]:
        """Count the steps of one piece of work. ``what``: what a step is, in the plural."""
        self.progress(what, 0, total)
        yield Counter(self, what, total)


class Counter:
    """Counts steps and reports each. ``total`` may be set late, ``say`` is for sentences in between."""

    def __init__(self, report: Reporter, what: str, total: int | None) -> None:
        self._progress, self.say = report.progress, report.say
        self.what, self.total, self.done = what, total, 0

    def step(self, remark: str = "", by: int = 1) -> None:
        """``by`` more are done; ``remark`` is about this one."""
        self.done += by
        self._progress(f"{self.what}{_REMARK}{remark}" if remark else self.what, self.done, self.total)

    def at(self, done: int) -> None:
        """So many are done in all: for work that counts by itself."""
        self.step(by=done - self.done)


def to_terminal(stream: TextIO | None = None) -> Reporter:
    """Sentences, and one line of progress that is rewritten on a terminal and comes anew every few seconds in a log; on
    stderr, unless ``stream`` is another.
    """
    line = _Line(sys.stderr if stream is None else stream)
    return Reporter(line.say, line.progress)


class _Line:
    """The progress line: what is counted, how much of it is done, the rate and the time left."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._what = ""
        self._first = 0  # done when this count began
        self._begun = self._printed = time.monotonic()
        self._width = 0

    def say(self, message: str) -> None:
        """A message of its own line, without tearing the progress line."""
        self._clear()
        self._printed = time.monotonic()  # a sentence is a sign of life, too
        self._write(message + "\n")

    def progress(self, what: str, done: int, total: int | None) -> None:
        name, _, remark = what.partition(_REMARK)
        now = time.monotonic()
        if name != self._what or done < self._first:
            self._end()
            self._what, self._first = name, done
            self._begun = self._printed = now
        ended = total is not None and done >= total
        if now - self._printed >= (_TERMINAL_SECONDS if self._terminal else _LOG_SECONDS) or (ended and self._width):
            self._printed = now
            self._print(done, total, remark)
        if ended:
            self._end()

    def _print(self, done: int, total: int | None, remark: str) -> None:
        rate = (done - self._first) / max(time.monotonic() - self._begun, 1e-6)
        text = f"{done}/{total}" if total else f"{done}"
        one = (total or done) == 1 and self._what.isalpha()
        text += f" {self._what.removesuffix('s') if one else self._what}, {rate:.1f} a second"
        if total and done < total and rate > 0:
            text += f", {clock((total - done) / rate)} left"
        if remark:
            text += _REMARK + remark
        if self._terminal:
            text = text[:119]
            self._write("\r" + text.ljust(self._width))
            self._width = len(text)
        else:
            self._write(text + "\n")

    def _end(self) -> None:
        if self._width:
            self._write("\n")
        self._what, self._width = "", 0

    def _clear(self) -> None:
        if self._width:
            self._write("\r" + " " * self._width + "\r")
            self._width = 0

    def _write(self, text: str) -> None:
        """Nobody's work ends because who read its progress is gone, or the disk of its log is full."""
        with suppress(OSError):
            self._stream.write(text)
            self._stream.flush()


def counted(number: int, one: str, many: str = "") -> str:
    """1, "unit" → "1 unit"; 2 → "2 units". ``many``: where it is not ``one`` and an s."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def clock(seconds: float) -> str:
    """95 → "1:35", 4000 → "1:06:40"."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
