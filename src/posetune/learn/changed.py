"""Whether the people who judge a challenger are others than those that it learned from."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from posetune.data.people import Person
from posetune.files import NPZ_ERRORS, replacing
from posetune.learn import drift
from posetune.learn.guarding import Guarding
from posetune.learn.material import TRAIN, Sets, first_set
from posetune.learn.people import labelled
from posetune.learn.trial import Trial
from posetune.measure.metrics import scorable
from posetune.progress import Reporter
from posetune.store.correction import ACCEPTED, Correction
from posetune.store.corrections import Corrections
from posetune.store.runs import Runs


class Changed:
    """``work``: for what the live network saw of those that a challenger learned from: figures, no points. Where another pass, in
    another folder, has seen them, they are looked at again: the store knows who they are.
    """

    def __init__(
        self, store: Corrections, runs: Runs, guarding: Guarding, sets: Sets, work: Path, report: Reporter
    ) -> None:
        self._store, self._runs, self._guarding, self._sets = store, runs, guarding, sets
        self._work, self._report = work, report

    def since(self, trial: Trial, scratch: Path) -> str:
        """One sentence on what is other in those who came after the challenger was frozen; "" where nothing is. ``scratch``: a
        folder for pictures.
        """
        reference = self._reference(trial, scratch)
        if reference is None:
            return ""  # a network from elsewhere
        judges = list(self._store.find(status=ACCEPTED, kind="audit", after=trial.after))[-drift.MOST :]
        people = self._people(judges, scratch)
        recent = drift.seen(self._guarding.network(trial.live), people)
        shutil.rmtree(scratch, ignore_errors=True)
        return drift.drifted(reference, recent)

    def remember(self, challenger: str, live: str, people: Sequence[Person]) -> drift.Seen | None:
        """What the live network sees of those that a challenger learned from; None where they are too few."""
        some = [p for p in people if scorable(p)]
        if len(some) < drift.LEAST:
            return None
        found = drift.seen(self._guarding.network(live), some)
        with replacing(self._path(challenger)) as beside, beside.open("wb") as file:
            np.savez(file, numbers=found.numbers, poses=found.poses)
        return found

    def _path(self, challenger: str) -> Path:
        return self._work / "measured" / f"learned-from-{challenger}.npz"

    def _reference(self, trial: Trial, scratch: Path) -> drift.Seen | None:
        with contextlib.suppress(*NPZ_ERRORS), np.load(self._path(trial.candidate)) as kept:
            return drift.Seen(kept["numbers"], kept["poses"])
        run = self._runs.of(trial.candidate)
        if run is None:
            return None
        numbers = set(self._runs.learned_from(run))
        units = [unit for unit in self._store.find(up_to=run.frozen_at) if unit.number in numbers]
        data = self._sets.data
        first = [] if data is None else [p for p in first_set(data, self._report.say)[TRAIN].people if scorable(p)]
        if len(first) + len(units) < drift.LEAST:
            return None
        step = max(1, -(-(len(first) + len(units)) // drift.MOST))
        people = [*first[::step], *self._people(units[::step], scratch)]
        self._report.say(
            f"{len(people)} of the people that it learned from are looked at again, as this is another folder."
        )
        found = self.remember(trial.candidate, trial.live, people)
        shutil.rmtree(scratch, ignore_errors=True)
        return found

    def _people(self, units: Sequence[Correction], scratch: Path) -> list[Person]:
        return [p for _, p in labelled(units, self._store, scratch, self._report.say) if scorable(p)]
