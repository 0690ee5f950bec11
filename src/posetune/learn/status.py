"""How it stands, in plain words and as figures: what is live, what challenges it, how much evidence is missing and for how long."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from posetune.errors import PosetuneError
from posetune.learn import trial
from posetune.learn.gate import audited
from posetune.learn.rules import Rules
from posetune.progress import counted
from posetune.store.corrections import Corrections
from posetune.store.database import Database
from posetune.store.evidence import Evidence as Verdicts
from posetune.store.evidence import Verdict
from posetune.store.known import LeftOut
from posetune.store.registry.entry import ROLLBACK
from posetune.store.registry.registry import Registry
from posetune.store.runs import LEARNING, Leases, Runs

_WEEK = 7 * 86_400.0
#: The pace is that of so long before now.
_PACE_OVER = 8 * _WEEK


@dataclass(frozen=True)
class Status:
    """``sentences``: for people. ``figures``: the same for programs (docs/reference/learning.md). ``damaged``: the file of a
    network that is live, challenges, or stands in the shadow is not whole, or it cannot be told which one is live.
    """

    sentences: tuple[str, ...]
    figures: dict[str, Any]
    damaged: bool = False


def status(registry: Registry, database: Database, rules: Rules, now: Callable[[], float] = time.time) -> Status:
    """As the registry and the store have it; nothing is measured, nothing changed. The networks' files are read."""
    state = registry.state
    store, verdicts, runs = Corrections(database), Verdicts(database), Runs(database)
    said = [registry.doubt or f"Live is {state.title(state.live)}{_since(registry)}."]
    if registry.doubt:
        said.append("Servers answer with what they have; nothing is judged, trained or promoted until then.")
    figures: dict[str, Any] = {
        "live": state.live, "challenger": state.challenger, "shadow": state.shadow, "held": state.held,
        "entries": state.last, "trials": [], "faults": registry.faults, "doubt": registry.doubt,
        "damaged": damaged_files(registry),
    }  # fmt: skip
    said += figures["damaged"]
    for current in trial.trials(state, rules):
        sentence, found = _trial(current, verdicts, state.title(current.candidate), now(), rules)
        said.append(sentence)
        left_out = store.left_out(current.after, trial.learned_from(current, store, runs))
        said += _of_one_scene(found) + _left_out(left_out)
        left = {"corrected_before": left_out.people, "scene_learned_from": left_out.scenes.total()}
        figures["trials"].append({**found, "left_out": left})
    if not state.challenger:
        said.append(_nobody(trial.new_corrections(state, store), rules))
    counts = store.counts()
    figures["corrections"] = [{"kind": k, "status": s, "count": n} for (k, s), n in sorted(counts.items())]
    said.append(_counted(counts))
    waiting = len(store.unjudged(0))
    figures["audited_waiting"] = waiting
    marked = runs.marked()
    figures["marked"] = sorted(marked)
    said += [_marked(state.title(n), c) for n, c in marked.items()]
    if state.held:
        said.append(f"Nothing is promoted by itself until posetune learn release: {state.held}")
    holder = Leases(database).holder(LEARNING)
    figures["at_work"] = holder
    if holder:
        said.append(f"A pass is at work, or died there ({holder}: machine and process); the next one goes on with it.")
    said += [f"The registry: {fault}" for fault in registry.faults]
    figures["sentences"] = said
    return Status(tuple(said), figures, bool(figures["damaged"] or registry.doubt))


def damaged_files(registry: Registry) -> list[str]:
    """A sentence for the file of the live network, of the challenger and of the network in the shadow, where it is not whole: what,
    where, and what to do.
    """
    state, said = registry.state, []
    cures = {
        state.shadow: "It is the one that was live before, and cannot be taken back: put the file back from a copy.",
        state.challenger: "It is the challenger, and nobody judges it: put the file back from a copy.",
        state.live: "It is the live one: servers that have it answer on, others with the one before. Put the file back from a "
        "copy, or go back for good: posetune learn rollback --why TEXT.",
    }
    for sha256, cure in cures.items():
        if not sha256:
            continue
        try:
            registry.read(sha256)
        except PosetuneError as error:
            said.append(f"{error} {cure}")
    return said[::-1]


def _since(registry: Registry) -> str:
    terms = registry.state.terms
    if not terms:
        return ""
    entry = next((e for e in registry.log.entries if e.number == terms[-1].number), None)
    if entry is not None and entry.kind == ROLLBACK:
        return f", gone back to: {terms[-1].why}".rstrip(".")
    return f", {'proven' if terms[-1].proven else 'unproven'}: {terms[-1].why}".rstrip(".")


def _nobody(new: int, rules: Rules) -> str:
    if new >= rules.least_new:
        return (
            f"Nothing challenges it; {new} new corrections have come, and the next posetune learn run trains, unless its --least "
            "is more."
        )
    return f"Nothing challenges it; {new} of the {rules.least_new} new corrections have come that a training waits for (--least)."


def _marked(title: str, count: int) -> str:
    what = "a correction that was" if count == 1 else f"{count} corrections that were"
    return f"{title} learned from {what} forgotten since; the next training is without."


def _trial(
    current: trial.Trial, verdicts: Verdicts, title: str, now: float, rules: Rules
) -> tuple[str, dict[str, Any]]:
    judged = trial.counted(current, verdicts)
    evidence, _ = trial.evidence(current, verdicts)
    pace = _pace(trial.of_scenes(judged), now)
    missing = evidence.missing
    weeks = None if missing is None or not pace else missing / pace
    figures = {
        "kind": current.kind, "candidate": current.candidate, "live": current.live, "units": evidence.units,
        "wealth": math.exp(evidence.log_e), "threshold": evidence.threshold, "mean": evidence.mean, "gain": evidence.gain,
        "enough": evidence.enough, "units_missing": missing, "units_a_week": pace, "weeks_missing": weeks,
        "judged": len(judged),
    }  # fmt: skip
    who = (
        f"{title} challenges it"
        if current.kind == trial.FORWARD
        else f"{title}, live before, is still measured beside it"
    )
    if not evidence.units:
        since = "since the evidence began anew" if current.since else "yet"
        return (
            f"{who}; no audited person has judged {since}: posetune audit next draws some, without which nothing is proven.",
            figures,
        )
    wealth = f"wealth {math.exp(evidence.log_e):.3g} of {evidence.threshold:g}"
    stands = f"{who}: {audited(evidence.units)}, {wealth} (it began with 1)"
    if evidence.enough:
        return f"{stands}; that is enough.", figures
    if missing is None:
        return f"{stands}; so far they speak for nothing, so nobody can say how many more it takes.", figures
    most = rules.most_units if current.kind == trial.FORWARD else rules.shadow_units
    if evidence.units + missing > most:
        slow = f"as it grows now about {missing} more would be missing, and a trial ends after {most}"
        return f"{stands}; {slow}: unless the next ones say more, nothing will be proven.", figures
    when = "" if weeks is None else f", {_duration(weeks)} at the present pace of {pace:.0f} a week"
    return f"{stands}; about {missing} more {'is' if missing == 1 else 'are'} missing{when}.", figures


def _of_one_scene(figures: dict[str, Any]) -> list[str]:
    judged, units = figures["judged"], figures["units"]
    if judged == units:
        return []
    where = f"{units} scenes or videos" if units > 1 else "one scene or video"
    return [
        f"{judged} people have judged, but in {where}, where one says what the others say: of each the first counts."
    ]


def _left_out(left_out: LeftOut) -> list[str]:
    said = []
    if left_out.people:
        said.append(f"{_do_not(left_out.people)}: they had been corrected before, so it may know them.")
    if left_out.scenes:
        scene, most = left_out.scenes.most_common(1)[0]
        said.append(
            f"{_do_not(left_out.scenes.total())}: it learned from their scenes ({most} of {scene!r}). Where one camera "
            "stands for long, name the scene of each recording anew."
        )
    return said


def _do_not(count: int) -> str:
    return f"{audited(count)} {'does' if count == 1 else 'do'} not judge it"


def _pace(judged: list[Verdict], now: float) -> float | None:
    """Audited people a week, lately; None where clocks say nothing."""
    times = [v.created_at for v in judged if 0 <= now - v.created_at <= _PACE_OVER]
    if not times:
        return None
    return len(times) / max((now - min(times)) / _WEEK, 1 / 7)


def _duration(weeks: float) -> str:
    if weeks >= 104:
        return "years"
    count, unit = (max(1, round(weeks * 7)), "day") if weeks < 1 else (round(weeks), "week")
    return f"about {counted(count, unit)}"


def _counted(counts: dict[tuple[str, str], int]) -> str:
    if not counts:
        return "The store has no corrections."
    total = sum(counts.values())
    of = {
        status: sum(n for (_, s), n in counts.items() if s == status)
        for status in ("accepted", "quarantined", "new", "rejected")
    }
    parts = ", ".join(f"{n} {status}" for status, n in of.items() if n)
    audits = sum(n for (kind, _), n in counts.items() if kind == "audit")
    waiting = " What is quarantined waits until somebody looks: posetune corrections list --status quarantined."
    there = f"{counted(total, 'correction')} ({parts}), {audits} of them audits."
    return f"The store has {there}{waiting if of['quarantined'] else ''}"
