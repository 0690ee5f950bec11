"""Network answers kept on disk: what a network says of a crop does not change, and asking is the slow part.

One file for each network and view under ``answers/`` in the cache folder; a row for each crop, found by a key of the
image file (path, size, time of change) and the crop. Used where answers are *training material* (the corrector, the
sweep). Evaluations ask anew: what proves a network must not depend on what a cache says.
"""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from posetune.data.answers import Answers, crop_answers
from posetune.data.people import Person
from posetune.errors import PosetuneError
from posetune.files import NPZ_ERRORS, replacing, state_of
from posetune.landmarks import COUNT
from posetune.runtime.landmarker import Landmarker
from posetune.stock import cache

#: Raised when the arithmetic between the network's file and its answer changes.
_VERSION = 1
_KEY = 16  # bytes
#: x, y, z, visibility; then the score in a row of its own.
_ROW = (COUNT + 1, 4)
#: Beyond this many rows the oldest are forgotten (17 MB a file).
_MOST_ROWS = 30_000


def cached_answers(
    network: Landmarker,
    sha256: str,
    people: Sequence[Person],
    *,
    mirrored: bool = False,
    progress: Callable[[int], None] | None = None,
) -> Answers:
    """What :func:`crop_answers` gives, without world landmarks (NaN), from the cache as far as it is there.

    ``sha256``: of the landmark network's file. ``progress`` is called with the number of people done. A cache
    that cannot be read or written costs time, never the answer.

    Raises PosetuneError if an image is missing or damaged, or a person has no crop.
    """
    file = cache.folder() / "answers" / f"{sha256[:24]}{'-mirrored' if mirrored else ''}-{_VERSION}.npz"
    known = _read(file)
    keys = [_key(person) for person in people]
    missing = [i for i, key in enumerate(keys) if key not in known]
    if missing:
        asked = crop_answers(
            {"": network},
            [people[i] for i in missing],
            mirrored=mirrored,
            progress=None if progress is None else lambda done: progress(len(people) - len(missing) + done),
        )[""]
        rows = np.zeros((len(missing), *_ROW), np.float32)
        rows[:, :COUNT, :3], rows[:, :COUNT, 3] = asked.points_px, asked.visibility
        rows[:, COUNT, 0] = asked.score
        known |= {keys[i]: row for i, row in zip(missing, rows, strict=True)}
        _write(file, known)
    answers = Answers.empty(len(people))
    for i, key in enumerate(keys):
        row = known[key]
        answers.points_px[i], answers.visibility[i] = row[:COUNT, :3], row[:COUNT, 3]
        answers.score[i] = row[COUNT, 0]
    return answers


def _key(person: Person) -> bytes:
    path = person.image.path
    try:
        state = state_of(path)
    except OSError:  # the image is asked for later on, and missed then with a clear word
        state = (str(path), 0, 0)
    crop = None if person.crop is None else dataclasses.astuple(person.crop)
    return hashlib.sha256(repr((state, crop)).encode()).digest()[:_KEY]


def _read(file: Path) -> dict[bytes, np.ndarray]:
    try:
        with np.load(file, allow_pickle=False) as content:
            keys, rows = content["keys"], content["rows"]
    except NPZ_ERRORS:
        return {}
    if rows.shape != (len(keys), *_ROW) or keys.shape != (len(keys), _KEY):
        return {}
    return {key.tobytes(): row for key, row in zip(keys, rows, strict=True)}


def _write(file: Path, known: dict[bytes, np.ndarray]) -> None:
    kept = list(known.items())[-_MOST_ROWS:]
    keys = np.frombuffer(b"".join(key for key, _ in kept), np.uint8).reshape(-1, _KEY)
    try:
        with replacing(file) as temporary, temporary.open("wb") as stream:
            np.savez(stream, keys=keys, rows=np.array([row for _, row in kept]))
    except (PosetuneError, OSError):  # a full disk or a read-only cache: asked again next time
        return
