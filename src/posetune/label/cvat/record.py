"""What was sent to a task, kept beside the set: so that what comes back says who changed what, here or there."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from posetune.errors import PosetuneError
from posetune.files import write_text

#: In the set's folder; no label file is looked for in folders whose names begin so.
FOLDER = ".cvat"


@dataclass(frozen=True, eq=False)
class Sent:
    """A person as both sides had them last: ``points``: (K, 4) as ``shapes.Drawn``; ``status``: as CVAT's attribute said, and
    ``here``, as the set does. ``shape``: the number of the shape there, for people who have no id of posetune's there; else None.
    """

    points: np.ndarray
    status: str
    here: str
    shape: int | None = None


@dataclass(frozen=True)
class Record:
    """Of one task: id of a person → what both sides had. ``known``: whether there is such a record at all."""

    people: Mapping[int, Sent] = field(default_factory=dict)
    known: bool = False


def path_of(root: Path, url: str, task: int) -> Path:
    host = re.sub(r"[^A-Za-z0-9.-]", "_", urlsplit(url).netloc)
    return root / FOLDER / f"{host}-task-{task}.json"


def write(root: Path, url: str, task: int, people: Mapping[int, Sent]) -> None:
    """Raises PosetuneError if it cannot be written."""
    rows = {
        str(number): {
            "points": [None if np.isnan(v) else round(float(v), 3) for v in sent.points.ravel()],
            "status": sent.status,
            "here": sent.here,
        }
        | ({"shape": sent.shape} if sent.shape is not None else {})
        for number, sent in people.items()
    }
    text = json.dumps({"made_by": "posetune", "url": url, "task": task, "people": rows}, separators=(",", ":"))
    write_text(path_of(root, url, task), text + "\n", durable=True)


def read(root: Path, url: str, task: int) -> Record:
    """The record of a task; an empty one where there is none. Raises PosetuneError for a file that is none."""
    path = path_of(root, url, task)
    if not path.is_file():
        return Record()
    try:
        content = json.loads(path.read_text("utf-8"))
        people = {
            int(number): Sent(
                np.array([np.nan if v is None else v for v in row["points"]], float).reshape(-1, 4),
                str(row["status"]),
                str(row["here"]),
                row.get("shape"),
            )
            for number, row in content["people"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise PosetuneError(
            f"{path} is damaged ({error}); delete it, and pull again: changes of both sides cannot be told apart then."
        ) from error
    return Record(people, True)
