"""Looks over a whole registry: a sentence for each thing that is wrong, and for each that is only worth knowing."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from posetune.errors import PosetuneError
from posetune.progress import clock
from posetune.store.registry.entry import COPIES, FOLDER, name_of, parsed
from posetune.store.registry.registry import NETWORKS, Registry

#: Clocks that are apart by less are not worth a word, seconds.
_CLOCKS = 300.0


@dataclass(frozen=True)
class Verdict:
    """``faults``: what is damaged or missing; ``notes``: what is odd and does no harm. ``entries``, ``networks``: how many."""

    entries: int
    networks: int
    faults: tuple[str, ...]
    notes: tuple[str, ...]


def verify(registry: Registry, now: Callable[[], float] = time.time) -> Verdict:
    """Read every entry, its copy, and every file of every network."""
    faults = [*registry.faults, *_copies(registry)]
    state = registry.state
    for network in state.networks.values():
        for file in network.files:
            try:
                registry.read(network.sha256, file)
            except PosetuneError as error:
                role = {state.live: " It is the live one.", state.challenger: " It is the challenger."}
                faults.append(f"{error}{role.get(network.sha256, '')}")
    if state.live and state.live not in state.networks:
        faults.append(f"The live network {state.live[:8]} was never registered.")
    notes = [*_clocks(registry, now())]
    strangers = set(registry.place.folders(NETWORKS)) - state.networks.keys()
    if strangers:
        notes.append(
            f"{len(strangers)} network{'s' * (len(strangers) > 1)} lie{'s' * (len(strangers) == 1)} there without an entry: "
            "whoever wrote did not come to an end; it does no harm."
        )
    return Verdict(len(registry.log.entries), len(state.networks), tuple(faults), tuple(notes))


def _copies(registry: Registry) -> list[str]:
    """A sentence for each copy that would not stand in for its entry; the newest entry's may be missing, as its writer died."""
    faults = []
    for entry in registry.log.entries:
        if entry.number in registry.log.faults:
            continue
        name = name_of(entry.number)
        content = registry.place.read(f"{COPIES}/{name}")
        copy = None if content is None else parsed(content, entry.number)
        if copy == entry or (content is None and entry.number == registry.log.last):
            continue
        what = "is missing" if content is None else "is damaged" if copy is None else "is of another entry"
        faults.append(
            f"The copy of entry {entry.number} of the log {what}: put {FOLDER}/{name} there as {COPIES}/{name}."
        )
    return faults


def _clocks(registry: Registry, now: float) -> list[str]:
    notes = []
    newest = 0.0
    for entry in registry.log.entries:
        if newest - entry.time > _CLOCKS:
            notes.append(
                f"Entry {entry.number} says that it was written {clock(newest - entry.time)} before one that it follows: a clock "
                "was wrong. The order is that of the numbers; no harm is done."
            )
        newest = max(newest, entry.time)
    if newest - now > _CLOCKS:
        notes.append(
            f"The log's newest time is {clock(newest - now)} ahead of this machine's clock; the order is right."
        )
    return notes
