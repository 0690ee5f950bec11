"""Which images a set has, who is in them, and which to look at next: held in memory, whatever the size of the set."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath

import msgspec
import numpy as np

from posetune.data.origin import CORRECTED, REJECTED, VERIFIED, status_of
from posetune.label import doubts
from posetune.label.actions import Id
from posetune.label.label_file import ANNOTATIONS, ImageHead, LabelFile, PersonHead
from posetune.label.order import in_time
from posetune.landmarks import COUNT

#: An image is doubtful from this score on.
SUSPECT = 0.3
_SEEN = (CORRECTED, VERIFIED, REJECTED)


@dataclass(frozen=True)
class Place:
    """``number``: of the image, from 0; ``id``: in the label file, None for one that is not there."""

    number: int
    name: str
    id: Id | None


class SetIndex:
    """``names``: of all images, in the label file's order but frames of a clip in theirs, then those that lie beside them;
    ``people``: image id → ids of people; ``statuses``: person id → status.
    """

    def __init__(
        self, file: LabelFile, pictures: Iterable[str], elsewhere: Collection[str], hints: Mapping[str, float]
    ) -> None:
        """``pictures``: names of the files in the set's folder; ``elsewhere``: names that other splits have; ``hints``: name → how
        doubtful an image is at least.
        """
        self._hints = {name.removeprefix("images/"): score for name, score in hints.items()}
        heads = in_time(list(file.images()), lambda head: (head.source, head.frame))
        self.names = list(dict.fromkeys(head.file_name for head in heads))
        self._ids: dict[str, Id] = {}
        for head in heads:
            self._ids.setdefault(head.file_name, head.id)
        known = {*self.names, *elsewhere, *(f"images/{n}" for n in elsewhere)} | {
            n.removeprefix("images/") for n in (*self.names, *elsewhere)
        }
        self.names += [name for name in pictures if name not in known]
        self._numbers = {name: number for number, name in enumerate(self.names)}
        self._short: dict[str, int] | None = None
        self._image_status = {head.id: status_of(head.status) for head in heads}
        self.people: dict[Id | None, list[Id]] = {}
        self.statuses: dict[Id, str | None] = {}
        #: How many people have each status.
        self.counts: Counter[str | None] = Counter()
        self._scores = np.zeros(len(self.names), np.float32)
        self._done = np.zeros(len(self.names), bool)
        self._read_people(file)

    def _read_people(self, file: LabelFile) -> None:
        number_of = {self._ids[name]: number for name, number in self._numbers.items() if name in self._ids}
        people = file.people()
        while part := list(itertools.islice(people, 2048)):  # a large set's coordinates are not all held at once
            for person, score in zip(part, doubts.scores(*_arrays(part)).tolist(), strict=True):
                self.people.setdefault(person.image_id, []).append(person.id)
                status = _status(person)
                self._put_status(person.id, status)
                number = number_of.get(person.image_id)
                if number is not None and status not in _SEEN:
                    self._scores[number] = max(self._scores[number], score)
        for number, name in enumerate(self.names):
            self._done[number] = self._is_done(self.place(number).id)
            self._scores[number] = max(self._scores[number], self._hint(name))

    def _put_status(self, key: Id, status: str | None) -> None:
        self._drop_status(key)
        self.statuses[key] = status
        self.counts[status] += 1

    def _drop_status(self, key: Id) -> None:
        if key in self.statuses:
            self.counts[self.statuses.pop(key)] -= 1

    def _hint(self, name: str) -> float:
        return self._hints.get(name.removeprefix("images/"), 0.0)

    def place(self, number: int) -> Place:
        name = self.names[number]
        return Place(number, name, self._ids.get(name))

    def find(self, name: str) -> Place | None:
        """The image called ``name``: as the set has it, or its last part, or that without its ending; the first that fits."""
        number = self._numbers.get(name)
        if number is None:
            if self._short is None:
                self._short = {}
                for i, full in enumerate(self.names):
                    path = PurePosixPath(full)
                    for short in (path.name, str(path.with_suffix("")), path.stem):
                        self._short.setdefault(short, i)
            number = self._short.get(name)
        return None if number is None else self.place(number)

    @property
    def done_count(self) -> int:
        return int(self._done.sum())

    def is_done(self, number: int) -> bool:
        """Whether somebody has seen to the image."""
        return bool(self._done[number])

    def _is_done(self, image: Id | None) -> bool:
        status = self._image_status.get(image) if image is not None else None
        if status is not None:
            return status == VERIFIED
        members = self.people.get(image, ()) if image is not None else ()
        return bool(members) and all(self.statuses[person] in _SEEN for person in members)

    def score(self, number: int) -> float:
        return float(self._scores[number])

    def suspects(self) -> int:
        """How many images that nobody has seen to are doubtful."""
        return int(((self._scores >= SUSPECT) & ~self._done).sum())

    def next_open(self, number: int) -> int | None:
        """The next image that nobody has seen to, round the end; None if there is no other."""
        open_ = np.flatnonzero(~self._done)
        open_ = open_[open_ != number]
        if not len(open_):
            return None
        after = open_[open_ > number]
        return int(after[0] if len(after) else open_[0])

    def next_suspect(self, number: int, back: bool = False) -> int | None:
        """The doubtful image after this one (``back``: before it) in the order of doubt, round the end; those that somebody has
        seen to are passed over. None if there is no other. From an image that is not doubtful it begins with the most doubtful.
        """
        scores, numbers = self._scores, np.arange(len(self._scores))
        doubtful = (scores >= SUSPECT) & ~self._done
        among = doubtful & (numbers != number)
        if not among.any():
            return None
        mine = scores[number]
        if doubtful[number]:
            ties = scores == mine
            beyond = (
                (scores > mine) | (ties & (numbers < number)) if back else (scores < mine) | (ties & (numbers > number))
            )
            among = among & beyond if (among & beyond).any() else among
        if back and doubtful[number]:
            least = np.where(among, scores, np.inf)
            return int(len(scores) - 1 - least[::-1].argmin())
        return int(np.where(among, scores, -1.0).argmax())

    def renew(self, file: LabelFile, table: str, key: Id, place: Place) -> None:
        """An entry was changed by an action on the image ``place``."""
        raw = file.rows[table].get(key)
        if table == ANNOTATIONS:
            image = self._ids.get(place.name, place.id)
            if raw is None:
                self._drop_status(key)
                for members in self.people.values() if image is None else [self.people.get(image, [])]:
                    if key in members:
                        members.remove(key)
            else:
                head = msgspec.json.decode(raw, type=PersonHead)
                self._put_status(key, _status(head))
                members = self.people.setdefault(head.image_id, [])
                if key not in members:
                    members.append(key)
                    self._in_file_order(members, file)
        elif raw is None:
            self._ids.pop(place.name, None)
            self._image_status.pop(key, None)
        else:
            image_head = msgspec.json.decode(raw, type=ImageHead)
            self._ids[place.name] = key
            self._image_status[key] = status_of(image_head.status)
        self._renew_place(place.number, file)

    def _in_file_order(self, members: list[Id], file: LabelFile) -> None:
        """Who is deleted and comes back stands where they stood."""
        rank = {key: i for i, key in enumerate(k for k in file.rows[ANNOTATIONS] if k in set(members))}
        members.sort(key=lambda key: rank.get(key, len(rank)))

    def _renew_place(self, number: int, file: LabelFile) -> None:
        image = self.place(number).id
        self._done[number] = self._is_done(image)
        raws = [file.rows[ANNOTATIONS].get(key) for key in self.people.get(image, ())] if image is not None else []
        people = [msgspec.json.decode(raw, type=PersonHead) for raw in raws if raw is not None]
        unseen = [p for p in people if _status(p) not in _SEEN]
        own = float(doubts.scores(*_arrays(unseen)).max()) if unseen else 0.0
        self._scores[number] = max(own, self._hint(self.names[number]))


def _status(person: PersonHead) -> str | None:
    origin = person.origin if isinstance(person.origin, Mapping) else {}
    return status_of(person.status) or status_of(origin.get("status"))


def _arrays(people: Sequence[PersonHead]) -> tuple[np.ndarray, np.ndarray]:
    """(N, 33, 3) and (N, 33), NaN for no confidence."""
    keypoints = np.zeros((len(people), COUNT, 3))
    confidence = np.full((len(people), COUNT), np.nan)
    for i, person in enumerate(people):
        if person.keypoints:
            keypoints[i] = np.array(person.keypoints).reshape(COUNT, 3)
        origin = person.origin if isinstance(person.origin, Mapping) else {}
        said = origin.get("confidence")
        if isinstance(said, list) and len(said) == COUNT:
            confidence[i] = [np.nan if not isinstance(c, (int, float)) else c for c in said]
    return keypoints, confidence
