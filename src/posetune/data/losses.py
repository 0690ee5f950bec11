"""What a label file holds and a data set does not, or the other way round: counted, never passed over in silence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

_MOST_EXAMPLES = 3


@dataclass(frozen=True)
class Loss:
    """One thing that was lost. ``what``: a sentence without its end that says what and why; ``count``: of how many ``things``
    (points, people, images …, in the plural); ``examples``: a few of them by name.
    """

    things: str
    count: int
    what: str
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = f"{self.count} {self.things}: {self.what}"
        if not self.examples:
            return text
        more = self.count - len(self.examples)
        return f"{text} ({', '.join(self.examples)}{f' and {more} more' if more > 0 else ''})"

    def to_json(self) -> dict[str, Any]:
        return {"things": self.things, "count": self.count, "what": self.what, "examples": list(self.examples)}


@dataclass
class Losses:
    """Collects losses while something is read or written; equal ones are added up."""

    _found: dict[tuple[str, str], tuple[int, tuple[str, ...]]] = field(default_factory=dict)

    def add(self, things: str, what: str, count: int = 1, examples: Sequence[str] = ()) -> None:
        if count < 1:
            return
        before, shown = self._found.get((things, what), (0, ()))
        shown = (*shown, *(e for e in examples[:_MOST_EXAMPLES] if e not in shown))
        self._found[things, what] = before + count, shown[:_MOST_EXAMPLES]

    def listed(self) -> tuple[Loss, ...]:
        return tuple(Loss(things, count, what, shown) for (things, what), (count, shown) in self._found.items())


def added_up(losses: Sequence[Loss]) -> tuple[Loss, ...]:
    """The losses of several parts of a set, equal ones as one."""
    together = Losses()
    for loss in losses:
        together.add(loss.things, loss.what, loss.count, loss.examples)
    return together.listed()
