"""Which actions of an image can be undone and redone, and what an action changed."""

from __future__ import annotations

import msgspec

from posetune.data.origin import status_of
from posetune.label.actions import EDIT, REDO, Id, Seen
from posetune.label.history import Change, Entry
from posetune.label.label_file import ANNOTATIONS, IMAGES
from posetune.label.people_rows import seen_of


class Stacks:
    """The actions of each image: by whom, and those that can be undone and redone. ``remember`` them in their order."""

    def __init__(self) -> None:
        self._touched: dict[str, list[tuple[int, str]]] = {}
        self._stacks: dict[str, tuple[list[str], list[str]]] = {}

    def remember(self, entry: Entry) -> None:
        self._touched.setdefault(entry.image, []).append((entry.n, entry.tab))
        undo, redo = self._stacks.setdefault(entry.image, ([], []))
        if entry.kind == EDIT:
            undo.append(entry.key)
            redo.clear()
            return
        here, there = (redo, undo) if entry.kind == REDO else (undo, redo)
        if here and here[-1] == entry.of:
            there.append(here.pop())

    def last(self, name: str) -> int:
        """The number of the last action of an image, 0 for none."""
        return self._touched.get(name, [(0, "")])[-1][0]

    def others_since(self, name: str, seen: int, tab: str) -> bool:
        """Whether another tab than ``tab`` did something to an image after the action ``seen``."""
        return any(n > seen and other != tab for n, other in self._touched.get(name, ()))

    def of(self, name: str) -> tuple[list[str], list[str]]:
        """``(undo, redo)``: the keys of an image's actions, the last one last."""
        return self._stacks.get(name, ([], []))


def people_of(entry: Entry, after: bool) -> dict[Id, Seen | None]:
    """The people that an action changed, as they are after it, or were before; None: there is none."""
    found: dict[Id, Seen | None] = {}
    for change in entry.changes:
        if change.table == ANNOTATIONS:
            raw = change.becomes if after else change.was
            found[change.id] = None if raw is None else seen_of(msgspec.json.decode(raw))
    return found


def image_status_of(entry: Entry, after: bool) -> str | None:
    """The same of the image's status; None where it has none or stays."""
    for change in entry.changes:
        if change.table == IMAGES:
            raw = change.becomes if after else change.was
            return None if raw is None else status_of(msgspec.json.decode(raw).get("status"))
    return None


def turned(change: Change) -> Change:
    """The other way round."""
    return Change(change.table, change.id, change.after, change.before)
