"""REBA, RULA and OWAS of a posture: a score, or the interval in which it lies where a part was not seen.

What no camera sees is typed in: the load, the coupling, activity, whether trunk or neck are twisted. Sources: :mod:`.tables`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import product

import numpy as np

from posetune.coach.ergonomics.posture import Posture
from posetune.coach.ergonomics.tables import OWAS, REBA_A, REBA_B, REBA_C, RULA_A, RULA_B, RULA_C
from posetune.errors import PosetuneError

#: Level → the scores that belong to it: (name, lowest, highest).
LEVELS = {
    "reba": (("negligible", 1, 1), ("low", 2, 3), ("medium", 4, 7), ("high", 8, 10), ("very high", 11, 15)),
    "rula": (("acceptable", 1, 2), ("investigate", 3, 4), ("change soon", 5, 6), ("change now", 7, 7)),
    "owas": (("normal", 1, 1), ("soon", 2, 2), ("as soon as possible", 3, 3), ("at once", 4, 4)),
}
METHODS = tuple(LEVELS)


@dataclass(frozen=True)
class Task:
    """What is typed in. ``load_kg``; ``shock``: sudden or jerky; ``coupling``: 0 good … 3 unacceptable.

    ``static``: held over a minute; ``repeated``: more than four times a minute; ``unstable``: rapid large changes; ``twisted``: the
    trunk; ``neck_twisted``; ``supported``: the arm is. Raises PosetuneError for a load or coupling that cannot be.
    """

    load_kg: float = 0.0
    shock: bool = False
    coupling: int = 0
    static: bool = False
    repeated: bool = False
    unstable: bool = False
    twisted: bool = False
    neck_twisted: bool = False
    supported: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.load_kg <= 500:
            raise PosetuneError(f"The load must be between 0 and 500 kg, not {self.load_kg}.")
        if self.coupling not in range(4):
            raise PosetuneError(f"The coupling is 0 (good) to 3 (unacceptable), not {self.coupling}.")


Span = tuple[int, int]


def score(method: str, posture: Posture, task: Task) -> Span:
    """The lowest and the highest score that ``posture`` may have by ``method``; equal where all was seen."""
    return {"reba": reba, "rula": rula, "owas": owas}[method](posture, task)


def level(method: str, value: int) -> str:
    """The name of the level that a score of ``method`` belongs to."""
    return next(name for name, low, high in LEVELS[method] if low <= value <= high)


def reba(posture: Posture, task: Task) -> Span:
    """1 to 15."""
    load = (0 if task.load_kg < 5 else 1 if task.load_kg <= 10 else 2) + task.shock
    activity = task.static + task.repeated + task.unstable
    arm = _part(posture.upper_arm, reba_upper_arm, (1, 2, 3, 4))
    a = _over(REBA_A, [
        [min(5, t + task.twisted) for t in _part(posture.trunk, reba_trunk, (1, 2, 3, 4))],
        [min(3, n + task.neck_twisted) for n in _part(posture.neck, reba_neck, (1, 2))],
        _reba_legs(posture),
    ])  # fmt: skip
    b = _over(REBA_B, [
        [max(1, u - task.supported) for u in arm],
        _part(posture.lower_arm, reba_lower_arm, (1, 2)),
        _part(posture.wrist, reba_wrist, (1, 2)),
    ])  # fmt: skip
    c = _over(REBA_C, [[min(12, x + load) for x in a], [min(12, y + task.coupling) for y in b]])
    return _span(x + activity for x in c)


def rula(posture: Posture, task: Task) -> Span:
    """1 to 7."""
    often = task.static or task.repeated
    force = (
        3 if task.shock or task.load_kg > 10 else 2 if task.load_kg >= 2 and often else 1 if task.load_kg >= 2 else 0
    )
    more = int(often) + force
    arm = [max(1, u - task.supported) for u in _part(posture.upper_arm, reba_upper_arm, (1, 2, 3, 4))]
    a = _over(
        RULA_A,
        [arm, _part(posture.lower_arm, reba_lower_arm, (1, 2)), _part(posture.wrist, rula_wrist, (1, 2, 3)), [1]],
    )
    b = _over(RULA_B, [
        [min(6, n + task.neck_twisted) for n in _part(posture.neck, rula_neck, (1, 2, 3, 4))],
        [min(6, t + task.twisted) for t in _part(posture.trunk, reba_trunk, (1, 2, 3, 4))],
        [2 if posture.one_leg else 1] if posture.one_leg is not None else [1, 2],
    ])  # fmt: skip
    return _span(_over(RULA_C, [[min(8, x + more) for x in a], [min(7, y + more) for y in b]]))


def owas(posture: Posture, task: Task) -> Span:
    """The action category, 1 to 4. A back is bent beyond 20°, which is custom, not Karhu's."""
    bent = [posture.trunk > 20] if posture.trunk is not None else [False, True]
    back = [(4 if b else 3) if task.twisted else (2 if b else 1) for b in bent]
    arms = [posture.arms_raised + 1] if posture.arms_raised is not None else [1, 2, 3]
    load = 1 if task.load_kg < 10 else 2 if task.load_kg <= 20 else 3
    return _span(_over(OWAS, [back, arms, _owas_legs(posture), [load]]))


def reba_trunk(flexion: float) -> int:
    """0° (here up to ±5°) 1; to 20° either way 2; to 60°, or extended beyond 20°, 3; beyond 4."""
    if abs(flexion) <= 5:
        return 1
    if abs(flexion) <= 20:
        return 2
    return 3 if flexion <= 60 else 4


def reba_neck(flexion: float) -> int:
    """0 to 20° 1, beyond or extended 2; 5° of extension pass as upright, as nobody holds a head at 0.0°."""
    return 1 if -5 <= flexion <= 20 else 2


def reba_upper_arm(flexion: float) -> int:
    if -20 <= flexion <= 20:
        return 1
    return 2 if flexion <= 45 else 3 if flexion <= 90 else 4


def reba_lower_arm(flexion: float) -> int:
    return 1 if 60 <= flexion <= 100 else 2


def reba_wrist(flexion: float) -> int:
    return 1 if flexion <= 15 else 2


def rula_wrist(flexion: float) -> int:
    return 1 if flexion <= 3 else 2 if flexion <= 15 else 3


def rula_neck(flexion: float) -> int:
    if flexion < -5:
        return 4
    return 1 if flexion <= 10 else 2 if flexion <= 20 else 3


def _reba_legs(posture: Posture) -> list[int]:
    stands = [2 if posture.one_leg else 1] if posture.one_leg is not None else [1, 2]
    bends = [0 if posture.knee <= 30 else 1 if posture.knee <= 60 else 2] if posture.knee is not None else [0, 1, 2]
    return [s + b for s, b in product(stands, bends)]


def _owas_legs(posture: Posture) -> list[int]:
    """2 both straight, 3 one straight, 4 both bent, 5 one bent. Sitting, kneeling and walking (1, 6, 7) are not told apart."""
    stands = [posture.one_leg] if posture.one_leg is not None else [False, True]
    bends = [posture.knee > 30] if posture.knee is not None else [False, True]
    return [(5 if bent else 3) if one else (4 if bent else 2) for one, bent in product(stands, bends)]


def _part(angle: float | None, of: Callable[[float], int], all_of: Iterable[int]) -> list[int]:
    return [of(angle)] if angle is not None else list(all_of)


def _over(table: np.ndarray, scores: list[list[int]]) -> list[int]:
    """The cells of all combinations, each once."""
    return sorted({int(table[tuple(s - 1 for s in combination)]) for combination in product(*scores)})


def _span(values: Iterable[int]) -> Span:
    found = list(values)
    return min(found), max(found)
