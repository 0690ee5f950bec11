"""First look at footage: which frames there are to choose from, and who is in them. Kept, so that it goes on where it stopped."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from posetune.data.checks.pictures import look_of
from posetune.errors import PosetuneError
from posetune.label.features import pose_feature
from posetune.label.footage import Footage, Frames
from posetune.label.journal import Journal
from posetune.label.pick import Candidate
from posetune.progress import Reporter

#: Points (33, 2) image px of the people in a frame, NaN where not known.
Find = Callable[[np.ndarray, Footage, int | None], list[np.ndarray]]


@dataclass(frozen=True)
class Wanted:
    """Which frames of a video are candidates: every ``step``-th; or, where ``frames`` is given, those."""

    step: int = 1
    frames: frozenset[int] | None = None

    def __contains__(self, number: int) -> bool:
        return number in self.frames if self.frames is not None else number % self.step == 0


def candidates_of(
    footage: Sequence[Footage],
    wanted: Callable[[Footage, Frames], Wanted],
    find: Find,
    journal: Journal,
    report: Reporter,
) -> tuple[list[Candidate], list[str]]:
    """``(candidates, sentences)``: all candidates in the order of the footage, and what could not be read or was not whole.

    ``wanted``: which frames of a video; ``find``: who is in one; ``journal``: what was found before, by file and frame.
    """
    found: list[Candidate] = []
    troubles: list[str] = []
    with report.counting("frames looked at") as counter:
        for one in footage:
            try:
                found += _of_one(one, wanted, find, journal, counter.step)
            except PosetuneError as error:
                troubles.append(str(error))
                continue
            short = (journal.get(f"{one.sha256}:end") or {}).get("short")
            if short:
                troubles.append(f"{one.path} is cut short: {short}.")
    return found, troubles


def _of_one(
    one: Footage,
    wanted: Callable[[Footage, Frames], Wanted],
    find: Find,
    journal: Journal,
    step: Callable[[], None],
) -> list[Candidate]:
    frames = Frames(one)
    choice = wanted(one, frames)
    end = journal.get(f"{one.sha256}:end")
    if end is not None:
        known = _kept(one, choice, end["frames"], journal)
        if known is not None:
            return known
    found = []
    for number, seconds, rgb in frames:
        if number is not None and number not in choice:
            continue
        key = _key(one, number)
        if key not in journal:
            people = find(rgb, one, number)
            poses = [pose for points in people if (pose := pose_feature(points, _known(points))) is not None]
            journal.add(key, _row(seconds, look_of(rgb), poses, len(people)))
        found.append(_candidate(one, number, journal.get(key)))
        step()
    journal.add(f"{one.sha256}:end", {"frames": frames.count, "short": frames.shortfall()})
    return found


def _known(points: np.ndarray) -> np.ndarray:
    return np.isfinite(points).all(axis=1)


def _kept(one: Footage, choice: Wanted, frames: int, journal: Journal) -> list[Candidate] | None:
    """All candidates of a file that was looked through before; None if one is missing."""
    numbers = [n for n in range(frames) if n in choice] if one.is_video else [None]
    rows = [(n, journal.get(_key(one, n))) for n in numbers]
    return None if any(row is None for _, row in rows) else [_candidate(one, n, row) for n, row in rows]


def _key(one: Footage, number: int | None) -> str:
    return f"{one.sha256}:{'' if number is None else number}"


def _row(seconds: float, look: np.ndarray, poses: Sequence[np.ndarray], people: int) -> dict[str, Any]:
    flat = [[None if np.isnan(v) else round(float(v), 3) for v in pose.ravel()] for pose in poses]
    text = None if np.isnan(look[0]) else base64.b64encode(np.round(look * 127).astype(np.int8).tobytes()).decode()
    return {"seconds": round(seconds, 4), "look": text, "poses": flat, "people": people}


def _candidate(one: Footage, number: int | None, row: dict[str, Any]) -> Candidate:
    if row["look"] is None:
        look = np.full(256, np.nan, np.float32)
    else:
        look = np.frombuffer(base64.b64decode(row["look"]), np.int8).astype(np.float32)
        look /= max(float(np.linalg.norm(look)), 1e-6)
    poses = np.array(row["poses"], np.float32).reshape(-1, 12, 2)  # null becomes NaN
    return Candidate(one.sha256, one.group, number, row["seconds"], look, poses, row["people"])
