"""What became of the networks, and a person's word on it: taking one back, promoting by hand, a hold; written down as such."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable
from typing import Any

from posetune.errors import PosetuneError
from posetune.progress import counted
from posetune.store.registry import entry as kinds
from posetune.store.registry.entry import Entry
from posetune.store.registry.log import Moved
from posetune.store.registry.registry import Registry
from posetune.store.registry.state import State, fold

_BY = "a person"
#: How often a decision is made anew because somebody else was faster.
_TRIES = 5


def sentences(registry: Registry) -> list[str]:
    """A line for each entry of the log that somebody may care for; of evidence that grew from pass to pass, the newest."""
    state, lines = State(), []
    outgrown = _outgrown(registry.log.entries)
    for entry in registry.log.entries:
        live, state = state.live, fold([entry], state)
        said = "" if entry.number in outgrown else _sentence(entry, state, live)
        if said:
            when = datetime.datetime.fromtimestamp(entry.time, datetime.UTC).strftime("%Y-%m-%d %H:%M")
            lines.append(f"{entry.number:>5}  {when}  {said}")
    return lines


def _outgrown(entries: Iterable[Entry]) -> set[int]:
    """The numbers of entries of evidence that a later one on the same network repeats, with nothing decided between."""
    numbers: set[int] = set()
    last: dict[str, int] = {}
    for entry in entries:
        if entry.kind != kinds.EVIDENCE or "restarted" in entry.body:
            last = {}
            continue
        network = str(entry.body.get("network", ""))
        if network in last:
            numbers.add(last[network])
        last[network] = entry.number
    return numbers


def _sentence(entry: Entry, state: State, live: str) -> str:
    """``state``: after the entry; ``live``: before it."""
    body, title = entry.body, state.title(str(entry.body.get("network", "")))
    why = str(body.get("why", ""))
    unproven = "" if body.get("proven") else " (unproven)"
    texts = {
        kinds.REGISTER: f"{title} registered",
        kinds.CHALLENGE: f"{title} challenges {state.title(str(body.get('live', '')))}",
        kinds.PROMOTE: f"{title} promoted{unproven}: {why}",
        kinds.REFUSE: f"{title} refused: {why}",
        kinds.ROLLBACK: f"{state.title(live)} taken back, {title} live again{unproven}: {why}",
        kinds.EXPIRE: f"{title} no longer on trial: {why}",
        kinds.HOLD: f"on hold: {why}",
        kinds.RELEASE: f"hold ended: {why}",
    }
    if entry.kind == kinds.EVIDENCE:
        if "restarted" in body:
            return f"evidence begun anew: {why}"
        units, wealth = int(body.get("units", 0)), math.exp(min(float(body.get("log_e", 0)), 700.0))
        who = f"{counted(units, 'audited person has', 'audited people have')} judged"
        return f"{title}: {who}, wealth {wealth:.3g} of {float(body.get('threshold', 100)):g}"
    return texts.get(entry.kind, "")


def to_json(registry: Registry) -> dict[str, Any]:
    """The whole log, and what it comes to."""
    state = registry.state
    return {
        "live": state.live, "challenger": state.challenger, "shadow": state.shadow, "held": state.held,
        "faults": registry.faults,
        "terms": [{"number": t.number, "network": t.network, "why": t.why, "proven": t.proven} for t in state.terms],
        "entries": [entry.to_json() for entry in registry.log.entries],
    }  # fmt: skip


def rollback(registry: Registry, why: str, to: str | None = None) -> str:
    """Make a network live again that was live: ``to`` as :func:`found` takes it, None the one before the live one. Its title.

    Again goes back further, never forth to what was taken back: two who see the same fault may both say so. Raises
    PosetuneError where there is none before, or ``to`` never was live.
    """

    def decide(state: State) -> tuple[str, dict[str, Any]]:
        lived = [term.network for term in state.terms]
        if to is None and registry.doubt:
            raise PosetuneError(registry.doubt)
        if to is None:
            target = before(registry)
            if not target:
                later = any(network != state.live for network in lived)
                raise PosetuneError(
                    f"No network was live before {state.title(state.live)}: "
                    + ("--to NAME makes a later one live again." if later else "there is nothing to go back to.")
                )
        else:
            target = found(state, to)
            if target not in lived:
                raise PosetuneError(
                    f"{state.title(target)} never was live; posetune learn promote makes it so, unproven."
                )
            if target == state.live and not registry.doubt:
                raise PosetuneError(f"{state.title(target)} is live already.")
        return kinds.ROLLBACK, {"network": target, "from": state.live, "why": why, "proven": False}

    return _decided(registry, decide, check=True)


def before(registry: Registry) -> str:
    """The network that a rollback makes live again where none is named; "" where there is none, or nobody can tell."""
    networks = [network for network in _standing(registry.log.entries) if network != registry.state.live]
    return "" if registry.doubt or not networks else networks[-1]


def _standing(entries: Iterable[Entry]) -> list[str]:
    """The promotions that nobody took back, by network, the first one first."""
    networks: list[str] = []
    for entry in entries:
        network = str(entry.body.get("network", ""))
        if entry.kind == kinds.ROLLBACK and network in networks:
            last = len(networks) - 1 - networks[::-1].index(network)
            del networks[last + 1 :]
        elif entry.kind in (kinds.PROMOTE, kinds.ROLLBACK):
            networks.append(network)
    return networks


def promote(registry: Registry, which: str, why: str) -> str:
    """Make a registered network live by hand; it is written down as unproven. Its title."""

    def decide(state: State) -> tuple[str, dict[str, Any]]:
        target = found(state, which)
        if target == state.live and not registry.doubt:
            raise PosetuneError(f"{state.title(target)} is live already.")
        return kinds.PROMOTE, {"network": target, "from": state.live, "why": why, "proven": False}

    return _decided(registry, decide, check=True)


def hold(registry: Registry, why: str) -> None:
    """Nothing is promoted by itself from here on."""
    _decided(registry, lambda state: (kinds.HOLD, {"why": why}))


def release(registry: Registry, why: str) -> None:
    """End of a hold. Raises PosetuneError where there is none."""

    def decide(state: State) -> tuple[str, dict[str, Any]]:
        if not state.held:
            raise PosetuneError("Nothing is on hold.")
        return kinds.RELEASE, {"why": why}

    _decided(registry, decide)


def found(state: State, which: str) -> str:
    """The sha256 of a registered network by its hash or the beginning of it, its name, or the number of an entry that names it."""
    matches = [n.sha256 for n in state.networks.values() if n.sha256.startswith(which) or n.about.get("name") == which]
    if which.isdecimal():
        matches = [t.network for t in state.terms if t.number == int(which)] or matches
    if len(matches) != 1:
        what = "no network" if not matches else "several networks"
        raise PosetuneError(f"The registry has {what} called {which!r}; posetune registry list names them.")
    return matches[0]


def _decided(registry: Registry, decide: Any, check: bool = False) -> str:
    """Write down what ``decide`` says of the state as it is. ``check``: the network has to be whole."""
    for _ in range(_TRIES):
        kind, body = decide(registry.refresh())
        if check:
            registry.read(body["network"])
        try:
            registry.append(kind, body, _BY)
        except Moved:
            continue
        return registry.state.title(str(body.get("network", "")))
    raise PosetuneError(f"The registry {registry.name} is written to without a pause; try again.")
