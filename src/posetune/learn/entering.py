"""How a network becomes the challenger."""

from __future__ import annotations

import hashlib
from typing import Any

from posetune.learn import gate
from posetune.learn.cards import card
from posetune.learn.guarding import Guarding
from posetune.learn.guards import Check, Guard
from posetune.learn.turn import BY, Turn
from posetune.progress import Reporter
from posetune.store.corrections import Corrections
from posetune.store.registry import entry as kinds
from posetune.store.registry.registry import Registry


class Entering:
    """``turn``: that of the pass in which networks enter."""

    def __init__(
        self, registry: Registry, store: Corrections, guarding: Guarding, turn: Turn, report: Reporter
    ) -> None:
        self._registry, self._store, self._guarding, self._turn, self._report = registry, store, guarding, turn, report

    def enter(self, content: bytes, about: dict[str, Any], held: tuple[Guard, ...], checks: list[Check]) -> None:
        """Register a network, and freeze it as the challenger, or refuse it at once. ``checks``: what the guards ``held`` say."""
        sha256 = hashlib.sha256(content).hexdigest()
        networks = {
            "challenger": self._guarding.network(sha256),
            "live": self._guarding.network(self._registry.state.live),
        }
        files = card(about, checks, held, networks)
        title = self._registry.add(content, ".tflite", about, files, BY).title
        state = self._registry.refresh()
        if any(term.network == sha256 for term in state.terms):
            self._report.say(f"{title} is or was live already.")
            return
        ruling = gate.guarded(checks)
        if ruling.what == "refuse":
            self._turn.append(kinds.REFUSE, {"network": sha256, "why": ruling.why, "reasons": list(ruling.reasons)})
            self._report.say(f"Refused: {title}. {ruling.why}")
            return
        frozen_at = int(about.get("frozen_at", self._store.newest()))
        body = {"network": sha256, "live": state.live, "frozen_at": frozen_at, "reasons": list(ruling.reasons)}
        self._turn.append(kinds.CHALLENGE, body)
        self._report.say(
            f"{title} challenges {state.title(state.live)}: {ruling.why} Audited people judge from here on."
        )
