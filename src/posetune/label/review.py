"""One person's work on the labels of a set: what is seen of an image, what is done to it, and where that is kept.

``SET/annotations/train.json`` is the set; ``train.history.jsonl`` beside it has every action, on the disk before it counts as done.
A start after a crash brings the label file up to its history (:meth:`Review.open`). Threads may share a review.
"""

from __future__ import annotations

import contextlib
import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import msgspec

from posetune.data.origin import PRELABEL, REJECTED, STATUSES, VERIFIED, status_of
from posetune.errors import PosetuneError
from posetune.label import second_opinion
from posetune.label.actions import EDIT, REDO, Action, Seen
from posetune.label.hints import Hints
from posetune.label.history import Change, Entry, History, read_entries, tab_of
from posetune.label.keeping import Keeper, mark_of, replay
from posetune.label.label_file import ANNOTATIONS, IMAGES, LabelFile, Row
from posetune.label.people_rows import row_of, seen_of
from posetune.label.pictures import Pictures, group_of
from posetune.label.second_opinion import Opinion
from posetune.label.set_index import Place, SetIndex
from posetune.label.split_files import label_file, named_in
from posetune.label.undo import Stacks, turned
from posetune.lock import locked

#: Of so many frames around one of a clip two are looked for to interpolate between.
_AROUND = 300
#: Actions of an image that are told at once to who wants to undo them.
_TOLD = 500


class Conflict(Exception):
    """What was asked for cannot be done, as somebody else was here meanwhile; one sentence."""


class Unknown(Exception):
    """There is no such image, person or action; one sentence."""


@dataclass(frozen=True)
class Told:
    """What an image is now: ``revision``: of its last action, 0 for none; ``width``, ``height``: px of the frame of its labels, 0
    unknown; ``status``: None for an image of a set like any other; ``blind``: what a network proposed is held back.
    """

    place: Place
    revision: int
    width: int
    height: int
    status: str | None
    done: bool
    blind: bool
    row: Row
    people: tuple[Seen, ...]


class Review:
    """Open one with :meth:`open`, and close it: with the last of it what was done is in the label file."""

    def __init__(
        self, root: Path, path: Path, reviewer: str, others: Sequence[Path], stack: contextlib.ExitStack
    ) -> None:
        self.root, self.path, self.reviewer = root, path, reviewer
        self.pictures = Pictures(root)
        #: Whether it is a second opinion, apart from the set's own labels.
        self.blind = False
        #: Somebody else's labels of the same set.
        self.opinion: Opinion | None = None
        self._stack = stack
        self._lock = threading.RLock()
        self._file = LabelFile.read(path)
        self.history = History(path.with_suffix(".history.jsonl"))
        stack.callback(self.history.close)
        self._stacks = Stacks()
        missing = []
        for entry in self.history.entries():
            self._stacks.remember(entry)
            if entry.n > mark_of(self._file):
                missing.append(entry)
        # A label file may have been there before its history, which somebody moved away: what comes now is beyond what it has.
        self.history.count = max(self.history.count, mark_of(self._file))
        self._keeper = Keeper(self._file, self.history.path, self._lock)
        replayed, self.notes = replay(self._file, self.history.path, missing)
        self.hints = Hints.beside(root)
        self.index = SetIndex(self._file, self.pictures.names(), named_in(others), self.hints.images)
        self._next_id = self._file.free_id(ANNOTATIONS)
        self._tabs: dict[str, float] = {}
        #: Of this review alone: another one of the same set has another.
        self.server = secrets.token_hex(8)
        if not self.index.names:
            raise PosetuneError(
                f"{root} has no pictures: put them into {root / 'images'}, or give the folder of a set."
            )
        if replayed:
            self._keeper.changed(self.history.count)

    @classmethod
    def open(cls, root: str | Path, *, split: str = "train", reviewer: str = "reviewer", blind: bool = False) -> Self:
        """The set in the folder ``root``. ``blind``: labels of ``reviewer``'s own (``label.second_opinion``).

        Raises PosetuneError: no such folder, nothing in it, no label file of posetune's points, one that cannot be written to,
        or that another process has open.
        """
        root = Path(root)
        if not root.is_dir():
            raise PosetuneError(
                f"There is no folder {root}; give a set: a folder with images/ and perhaps annotations/train.json."
            )
        labels, others = label_file(root, split)
        path = second_opinion.path_of(labels, reviewer) if blind else labels
        with contextlib.ExitStack() as stack:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                alone = stack.enter_context(locked(path.with_name(f".{path.stem}.lock")))
            except OSError as error:
                raise PosetuneError(
                    f"Cannot write into {path.parent}: {error.strerror or error}; every action is saved there, so copy the set to "
                    "where you can write, or make it writable."
                ) from error
            if not alone:
                raise PosetuneError(f"Another posetune annotate has {path} open: use that one, or end it.")
            if blind and not path.exists():
                history = labels.with_suffix(".history.jsonl")
                entries = read_entries(history) if history.exists() else iter(())
                second_opinion.begin(labels, entries, root / "prelabels" / labels.name, path)
            review = cls(root, path, reviewer, others, stack)
            review.blind = blind
            theirs = [labels] if blind else second_opinion.others_of(labels)
            if theirs:
                review.opinion = Opinion(theirs[0], "" if blind else theirs[0].stem)
            review._stack = stack.pop_all()
            return review

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """Write what is not in the label file yet, and let go of the set. Raises PosetuneError if it cannot be written: then it
        is in the history, and the next start has it.
        """
        try:
            self._keeper.close()
        finally:
            self._stack.close()

    # -- what there is ----------------------------------------------------------------------------------------------------------

    @property
    def problem(self) -> str | None:
        """Why the label file could not be written, if so; a sentence. The history has what was done."""
        return self._keeper.problem

    @property
    def saved(self) -> bool:
        """Whether the label file has all that the history has."""
        return self._keeper.written >= self.history.count

    def image(self, name: str) -> Told:
        """An image with its people. ``name``: its file name in the set, or the same without folder or ending. Raises Unknown."""
        with self._lock:
            place = self.index.find(name)
            if place is None:
                raise Unknown(f"The set has no image {name[:200]!r}.")
            return self._told(place)

    def _told(self, place: Place) -> Told:
        row = self._image_row(place) or {}
        status = status_of(row.get("status"))
        blind = row.get("blind") is True and status != VERIFIED
        people = [seen_of(self._file.row(ANNOTATIONS, key) or {}) for key in self.index.people.get(place.id, ())]
        return Told(
            place,
            self._stacks.last(place.name),
            int(row.get("width") or 0),
            int(row.get("height") or 0),
            status,
            self.index.is_done(place.number),
            blind,
            row,
            tuple(p for p in people if not (blind and p.status == PRELABEL)),
        )

    def around(self, name: str) -> dict[str, Told | None]:
        """Images of the same clip: the one before, and the nearest before and after that somebody has seen to."""
        with self._lock:
            place = self.image(name).place
            number = place.number
            group = self._group(place)
            found: dict[str, Told | None] = {"before": None, "earlier": None, "later": None}
            if number > 0:
                found["before"] = self._told(self.index.place(number - 1))
            for key, steps in (
                ("earlier", range(number - 1, -1, -1)),
                ("later", range(number + 1, len(self.index.names))),
            ):
                for other in steps[:_AROUND]:
                    there = self.index.place(other)
                    if self._group(there) != group:
                        break
                    if self.index.is_done(other) and self.index.people.get(there.id):
                        found[key] = self._told(there)
                        break
            return found

    def _group(self, place: Place) -> str:
        group = (self._image_row(place) or {}).get("group")
        return group if isinstance(group, str) else group_of(place.name)

    def counts(self) -> dict[str, int]:
        """How far the work is: images, those that somebody has seen to, people, and of these each status ("none": without one)."""
        with self._lock:
            people = self.index.counts
            return {
                "images": len(self.index.names),
                "done": self.index.done_count,
                "people": len(self.index.statuses),
                **{status: people[status] for status in STATUSES},
                "none": people[None],
            }

    def other(self, name: str) -> list[Seen] | None:
        """Whom somebody else has in an image that both have seen to; None for any other."""
        with self._lock:
            place = self.image(name).place
            if self.opinion is None or not self.index.is_done(place.number):
                return None
            return self.opinion.people(place.name)

    def agreement(self) -> dict[str, Any] | None:
        """How far this reviewer and another agree (``second_opinion.agreement``); None without one, or nobody in common."""
        with self._lock:
            if self.opinion is None:
                return None
            theirs = {name: self.opinion.people(name) or [] for name in self.opinion.names()}
            mine = {}
            for name in theirs:
                place = self.index.find(name)
                if place is not None and self.index.is_done(place.number):
                    mine[name] = [p for p in self._told(place).people if p.status != REJECTED]
        return second_opinion.agreement(mine, theirs)

    # -- what is done -----------------------------------------------------------------------------------------------------------

    def reserve_ids(self, count: int) -> int:
        """The first of ``count`` ids for new people that nobody else gets."""
        with self._lock:
            first = self._next_id
            self._next_id += count
            return first

    def act(self, action: Action) -> int:
        """Do it; the image's revision then. What was done before is not done twice.

        Raises Conflict, Unknown, or PosetuneError if it could not be put on the disk: then nothing was done.
        """
        with self._lock:
            place = self.image(action.image).place
            if action.key in self.history:
                return self._told(place).revision
            if self._stacks.others_since(place.name, action.seen, tab_of(action.key)):
                raise Conflict(f"{place.name} was changed in another tab since it was opened here; it is loaded anew.")
            changes = self._edited(place, action) if action.kind == EDIT else self._reversed(place, action)
            entry = Entry(
                self.history.count + 1, action.key, datetime.now(UTC).isoformat(timespec="milliseconds"), self.reviewer, place.name,
                action.kind, action.what, changes, action.of,
            )  # fmt: skip
            if changes:
                self.history.append(entry)
                self._stacks.remember(entry)
                self._apply(place, changes)
                self._keeper.changed(entry.n)
            return self._told(place).revision

    def _edited(self, place: Place, action: Action) -> list[Change]:
        row = self._image_row(place)
        new = row is None
        row = self._new_image(place) if row is None else row
        changes = []
        theirs = set(self.index.people.get(place.id, ()))
        for wanted in action.people:
            raw = self._file.rows[ANNOTATIONS].get(wanted.id)
            if raw is not None and wanted.id not in theirs:
                raise Unknown(f"Person {wanted.id} is in another image than {place.name}.")
            if raw is None and not isinstance(wanted.id, int):
                raise Unknown(f"{place.name} has no person {wanted.id}.")
            if wanted.status is not None and wanted.status not in STATUSES:
                raise Unknown(f"There is no status {wanted.status[:40]!r}; there are {', '.join(STATUSES)}.")
            before = None if raw is None else msgspec.json.decode(raw)
            frame = {"image_id": row["id"], "category_id": self._file.category}
            after = row_of(wanted, before, frame, self.reviewer)
            if after != before:
                changes.append(Change.of(ANNOTATIONS, wanted.id, raw, msgspec.json.encode(after)))
                self._next_id = max(self._next_id, wanted.id + 1 if isinstance(wanted.id, int) else 0)
        for key in action.deleted:
            raw = self._file.rows[ANNOTATIONS].get(key) if key in theirs else None
            if raw is None:
                raise Unknown(f"{place.name} has no person {key}.")
            changes.append(Change.of(ANNOTATIONS, key, raw, None))
        if not changes and action.status is None:
            return []
        after = self._image_after(place, row, action)
        if after != row or new:
            raw = None if new else self._file.rows[IMAGES].get(after["id"])
            changes.append(Change.of(IMAGES, after["id"], raw, msgspec.json.encode(after)))
        return changes

    def _image_after(self, place: Place, row: Row, action: Action) -> Row:
        """The image's entry once somebody has worked on it: its status, and of which file that was."""
        after = dict(row)
        if action.status in (PRELABEL, VERIFIED):
            after["status"] = action.status
        elif status_of(row.get("status")) is None:
            after["status"] = PRELABEL
        path = self.pictures.find(place.name).path
        if path is not None and (action.status == VERIFIED or "sha256" not in row):
            with contextlib.suppress(OSError):
                after["sha256"] = self.pictures.sha256(path)
        return after

    def _new_image(self, place: Place) -> Row:
        """The entry of an image that the label file does not have yet. Raises Unknown if its file cannot be read."""
        from posetune.data.picture_sizes import picture_size

        path = self.pictures.find(place.name).path
        size = None if path is None else picture_size(path)
        if size is None:
            raise Unknown(f"{place.name} cannot be read: it is missing or damaged.")
        return {
            "id": self._file.free_id(IMAGES), "file_name": place.name, "width": size.width, "height": size.height,
            "group": group_of(place.name),
        }  # fmt: skip

    def _reversed(self, place: Place, action: Action) -> list[Change]:
        """The changes of the action ``of`` the other way round, or once more. Raises Conflict if something came between."""
        entry = self.history.find(action.of)
        if entry is None or entry.image != place.name or entry.kind != EDIT:
            raise Unknown(f"There is no action {action.of[:60]!r} of {place.name}.")
        undo, redo = self._stacks.of(place.name)
        if (redo if action.kind == REDO else undo)[-1:] != [entry.key]:
            raise Conflict("Only the last action can be undone, or redone.")
        changes = entry.changes if action.kind == REDO else [turned(c) for c in reversed(entry.changes)]
        for change in changes:
            if self._file.rows[change.table].get(change.id) != change.was:
                raise Conflict(f"{place.name} was changed since by another program; this cannot be undone.")
        return changes

    def _apply(self, place: Place, changes: Sequence[Change]) -> None:
        for change in changes:
            self._file.put(change.table, change.id, change.becomes)
            self.index.renew(self._file, change.table, change.id, place)

    def _image_row(self, place: Place) -> Row | None:
        return None if place.id is None else self._file.row(IMAGES, place.id)

    # -- undoing what was done before a page was opened ---------------------------------------------------------------------------

    def stack(self, name: str) -> tuple[list[Entry], list[Entry]]:
        """``(undo, redo)``: the actions of an image that can be undone, the last one last, and those that can be redone."""
        with self._lock:
            place = self.image(name).place
            undo, redo = self._stacks.of(place.name)
            return self._found(undo), self._found(redo)

    def _found(self, keys: Sequence[str]) -> list[Entry]:
        return [entry for key in keys[-_TOLD:] if (entry := self.history.find(key)) is not None]

    def depth(self, name: str) -> tuple[int, int]:
        """How many there are of each."""
        undo, redo = self._stacks.of(name)
        return len(undo), len(redo)

    # -- who is here ------------------------------------------------------------------------------------------------------------

    def tab_is_here(self, tab: str, seconds: float = 12.0) -> int:
        """``tab`` says that it is open; how many others said so in the last ``seconds``."""
        with self._lock:
            now = time.monotonic()
            self._tabs = {key: at for key, at in self._tabs.items() if now - at < seconds}
            others = len(self._tabs.keys() - {tab})
            self._tabs[tab] = now
            return others

    def tab_is_gone(self, tab: str) -> None:
        with self._lock:
            self._tabs.pop(tab, None)
