"""Whom a network may know, and does not err on as on others: people who were corrected, and scenes that it learned from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from posetune.store.correction import Correction

#: What a set calls a clip that it knows by its frames' names; nothing but "frame" says too little of it.
_CLIP, _BARE = "clip:", "frame"


@dataclass(frozen=True)
class Known:
    """``people``: (image, subject) of all that were corrected, whatever was thought of it; ``scenes``: names of what was learned
    from.
    """

    people: frozenset[tuple[str, int]] = frozenset()
    scenes: frozenset[str] = frozenset()

    @classmethod
    def of(cls, before: Iterable[Correction], learned_from: Collection[int]) -> Known:
        """``before``: what there was when the network was frozen; ``learned_from``: numbers of corrections."""
        people, scenes, numbers = set(), set(), set(learned_from)
        for unit in before:
            if unit.kind == "correction":
                people.add((unit.image, unit.subject))
            if unit.number in numbers:
                scenes.update(_names(unit))
        return cls(frozenset(people), frozenset(scenes))

    def person(self, unit: Correction) -> bool:
        return (unit.image, unit.subject) in self.people

    def scene(self, unit: Correction) -> bool:
        return not self.scenes.isdisjoint(_names(unit))


@dataclass(frozen=True)
class LeftOut:
    """Audits that judge nothing: how many ``people`` as they were corrected before; how many of each of the ``scenes`` that were
    learned from.
    """

    people: int
    scenes: Counter[str]

    @classmethod
    def of(cls, audits: Iterable[Correction], known: Known) -> LeftOut:
        people: set[tuple[str, int]] = set()
        scenes: dict[tuple[str, int], str] = {}
        for unit in audits:
            if known.person(unit):
                people.add((unit.image, unit.subject))
            elif known.scene(unit):
                scenes[unit.image, unit.subject] = unit.scene
        return cls(len(people), Counter(scenes.values()))


def _names(unit: Correction) -> set[str]:
    """A scene by its name; a clip also by whose it is and what it is called, as sets name its folder and offers do not."""
    name, of_set = unit.scene.removeprefix(_CLIP), unit.scene.startswith(_CLIP)
    clip = name.rpartition("/")[2]
    if clip == _BARE or not (of_set or "/" in name):
        return {unit.scene}
    return {unit.scene, f"{unit.owner}\0{clip}"}
