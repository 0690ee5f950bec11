"""The gate: what follows from the evidence and the guards. Pure; who acts on it are ``learn.round`` and ``learn.entering``."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from posetune.learn.evidence import Evidence
from posetune.learn.guards import Check
from posetune.learn.rules import Rules
from posetune.progress import counted


@dataclass(frozen=True)
class Ruling:
    """``what``: "wait", "promote", "refuse", "rollback" or "expire"; ``why``: one sentence; ``reasons``: sentences behind it."""

    what: Literal["wait", "promote", "refuse", "rollback", "expire"]
    why: str
    reasons: tuple[str, ...] = ()


def guarded(checks: Sequence[Check]) -> Ruling:
    """Whether a challenger forgets nothing: "promote" where nothing failed, as far as the guards go; what could not be shown
    comes first among the reasons.
    """
    failed = tuple(check.said for check in checks if check.passed is False)
    if failed:
        return Ruling("refuse", f"{len(failed)} of {len(checks)} checks failed: {failed[0]}", failed)
    unshown = tuple(check.said for check in checks if check.passed is None)
    passed = tuple(check.said for check in checks if check.passed)
    why = f"{len(passed)} checks passed{f', {len(unshown)} could not be shown' if unshown else ''}."
    return Ruling("promote", why, (*unshown, *passed))


def audited(units: int) -> str:
    """Of how many people evidence is."""
    return counted(units, "audited person", "audited people")


def on_challenger(evidence: Evidence, against: Evidence, rules: Rules) -> Ruling:
    """``against``: of the same people, that the challenger is worse; it needs only the wealth of a rollback."""
    so_far = f"{audited(evidence.units)}, wealth {math.exp(evidence.log_e):.3g} of {evidence.threshold:g}"
    if evidence.enough:
        return Ruling("promote", f"It errs less on audited people ({so_far}; about {evidence.gain:.0%} less).")
    if against.log_most >= math.log(rules.back):
        return Ruling("refuse", f"It errs more on audited people ({so_far}; about {-evidence.gain:.0%} more).")
    if evidence.units >= rules.most_units:
        return Ruling("refuse", f"A gain was not shown ({so_far}).")
    if evidence.units >= rules.hopeless_units and evidence.log_e < math.log(rules.hopeless):
        return Ruling("refuse", f"No gain is seen ({so_far}).")
    return Ruling("wait", f"The evidence is not enough yet ({so_far}).")


def makes_room(evidence: Evidence, learned_from: int, new: int, rules: Rules) -> Ruling | None:
    """Whether a challenger for which little speaks makes room for the next: ``new`` corrections have come since it was trained on
    ``learned_from``; None where it stays.
    """
    little = evidence.units >= rules.stale_units and evidence.log_e < math.log(rules.stale)
    if not little or new < max(rules.least_new, learned_from / 2):
        return None
    return Ruling(
        "expire", f"Little speaks for it after {audited(evidence.units)}, and {new} new corrections have come."
    )


def on_shadow(evidence: Evidence, rules: Rules) -> Ruling:
    """``evidence``: that the network before errs less than the live one, since the promotion."""
    so_far = f"{audited(evidence.units)}, wealth {math.exp(evidence.log_e):.3g} of {evidence.threshold:g}"
    if evidence.enough:
        return Ruling("rollback", f"It errs less on audited people than what came after it ({so_far}).")
    if evidence.units >= rules.shadow_units:
        return Ruling("expire", f"Live before, and nothing spoke for it ({so_far}).")
    return Ruling("wait", f"Live before, and still measured beside ({so_far}).")
