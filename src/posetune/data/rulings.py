"""What a person decided about suspects: ``suspects.json`` in the folder of a set, which ``data check --rule`` writes, the user
edits, and ``train`` honours.

Each suspect stands there with a ruling: "undecided" (training sets the label aside, as without the file), "keep" (the label is
right: it is learnt from, and not listed again) or "drop" (the label is wrong: its points count as unlabelled).
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posetune.data.people import Dataset, Person
from posetune.data.suspects import Suspect
from posetune.errors import PosetuneError
from posetune.files import write_json
from posetune.landmarks import INDEX, NAMES

FILE = "suspects.json"
RULINGS = ("undecided", "keep", "drop")
#: A person of a set: the image's file name within the set, and the annotation's id.
Key = tuple[str, int]


@dataclass(frozen=True)
class Ruling:
    """``decision``: one of :data:`RULINGS`; ``landmarks``: the positions of the points it is about, among the 33."""

    decision: str
    landmarks: tuple[int, ...]


@dataclass(frozen=True)
class Rulings:
    """The rulings of a set, by person and kind of suspicion ("swap_arms", "point"): several points have a ruling each."""

    by_person: Mapping[Key, tuple[Ruling, ...]]

    @classmethod
    def beside(cls, data: str | Path) -> Rulings:
        """Those in the folder of a set, or beside a lone label file; none where there is no file.

        Raises PosetuneError where the file is damaged, or has another word for a ruling.
        """
        path = file_of(data)
        return cls(_by_person(path, _rows(path))) if path.exists() else cls({})

    def _of(self, dataset: Dataset, person: Person) -> tuple[Ruling, ...]:
        return self.by_person.get(_key(dataset, person), ())

    def without_kept(self, dataset: Dataset, suspects: Sequence[Suspect]) -> list[Suspect]:
        """The suspects that nobody has ruled to be right."""
        people = {p.id: p for p in dataset.people}

        def kept(suspect: Suspect) -> bool:
            rulings = self._of(dataset, people[suspect.person_id])
            points = {i for r in rulings if r.decision == "keep" for i in r.landmarks}
            return bool(suspect.landmarks) and points.issuperset(suspect.landmarks)

        return [s for s in suspects if not kept(s)]

    def decided(self, dataset: Dataset, person: Person | None, points: Sequence[int]) -> bool:
        """Whether somebody has ruled on all of these points of a person, for the label or against it."""
        rulings = () if person is None else self._of(dataset, person)
        ruled = {i for r in rulings if r.decision != "undecided" for i in r.landmarks}
        return bool(points) and ruled.issuperset(points)

    def dropped(self, dataset: Dataset) -> Dataset:
        """``dataset`` without the labels that were ruled to be wrong."""
        people = []
        for person in dataset.people:
            wrong = [i for r in self._of(dataset, person) if r.decision == "drop" for i in r.landmarks]
            if wrong:
                back = {landmark: position for position, landmark in person.skeleton.body.items()}
                keypoints = person.keypoints.copy()
                keypoints[[back[i] for i in wrong if i in back]] = 0
                person = dataclasses.replace(person, keypoints=keypoints, ignore=person.ignore or not keypoints.any())
            people.append(person)
        return dataclasses.replace(dataset, people=tuple(people))

    def count(self, dataset: Dataset, decision: str) -> int:
        """How many people of ``dataset`` have a ruling of that kind."""
        return sum(any(r.decision == decision for r in self._of(dataset, p)) for p in dataset.people)


def file_of(data: str | Path) -> Path:
    """Where the rulings of a set stand."""
    data = Path(data)
    return (data.parent if data.is_file() else data) / FILE


def write_rulings(data: str | Path, found: Sequence[tuple[Dataset, Sequence[Suspect]]]) -> Path:
    """Write the suspects of some splits beside the set, with the rulings that stand there already; those of people who are no
    longer suspected stay. Returns the path.
    """
    path = file_of(data)
    rows = _rows(path) if path.exists() else []
    known = {_row_key(row) for row in rows}
    for dataset, suspects in found:
        people = {p.id: p for p in dataset.people}
        for suspect in suspects:
            image, person_id = _key(dataset, people[suspect.person_id])
            row = {
                "image": image, "person": person_id, "kind": suspect.kind,
                "landmarks": [NAMES[i] for i in suspect.landmarks], "score": round(suspect.score, 3), "ruling": "undecided",
            }  # fmt: skip
            if _row_key(row) not in known:
                rows.append(row)
    write_json(path, {"rulings": list(RULINGS), "suspects": rows})
    return path


def _key(dataset: Dataset, person: Person) -> Key:
    path = person.image.path
    return (path.relative_to(dataset.root) if path.is_relative_to(dataset.root) else path).as_posix(), person.id


def _row_key(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return row["image"], row["person"], tuple(row["landmarks"])


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))["suspects"]
        for row in rows:
            if row["ruling"] not in RULINGS:
                raise PosetuneError(
                    f"{path}: {row['image']} has the ruling {row['ruling']!r}; it is one of {', '.join(RULINGS)}."
                )
            assert all(name in INDEX for name in row["landmarks"])
            _row_key(row)
        return list(rows)
    except (OSError, ValueError, KeyError, TypeError, AssertionError) as error:
        raise PosetuneError(
            f"Cannot read the rulings in {path} ({error}); correct it, or remove it and run posetune data check --rule again."
        ) from error


def _by_person(path: Path, rows: Sequence[Mapping[str, Any]]) -> dict[Key, tuple[Ruling, ...]]:
    table: dict[Key, list[Ruling]] = {}
    for row in rows:
        ruling = Ruling(row["ruling"], tuple(int(INDEX[name]) for name in row["landmarks"]))
        table.setdefault((row["image"], row["person"]), []).append(ruling)
    return {key: tuple(rulings) for key, rulings in table.items()}
