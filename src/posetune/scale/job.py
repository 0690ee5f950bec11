"""What a job is: what was asked, and the names of everything that lies in its store.

job.json                     what is asked; written last, so that a plan that was cut short is none
network/NAME                 the networks' files: every machine runs the same
plan/PLAN/00000.parquet      what is to be looked at, some units a file
leases/UNIT.json             who works on it and until when: saves work, decides nothing
parts/UNIT-SHA.parquet       rows of a unit; nobody reads one that no done/ names
failed/UNIT/1.json           an attempt that failed, and why
done/UNIT.json               the unit's part and its sum; created once, and what all readers trust
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from posetune.errors import PosetuneError
from posetune.runtime.detector import DEFAULT_MAX_PEOPLE
from posetune.runtime.landmarker import MIN_PRESENCE_CONFIDENCE
from posetune.scale.store import Store
from posetune.stock import Networks
from posetune.stock.cache import sha256

JOB = "job.json"
FOLDERS = ("network", "plan", "leases", "parts", "failed", "done")
VERSION = 1
WHAT = ("predict", "label", "teach", "eval")
#: A unit is tried this often before it is listed as failed.
MOST_ATTEMPTS = 3


@dataclass(frozen=True)
class Options:
    """How the poses are found; as ``posetune predict``'s options of these names."""

    max_people: int = DEFAULT_MAX_PEOPLE
    min_score: float = MIN_PRESENCE_CONFIDENCE
    track: bool = True
    smooth: str = "mediapipe"
    tiles: str = "off"
    backend: str = "litert"


@dataclass(frozen=True)
class Network:
    """``name``: for tables; ``files``: part ("landmarks", "detector", "corrector") → sha256 of ``network/PART``."""

    name: str
    files: dict[str, str]


@dataclass(frozen=True)
class Job:
    """What is asked for. ``what``: predict, label, teach or eval; ``inputs``: as they were given; ``plan``: the folder of the
    plan's files, ``units_a_file`` units each; ``shard``: pictures a unit, at most; ``segment``: frames a part of a video;
    ``split``: of the data set that eval measures on.
    """

    what: str
    inputs: tuple[str, ...]
    network: Network
    options: Options
    shard: int
    segment: int
    plan: str = ""
    units: int = 0
    units_a_file: int = 1
    items: int = 0
    videos: int = 0
    split: str | None = None
    left_out: dict[str, int] = field(default_factory=dict)

    @property
    def asked(self) -> Job:
        """What was asked alone, without what the plan found: equal for two plans of the same."""
        return replace(self, plan="", units=0, units_a_file=1, items=0, videos=0, left_out={})

    def to_json(self) -> bytes:
        return json.dumps({"version": VERSION, **asdict(self)}, indent=1).encode()

    @classmethod
    def from_json(cls, content: bytes, where: str) -> Job:
        """Raises PosetuneError where this is no job that this posetune knows."""
        try:
            found: dict[str, Any] = json.loads(content)
            version = found.pop("version")
            if version != VERSION:
                raise PosetuneError(
                    f"{where}/{JOB} is of version {version}, and this posetune knows version {VERSION}: use the same posetune "
                    "on all machines."
                )
            found["network"] = Network(**found["network"])
            found["options"] = Options(**found["options"])
            found["inputs"] = tuple(found["inputs"])
            job = cls(**found)
            if not (
                job.what in WHAT and min(job.units, job.items, job.videos, job.shard) >= 0 and job.units_a_file > 0
            ):
                raise ValueError("what it says makes no plan")
            return job
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise PosetuneError(f"{where}/{JOB} is damaged: {error}. Plan the job anew elsewhere.") from error

    def unit_names(self) -> Iterator[str]:
        """The names of all units, in the order of the results."""
        return (unit_name(number) for number in range(self.units))


def unit_name(number: int) -> str:
    """A unit's name: its number, so that names stand in the order of the results."""
    return f"{number:08}"


def read_job(store: Store) -> Job:
    """The job of a store. Raises PosetuneError if there is none."""
    content = store.get(JOB)
    if content is None:
        raise PosetuneError(f"There is no job in {store.url}: posetune job plan INPUT --what predict --out {store.url}")
    return Job.from_json(content, store.url)


def network_of(networks: Networks) -> Network:
    """What a job says of its ``networks``."""
    return Network(networks.name, {part: sha256(content) for part, content in _parts(networks).items()})


def save_network(store: Store, networks: Networks) -> None:
    """Put the files of ``networks`` beside the job, as far as they are not there."""
    there = {entry.name for entry in store.list("network")}
    for content in _parts(networks).values():
        name = f"network/{sha256(content)}"
        if name not in there:
            store.create(name, content)


def _parts(networks: Networks) -> dict[str, bytes]:
    parts = {"landmarks": networks.landmarks, "detector": networks.detector, "corrector": networks.corrector}
    return {part: content for part, content in parts.items() if content is not None}


def load_network(store: Store, network: Network) -> Networks:
    """The job's networks. Raises PosetuneError where a file is missing or another."""
    found: dict[str, bytes] = {}
    for part, expected in network.files.items():
        content = store.get(f"network/{expected}")
        if content is None or sha256(content) != expected:
            raise PosetuneError(
                f"The job's {part} network, network/{expected} in {store.url}, is missing or damaged: delete what is there of it, "
                "and plan the same job again."
            )
        found[part] = content
    return Networks(
        found["landmarks"], network.name, Path(network.name), network.files["landmarks"], found["detector"],
        found.get("corrector"),
    )  # fmt: skip
