"""Trials: a challenger against the live network, and, after a promotion, the network before against it. Audited people judge."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posetune.learn.evidence import Evidence, relative_difference
from posetune.learn.people import errors_by, labelled
from posetune.learn.rules import Rules
from posetune.measure.metrics import scorable
from posetune.progress import Reporter
from posetune.runtime.landmarker import Landmarker
from posetune.store.correction import ACCEPTED
from posetune.store.corrections import Corrections
from posetune.store.evidence import Evidence as Verdicts
from posetune.store.evidence import Verdict
from posetune.store.registry.state import Registered, State
from posetune.store.runs import Runs

FORWARD, BACK = "forward", "back"


@dataclass(frozen=True)
class Trial:
    """``candidate`` (sha256) against ``live``. ``kind``: FORWARD where the candidate is a challenger, BACK where it was live
    before. ``after``: the number of the newest correction that the candidate may have known: later ones judge. ``since``:
    verdicts up to that number do not count, as the trial began anew.
    """

    kind: str
    candidate: str
    live: str
    after: int
    since: int
    threshold: float


def trials(state: State, rules: Rules) -> list[Trial]:
    """Those that are under way."""
    found = []
    if state.challenger and state.challenge is not None:
        body = state.challenge.body
        found.append(
            Trial(
                FORWARD, state.challenger, state.live, int(body.get("frozen_at", 0)), state.restarted, rules.threshold
            )
        )
    if state.shadow and state.shadow_since is not None:
        after = int(state.shadow_since.body.get("frozen_at", 0))
        found.append(Trial(BACK, state.shadow, state.live, after, state.restarted, rules.back))
    return found


def evidence(trial: Trial, verdicts: Verdicts) -> tuple[Evidence, Evidence]:
    """What the verdicts come to: that the candidate errs less, and that it errs more."""
    x = figures(counted(trial, verdicts))
    return Evidence.of(x, trial.threshold), Evidence.of(-x, trial.threshold)


def counted(trial: Trial, verdicts: Verdicts) -> list[Verdict]:
    """Those that count, in the order of judging."""
    return [v for v in verdicts.of(trial.candidate, trial.live) if v.number > trial.since]


def of_scenes(verdicts: Sequence[Verdict]) -> list[Verdict]:
    """Of each scene the first verdict, as its others say the same."""
    scenes: dict[str, Verdict] = {}
    for verdict in verdicts:
        scenes.setdefault(verdict.scene, verdict)
    return list(scenes.values())


def figures(verdicts: Sequence[Verdict]) -> np.ndarray:
    """(N,) in [-1, 1], above 0 where the candidate erred less, one of each scene."""
    first = of_scenes(verdicts)
    live, candidate = (np.array([getattr(v, name) for v in first]) for name in ("live_error", "challenger_error"))
    return relative_difference(live, candidate) if first else np.zeros(0)


def learned_from(trial: Trial, store: Corrections, runs: Runs) -> set[int]:
    """The numbers of corrections that one of the two learned from, or was chosen on. Of a challenger from elsewhere nobody knows:
    all that were accepted when it came.
    """
    numbers: set[int] = set()
    for network in (trial.candidate, trial.live):
        run = runs.of(network)
        if run is not None:
            numbers.update(runs.learned_from(run))
        elif network == trial.candidate and trial.kind == FORWARD and trial.after:
            accepted = store.find(status=ACCEPTED, up_to=trial.after)
            numbers.update(unit.number for unit in accepted if unit.kind != "honeypot")
    return numbers


def newest_learned(state: State) -> Registered | None:
    """The network that the newest training made; None before the first."""
    return max((n for n in state.networks.values() if "frozen_at" in n.about), key=lambda n: n.number, default=None)


def new_corrections(state: State, store: Corrections) -> int:
    """How many have come, of those that may be learned from, since the newest training began."""
    newest = newest_learned(state)
    after = 0 if newest is None else int(newest.about["frozen_at"])
    return sum(unit.number > after for unit in store.for_training(unjudged_audits=True))


def judge(
    trial: Trial,
    store: Corrections,
    verdicts: Verdicts,
    runs: Runs,
    network: Callable[[str], Landmarker],
    folder: Path,
    report: Reporter,
) -> int:
    """Have every audited person judge who has not and may; how many did. ``network``: sha256 → the landmarker."""
    units = store.unjudged(trial.after, trial.candidate, learned_from(trial, store, runs))
    pairs = [(unit, person) for unit, person in labelled(units, store, folder, report.say) if scorable(person)]
    if not pairs:
        return 0
    people = [person for _, person in pairs]
    with report.counting("audited people judge", len(people)) as counter:
        networks = {sha256: network(sha256) for sha256 in (trial.live, trial.candidate)}
        errors = errors_by(networks, people, counter.at)
    judged = 0
    for (unit, _), live, candidate in zip(pairs, errors[trial.live], errors[trial.candidate], strict=True):
        judged += verdicts.judge(unit, trial.live, trial.candidate, float(live), float(candidate))
    return judged
