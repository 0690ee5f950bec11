"""How far each label is trusted: swapped and plain wrong labels are looked for first, so that they do little harm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from posetune.data.people import Dataset
from posetune.data.rulings import Rulings
from posetune.data.suspects import Suspect, find_suspects, network_answers
from posetune.landmarks import COUNT
from posetune.progress import Reporter, Say
from posetune.runtime.landmarker import Landmarker
from posetune.stock import Networks

#: The weight of a suspected label. Not 0: a point of weight 0 counts as unlabelled and is held to stock's answer, but where
#: label and stock contradict each other nobody knows which is right, so a suspect is neither taught nor held.
DISTRUSTED = 1e-6


def trust_of(dataset: Dataset, networks: Networks, report: Reporter) -> np.ndarray:
    """(N, 33) weights for ``dataset.usable``, 1 for a trusted label: :data:`DISTRUSTED` for a suspect.

    ``networks``: whose contradiction makes a label suspect.
    """
    return trust_from(dataset, asked(dataset, Landmarker(networks.landmarks, networks.detector), report), report.say)


def asked(dataset: Dataset, landmarker: Landmarker, report: Reporter) -> np.ndarray:
    """What ``landmarker`` says of ``dataset.usable``, as ``find_suspects`` wants it."""
    with report.counting("crops, suspects looked for", 2 * len(dataset.usable)) as counter:
        return network_answers(dataset, {"base": landmarker}, counter.at)


def trust_from(dataset: Dataset, answers: np.ndarray, say: Say) -> np.ndarray:
    """As :func:`trust_of`, from answers that are there already (as ``find_suspects`` wants them)."""
    suspects = _suspects(dataset, answers)
    weights = np.where(_landmarks(dataset, suspects), np.float32(DISTRUSTED), np.float32(1))
    swaps = sum(s.kind != "point" for s in suspects)
    if suspects:
        say(
            f"Suspects among the labels, set aside in training: {swaps} people with left and right exchanged, "
            f"{len(suspects) - swaps} single points; posetune data check --rule lists them, and --set suspects=false keeps them "
            "all (or rule on each: posetune data check --rule)."
        )
    return weights


def suspected_landmarks(dataset: Dataset, answers: np.ndarray) -> np.ndarray:
    """(N, 33) bool: which labels of ``dataset.usable`` are suspects by ``answers`` (as ``find_suspects`` wants them)."""
    return _landmarks(dataset, _suspects(dataset, answers))


def _suspects(dataset: Dataset, answers: np.ndarray) -> list[Suspect]:
    return Rulings.beside(dataset.root).without_kept(dataset, find_suspects(dataset, answers))


def _landmarks(dataset: Dataset, suspects: Sequence[Suspect]) -> np.ndarray:
    found = np.zeros((len(dataset.usable), COUNT), bool)
    place = {person.id: i for i, person in enumerate(dataset.usable)}
    for suspect in suspects:
        found[place[suspect.person_id], list(suspect.landmarks)] = True
    return found
