"""Suspected labels judged again half-way, by the network tuned so far.

At the start only the base can judge, and where people do what it cannot, it suspects the labels that tuning is for: of forty
suspects in a set of weightlifting, 33 were the base's mistakes (docs/lab/results/suspects.md). A suspected label teaches
nothing, so that the tuned network's agreement with it is no echo.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from posetune.data.people import Dataset
from posetune.progress import Reporter
from posetune.runtime.landmarker import Landmarker
from posetune.tune.people.label_trust import DISTRUSTED, asked, suspected_landmarks
from posetune.tune.people.samples import Subject


@dataclass(frozen=True, eq=False)
class Suspected:
    """People with suspected labels: ``dataset``, of them alone; ``places``, where each stands among the subjects of the run."""

    dataset: Dataset
    places: tuple[int, ...]

    @classmethod
    def among(cls, dataset: Dataset, trust: np.ndarray) -> Suspected | None:
        """Those of ``dataset.usable`` for whom ``trust`` (N, 33) has a suspect; None if there is nobody."""
        places = np.flatnonzero((trust < 1).any(axis=1))
        people = tuple(dataset.usable[i] for i in places)
        return cls(dataclasses.replace(dataset, people=people), tuple(int(i) for i in places)) if people else None


@dataclass(frozen=True, eq=False)
class SecondLook:
    """``subjects``: the run's own, in which suspects are set free. ``tuned``: gives the network so far."""

    suspected: Suspected
    subjects: list[Subject]
    tuned: Callable[[], Landmarker]
    report: Reporter

    def judge(self) -> dict[int, list[int]]:
        """The landmarks that are set free, by their person's place among the subjects."""
        answers = asked(self.suspected.dataset, self.tuned(), self.report)
        still = suspected_landmarks(self.suspected.dataset, answers)
        freed: dict[int, list[int]] = {}
        for place, again in zip(self.suspected.places, still, strict=True):
            free = np.flatnonzero((self.subjects[place].weight == np.float32(DISTRUSTED)) & ~again)
            if len(free):
                freed[place] = free.tolist()
        return freed

    def free(self, landmarks: Mapping[int, Sequence[int]]) -> None:
        """Teach these from now on. ``landmarks``: as :meth:`judge` gives them."""
        for place, indices in landmarks.items():
            weight = self.subjects[place].weight.copy()
            weight[list(indices)] = 1
            self.subjects[place] = dataclasses.replace(self.subjects[place], weight=weight)

    def text(self, landmarks: Mapping[int, Sequence[int]]) -> str:
        """What :meth:`judge` found, for the user."""
        points = sum(int((self.subjects[i].weight == np.float32(DISTRUSTED)).sum()) for i in self.suspected.places)
        freed = sum(len(indices) for indices in landmarks.values())
        return (
            f"Suspects judged again by the network tuned so far: of {points} points set aside in "
            f"{len(self.suspected.places)} people, {freed} agree with it now and are taught from here on."
        )
