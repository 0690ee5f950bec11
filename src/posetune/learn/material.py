"""What a training learns from, what it is chosen on, and what it must not get worse at: three parts that share no scene."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from posetune.data.convert import convert
from posetune.data.dataset import has_split, load_dataset
from posetune.data.people import Dataset, Person
from posetune.data.reviewed import seen
from posetune.data.stratify import merged
from posetune.learn.guards import Guard
from posetune.learn.ordinary import PICTURES, ordinary_people
from posetune.learn.people import group_of, labelled
from posetune.learn.rules import Rules
from posetune.measure.metrics import scorable
from posetune.progress import Reporter, Say
from posetune.store.correction import Correction
from posetune.store.corrections import Corrections

TRAIN, VAL, GUARD = "train", "val", "guard"
#: Of 256 scenes so many are chosen on and so many are kept apart to be guarded; fewer than this many scenes all train.
_VAL_OF_256, _GUARD_OF_256 = 32, 38
_FEW_SCENES = 12
#: A guard of more people than this is thinned out evenly: it says no more for the time it takes.
_GUARD_PEOPLE = 500
ORDINARY = "ordinary people"


def part_of(group: str) -> str:
    """Which part a scene is of, the same every time: by the hash of its name."""
    byte = hashlib.sha256(f"part {group}".encode()).digest()[0]
    return GUARD if byte < _GUARD_OF_256 else VAL if byte < _GUARD_OF_256 + _VAL_OF_256 else TRAIN


@dataclass(frozen=True)
class Sets:
    """``data``: the set that was trained on before there were corrections; ``everyday``: one of everyday people, to be guarded, not
    trained on. None: there is none. ``ordinary``: how many pictures of ordinary people are rendered to be guarded.
    """

    data: Path | None = None
    everyday: Path | None = None
    ordinary: int = PICTURES


@dataclass(frozen=True, eq=False)
class Material:
    """``train``, ``val``: what is learned from and chosen on; train None where there is nothing, val where the trainer has to
    divide; ``guards``: what nothing was trained on; ``learned_from``: the numbers of the corrections in ``train`` and ``val``.
    """

    train: Dataset | None
    val: Dataset | None
    guards: tuple[Guard, ...]
    learned_from: tuple[int, ...]

    def write(self, folder: Path) -> None:
        """As a data set folder for the trainer; pictures are linked."""
        assert self.train is not None
        parts = {TRAIN: self.train}
        if self.val is not None:
            parts[VAL] = self.val
        convert(parts, folder, "coco")


def gather(
    units: Sequence[Correction],
    store: Corrections,
    sets: Sets,
    folder: Path,
    report: Reporter,
    known: Collection[int] = (),
) -> Material:
    """``units``: the corrections to learn from, bounded as ``store.shares`` does; ``folder``: for pictures, for as long as the
    pass runs; ``known``: the numbers of corrections that are not to be guarded, as the network in question learned from them.
    """
    say = report.say
    pairs = labelled(units, store, folder / "pictures", say)
    few = len({group_of(unit) for unit, _ in pairs}) < _FEW_SCENES
    part = {unit.number: TRAIN if few else part_of(group_of(unit)) for unit, _ in pairs}
    new = {
        name: _dataset(name, [p for u, p in pairs if part[u.number] == name], folder / "pictures")
        for name in (TRAIN, VAL)
    }
    old = first_set(sets.data, say) if sets.data is not None else {}
    parts = {name: [d for d in (old.get(name), new[name]) if d is not None and d.people] for name in (TRAIN, VAL)}
    guards = [_ordinary(sets.ordinary, report)]
    if sets.everyday is not None:
        guards.append(_guard("everyday people", _everyday(sets.everyday, say)))
    if GUARD in old:
        guards.append(_guard("the first set", old[GUARD].people))
    apart = [(u.domain, p) for u, p in pairs if part[u.number] == GUARD and u.number not in known and scorable(p)]
    guards += _domains(apart)
    train, val = (merged(parts[name]) if parts[name] else None for name in (TRAIN, VAL))
    learned_from = tuple(unit.number for unit, _ in pairs if part[unit.number] != GUARD)
    return Material(train, val, tuple(guard for guard in guards if guard.people), learned_from)


def _domains(people: Sequence[tuple[str, Person]]) -> list[Guard]:
    """A guard for each domain (the set that a correction came in) of enough people, and one for all others."""
    counts = Counter(domain for domain, _ in people)
    own = [domain for domain, count in counts.items() if domain and count >= Rules.least_guard]
    found = [_guard(f"corrected people of {domain}", [p for d, p in people if d == domain]) for domain in own]
    return [*found, _guard("corrected people", [p for d, p in people if d not in own])]


def _dataset(name: str, people: Sequence[Person], root: Path) -> Dataset:
    images = tuple({id(p.image): p.image for p in people}.values())
    return Dataset(name, images, tuple(people), (), (), root)


def _guard(name: str, people: Sequence[Person]) -> Guard:
    usable = [p for p in people if scorable(p)]
    step = -(-len(usable) // _GUARD_PEOPLE)
    return Guard(name, tuple(usable[:: max(1, step)]))


def _ordinary(pictures: int, report: Reporter) -> Guard:
    """Rendered people; others than those whom a trainer looks at when it chooses how much of the new weights to take."""
    people = ordinary_people(pictures, report)
    return Guard(ORDINARY, tuple(p for p in people if scorable(p)), must_show=True)


def _everyday(data: Path, say: Say) -> list[Person]:
    split = next((name for name in ("test", "dev", "val", "train") if has_split(data, name)), "train")
    return list(seen(load_dataset(data, split), say).people)


def first_set(data: Path, say: Say) -> dict[str, Dataset]:
    """The set that was trained on: its train, and its val divided by groups into what is chosen on and what is guarded. Where it
    has a dev or test that is guarded instead; where it has no val it is divided as corrections are.
    """
    train = seen(load_dataset(data, "train"), say)
    held = next((name for name in ("test", "dev") if has_split(data, name)), None)
    parts: dict[str, Dataset] = {TRAIN: train}
    if has_split(data, "val"):
        val = seen(load_dataset(data, "val"), say)
        if held is not None:
            return {TRAIN: train, VAL: val, GUARD: seen(load_dataset(data, held), say)}
        halves = {group: _half(group) for group in val.groups}
        for name in (VAL, GUARD):
            parts[name] = val.keep([i for i in val.images if halves[i.group] == name], name)
        return parts
    places = {group: part_of(group) for group in train.groups}
    if len(places) < _FEW_SCENES:
        return parts
    for name in (TRAIN, VAL, GUARD):
        parts[name] = train.keep([i for i in train.images if places[i.group] == name], name)
    if held is not None:
        parts[GUARD] = seen(load_dataset(data, held), say)
    return parts


def _half(group: str) -> str:
    return GUARD if hashlib.sha256(f"half {group}".encode()).digest()[0] % 2 else VAL
