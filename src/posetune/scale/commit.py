"""The one moment that counts: a unit is done when ``done/UNIT.json`` is there, and it is created once.

The part is written first, under a name that tells its content, so that it is whole before anybody can know of it, and a second
writer of the same rows writes the same file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterator
from dataclasses import asdict, dataclass

from posetune.errors import PosetuneError
from posetune.scale.job import MOST_ATTEMPTS
from posetune.scale.store import Store, StoreError

#: What is shorter is no ``done/UNIT.json``: the sum alone has 64.
LEAST_BYTES = 100


@dataclass(frozen=True)
class Done:
    """What ``done/UNIT.json`` says: ``part`` is the name of the unit's rows, ``sha256`` their sum, ``pictures`` the images and
    frames looked at, ``errors`` how many items could not be read; ``seconds``: how long ``worker`` took.
    """

    unit: str
    part: str
    sha256: str
    rows: int
    pictures: int
    errors: int
    worker: str
    seconds: float

    def to_json(self) -> bytes:
        return json.dumps(asdict(self)).encode()


def name_of(unit: str) -> str:
    return f"done/{unit}.json"


def commit(
    store: Store, unit: str, content: bytes, *, rows: int, pictures: int, errors: int, worker: str, seconds: float
) -> bool:
    """Write the unit's rows and say that it is done; False where somebody else has done it: theirs holds.

    Raises StoreError or StoreRefused if the store does not take it; then it is not done.
    """
    digest = hashlib.sha256(content).hexdigest()
    part = f"parts/{unit}-{digest[:16]}.parquet"
    store.put(part, content)
    done = Done(unit, part, digest, rows, pictures, errors, worker, round(seconds, 3))
    if store.create(name_of(unit), done.to_json()):
        return True
    there = read_done(store, unit)  # a store that timed out after it had accepted says "exists" to the second try
    return there is not None and (there.worker, there.part, there.seconds) == (worker, part, done.seconds)


def read_done(store: Store, unit: str) -> Done | None:
    """What was committed for a unit; None if it is not done. Raises PosetuneError where that is damaged."""
    content = store.get(name_of(unit))
    if content is None:
        return None
    try:
        done = Done(**json.loads(content))
    except (ValueError, TypeError) as error:
        raise PosetuneError(damaged(store, unit)) from error
    texts, counts = (done.unit, done.part, done.sha256), (done.rows, done.pictures, done.errors)
    if not (
        all(isinstance(text, str) for text in texts) and all(isinstance(n, int) for n in counts) and done.unit == unit
    ):
        raise PosetuneError(damaged(store, unit))
    return done


def damaged(store: Store, unit: str) -> str:
    """What to say of a ``done/UNIT.json`` that nobody can read."""
    return f"{name_of(unit)} in {store.url} is damaged: delete it, and job work does the unit again."


def done_units(store: Store) -> set[str]:
    """The names of the units that are done."""
    return {unit_of(entry.name) for entry in store.list("done")}


def read_part(store: Store, done: Done) -> bytes:
    """The rows that were committed. Raises PosetuneError where they are missing or others."""
    content = store.get(done.part)
    if content is None:
        raise PosetuneError(f"{done.part} in {store.url} is missing: delete done/{done.unit}.json and run job work.")
    if hashlib.sha256(content).hexdigest() != done.sha256:
        raise PosetuneError(
            f"{done.part} in {store.url} is damaged, its sum is another: delete it and done/{done.unit}.json, run job work."
        )
    return content


def note_failure(store: Store, unit: str, worker: str, error: str) -> int:
    """Note that an attempt at the unit failed; how many have."""
    number = 1
    while not store.create(f"failed/{unit}/{number}.json", json.dumps({"worker": worker, "error": error}).encode()):
        number += 1
        if number > 1000:
            raise StoreError(f"failed/{unit} in {store.url} cannot be written.")
    return number


def failures(store: Store) -> dict[str, int]:
    """unit → how many attempts failed."""
    counts: dict[str, int] = {}
    for entry in store.list("failed"):
        unit = entry.name.split("/")[1]
        counts[unit] = counts.get(unit, 0) + 1
    return counts


def listed_units(store: Store, done: Container[str] | None = None) -> tuple[str, ...]:
    """The units that failed too often, and are not among those ``done`` (None: as the store says)."""
    often = [unit for unit, count in failures(store).items() if count >= MOST_ATTEMPTS]
    if often and done is None:
        done = done_units(store)
    return tuple(sorted(unit for unit in often if unit not in (done or ())))


def last_failure(store: Store, unit: str, number: int) -> str:
    """Why attempt ``number`` failed."""
    content = store.get(f"failed/{unit}/{number}.json")
    try:
        return str(json.loads(content or b"{}")["error"])
    except (ValueError, KeyError, TypeError):
        return "unknown"


def parts(store: Store) -> Iterator[tuple[str, str]]:
    """(name, unit) of every part, committed or not."""
    for entry in store.list("parts"):
        yield entry.name, entry.name.split("/")[1].split("-")[0]


def unit_of(name: str) -> str:
    """The unit of done/UNIT.json or leases/UNIT.json."""
    return name.rpartition("/")[2].removesuffix(".json")
