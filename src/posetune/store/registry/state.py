"""What the log's entries come to: which network is live, which challenges it, which stands in its shadow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from posetune.store.registry import entry as kinds
from posetune.store.registry.entry import Entry


@dataclass(frozen=True)
class Registered:
    """A network of the registry. ``files``: its files → sha256 of each; the network itself is ``file``. ``about``: where it is
    from, how it was trained, how it measured.
    """

    sha256: str
    number: int
    file: str
    files: Mapping[str, str]
    about: Mapping[str, Any]

    @property
    def title(self) -> str:
        """What people call it: the name it was given and the beginning of its hash."""
        return f"{self.about.get('name') or 'network'} {self.sha256[:8]}"


@dataclass(frozen=True)
class Term:
    """A time that a network was live, from the entry ``number`` on. ``proven``: promoted on evidence, or its own predecessor's
    rollback; not by hand.
    """

    number: int
    network: str
    why: str
    proven: bool


@dataclass(frozen=True)
class State:
    """``live``: sha256, "" before the first promotion. ``challenger``: with the entry ``challenge`` that froze it; ``shadow``: the
    network that was live before and is still measured beside, since the entry ``shadow_since``. ``held``: why nothing is promoted
    by itself; "" where that is free. ``restarted``: verdicts of the store up to that number do not count, as what was
    looked at changed, in the entry ``restarted_at``. ``last``: the number of the newest entry.
    """

    last: int = 0
    live: str = ""
    networks: Mapping[str, Registered] = field(default_factory=dict)
    terms: tuple[Term, ...] = ()
    challenger: str = ""
    challenge: Entry | None = None
    shadow: str = ""
    shadow_since: Entry | None = None
    held: str = ""
    restarted: int = 0
    restarted_at: int = 0
    settings: Mapping[str, Any] = field(default_factory=dict)

    def title(self, sha256: str) -> str:
        """A network for people, whether it is registered or not; "" is none."""
        if not sha256:
            return "no network"
        found = self.networks.get(sha256)
        return found.title if found is not None else f"network {sha256[:8]}"


def fold(entries: Iterable[Entry], state: State | None = None) -> State:
    """The state after ``entries``, in their order, that follow ``state``."""
    state = state or State()
    for entry in entries:
        state = replace(_after(state, entry), last=entry.number)
    return state


def _after(state: State, entry: Entry) -> State:
    body = entry.body
    network = str(body.get("network", ""))
    if entry.kind == kinds.INIT:
        return replace(state, settings=dict(body))
    if entry.kind == kinds.REGISTER:
        known = Registered(network, entry.number, str(body["file"]), body["files"], body["about"])
        return replace(state, networks={**state.networks, network: known})
    if entry.kind == kinds.CHALLENGE:
        return replace(state, challenger=network, challenge=entry)
    if entry.kind == kinds.PROMOTE:
        term = Term(entry.number, network, str(body.get("why", "")), bool(body.get("proven")))
        return replace(
            state, live=network, terms=(*state.terms, term), challenger="", challenge=None, shadow=state.live,
            shadow_since=entry if state.live else None,
        )  # fmt: skip
    if entry.kind == kinds.ROLLBACK:
        term = Term(entry.number, network, str(body.get("why", "")), bool(body.get("proven")))
        return replace(
            state, live=network, terms=(*state.terms, term), challenger="", challenge=None, shadow="", shadow_since=None
        )
    if entry.kind in (kinds.REFUSE, kinds.EXPIRE):
        if network == state.challenger:
            return replace(state, challenger="", challenge=None)
        if network == state.shadow:
            return replace(state, shadow="", shadow_since=None)
        return state
    if entry.kind == kinds.EVIDENCE and "restarted" in body:
        return replace(state, restarted=int(body["restarted"]), restarted_at=entry.number)
    if entry.kind == kinds.HOLD:
        return replace(state, held=str(body.get("why")) or "held")
    if entry.kind == kinds.RELEASE:
        return replace(state, held="")
    return state
