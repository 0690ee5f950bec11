"""Measuring without labels: how near networks come to a larger one where that is sure, and to themselves in the mirror.

Agreement is not accuracy. A student that learned from the teacher agrees with it whether it was right or wrong; the mirror
measure knows no teacher, but a network may be wrong the same way on both sides. Both fall where a network gets better, so
they are worth looking at where nobody has labels, on images that it has not learned from.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posetune import stock
from posetune._version import __version__
from posetune.data.answers import Answers, crop_answers
from posetune.data.contact_sheet import draw_answer, window
from posetune.data.people import ImageRecord, Person
from posetune.data.teacher import pseudo_labels
from posetune.data.unlabelled import find_people, unlabelled_images
from posetune.errors import PosetuneError
from posetune.geometry import SIZE
from posetune.graph.points import has_own_points
from posetune.measure.beside import Entry, named, networks_beside
from posetune.measure.bootstrap import Resampling
from posetune.measure.evaluate import Progress
from posetune.measure.results import Interval, Record
from posetune.measure.table import aligned
from posetune.measure.texts import relative
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.load import of_networks

#: Points that the teacher is sure of: its trust in them, 0…1 (data.teacher), is at least this.
SURE = 0.5
#: In the picture: an answer this many torsos from the teacher's point is marked.
_FAR = 0.15
_SIDE, _COLUMNS = 240, 3


@dataclass(frozen=True)
class Change(Record):
    """A mean distance as a share of its stock network's, minus 1, with the paired 95 % interval."""

    relative: float
    relative_interval_95: Interval


@dataclass(frozen=True)
class Distance:
    """How far a network's points are from others, crop px. ``difference_to_stock``: None for a stock network."""

    crop_px: float
    median_person_crop_px: float
    interval_95: Interval
    difference_to_stock: Change | None


@dataclass(frozen=True)
class AgreementRow(Record):
    """One network: its distance from the teacher where that is sure, and from its own answer on the mirrored crop."""

    name: str
    kind: str
    base: str
    from_teacher: Distance
    from_mirror: Distance

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {"name": self.name, "kind": self.kind, "base": self.base}
        for what in ("from_teacher", "from_mirror"):
            distance = getattr(self, what)
            bounds, change = distance.interval_95, distance.difference_to_stock
            found |= {
                f"{what}_crop_px": distance.crop_px,
                f"{what}_median_person_crop_px": distance.median_person_crop_px,
                f"{what}_interval_95": None if bounds is None else list(bounds),
                f"{what}_difference_to_stock": None if change is None else change.to_json(),
            }
        return found


@dataclass(frozen=True, eq=False, repr=False)
class Agreement:
    """What :func:`agreement` found. ``to_json()`` is what ``posetune agree --json`` writes.

    ``images``, ``damaged``: how many were looked at and could not be read. ``people``: whom the teacher is sure of, with its
    points as labels, of ``groups`` scenes or videos; ``sure``: (N, 33) which of them count; ``answers``: name → what a network
    says of them; ``skipped``: stock networks that could not be had, and why.
    """

    teacher: str
    images: int
    damaged: int
    groups: int
    skipped: dict[str, str]
    rows: tuple[AgreementRow, ...]
    entries: tuple[Entry, ...]
    people: tuple[Person, ...]
    sure: np.ndarray
    answers: dict[str, Answers]

    @property
    def points(self) -> int:
        """How many points the teacher is sure of."""
        return int(self.sure.sum())

    @property
    def result(self) -> dict[str, Any]:
        """The same as ``to_json()``."""
        return self.to_json()

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries, lists and numbers. Keys: docs/reference/json.md."""
        return {
            "posetune": __version__,
            "teacher": self.teacher,
            "images": self.images,
            "damaged": self.damaged,
            "people": len(self.people),
            "groups": self.groups,
            "points": self.points,
            "skipped": self.skipped,
            "rows": [row.to_json() for row in self.rows],
        }

    def __repr__(self) -> str:
        rows = "; ".join(
            f"{r.name} {r.from_teacher.crop_px:.2f} px from {self.teacher}, {r.from_mirror.crop_px:.2f} from its mirror image"
            for r in self.rows
        )
        return f"Agreement({len(self.people)} people in {self.images} images: {rows})"


def agreement(
    sources: Sequence[str | Path],
    models: Sequence[str | Path],
    frames: Path,
    *,
    teacher: str | Path = "heavy",
    stock_names: Sequence[str] = stock.LANDMARK_NAMES,
    most_people: int = 5,
    threads: int | None = None,
    progress: Progress | None = None,
    say: Callable[[str], None] = lambda text: None,
) -> Agreement:
    """Measure ``models`` beside the stock networks on the people that ``teacher`` finds in ``sources`` (folders, images,
    videos; a video's frames are written into the folder ``frames``).

    Raises PosetuneError for sources without images, bad networks, networks with points of their own, or if the teacher is
    sure of nobody.
    """
    report = progress or (lambda what, done, total: None)
    asked = stock.resolve(teacher)
    given = named(models)
    _require_mediapipe_points(asked, *given.values())
    beside = networks_beside(given, stock_names, threads)
    records = unlabelled_images(sources, frames, say)
    people, sure, damaged = _people(of_networks(asked, threads=threads), records, most_people, report)
    if not people:
        raise PosetuneError(
            f"{asked.name} is sure of nobody in these {len(records)} images; they need people of 100 px or more."
        )
    answers, mirrored = _asked(beside.networks, people, report)
    resampling = Resampling.of(np.array([p.group for p in people], dtype=object))
    return Agreement(
        teacher=asked.name,
        images=len(records),
        damaged=damaged,
        groups=resampling.groups,
        skipped=beside.skipped,
        rows=_rows(beside.entries, people, sure, answers, mirrored, resampling),
        entries=tuple(beside.entries),
        people=tuple(people),
        sure=sure,
        answers=answers,
    )


def _require_mediapipe_points(*sources: stock.Networks) -> None:
    for source in sources:
        if has_own_points(source.landmarks):
            raise PosetuneError(f"{source.name} has points of its own, and agreement is measured on MediaPipe's 33.")


def _asked(
    networks: dict[str, Landmarker], people: Sequence[Person], report: Progress
) -> tuple[dict[str, Answers], dict[str, Answers]]:
    """What each network says of ``people`` on their crops, and on the mirrored ones."""
    plain = crop_answers(networks, people, progress=lambda n: report("crops", n, len(people)))
    mirrored = crop_answers(
        networks, people, mirrored=True, progress=lambda n: report("mirrored crops", n, len(people))
    )
    return plain, mirrored


def _rows(
    entries: Sequence[Entry],
    people: Sequence[Person],
    sure: np.ndarray,
    answers: dict[str, Answers],
    mirrored: dict[str, Answers],
    resampling: Resampling,
) -> tuple[AgreementRow, ...]:
    px = np.array([SIZE / p.crop.side for p in people if p.crop is not None])[:, None]
    labels = np.stack([p.keypoints[:, :2] for p in people])
    apart = {e.name: np.where(sure, _distance(answers[e.name].points_px, labels) * px, np.nan) for e in entries}
    mirror = {e.name: _distance(answers[e.name].points_px, mirrored[e.name].points_px[..., :2]) * px for e in entries}
    return tuple(
        AgreementRow(
            e.name,
            e.kind,
            e.base,
            _figures(apart[e.name], apart[e.base], resampling),
            _figures(mirror[e.name], mirror[e.base], resampling),
        )
        for e in entries
    )


def _people(
    teacher: Landmarker, records: Sequence[ImageRecord], most_people: int, report: Progress
) -> tuple[list[Person], np.ndarray, int]:
    """Those of whom the teacher is sure, with its points as labels; (N, 33) of which points; and the damaged images."""
    searched = 0

    def step() -> None:
        nonlocal searched
        searched += 1
        report("images searched", searched, len(records))

    found, damaged = find_people(teacher, records, most_people, step)
    labels = pseudo_labels(teacher, found, ImageRecord.read, lambda n: report("teacher's views", n, len(found)))
    good = np.flatnonzero(labels.believable)
    people: list[Person] = []
    for i in good:
        points = np.concatenate([labels.points_px[i], np.full((len(labels.points_px[i]), 1), 2.0)], axis=1)
        people.append(Person(len(people) + 1, found[i][0], points))
    return people, labels.trust[good] >= SURE, damaged


def _distance(points_px: np.ndarray, others_px: np.ndarray) -> np.ndarray:
    return np.linalg.norm(points_px[..., :2] - others_px, axis=-1)


def _figures(values: np.ndarray, base: np.ndarray, resampling: Resampling) -> Distance:
    mean, stock_mean = float(np.nanmean(values)), float(np.nanmean(base))
    someone = np.isfinite(values).any(axis=1)
    return Distance(
        crop_px=mean,
        median_person_crop_px=float(np.median(np.nanmean(values[someone], axis=1))),
        interval_95=resampling.interval(values),
        difference_to_stock=None
        if values is base
        else Change(mean / stock_mean - 1, resampling.interval_of_ratio(values, base)),
    )


def table(found: Agreement) -> str:
    """Lines to print."""
    rows = [["", f"from {found.teacher}, where sure", "against stock", "from its own mirror image", "against stock"]]
    for row in found.rows:
        cells = [row.name]
        for distance in (row.from_teacher, row.from_mirror):
            change = distance.difference_to_stock
            cells.append(f"{distance.crop_px:.2f} · {distance.median_person_crop_px:.2f}")
            cells.append("" if change is None else relative(change.relative, change.relative_interval_95))
        rows.append(cells)
    return "\n".join(
        [
            f"{len(found.people)} people in {found.images} images, {found.points} points that {found.teacher} "
            "is sure of; distance in crop px: mean · median person.",
            *aligned(rows),
            *(f"{name} left out: {reason}" for name, reason in found.skipped.items()),
            "Agreement is not accuracy: who learned from the teacher agrees with it, right or wrong.",
        ]
    )


def beside_stock(found: Agreement, tuned: Entry, count: int) -> np.ndarray:
    """(H, W, 3) uint8 RGB: ``count`` people, evenly from those on whom ``tuned`` and its stock network differ least to most;
    stock left, tuned right, with lines to the teacher's points where they are far off.
    """
    before, after = (found.answers[name].points_px for name in (tuned.base, tuned.name))
    change = _distance(before, after[..., :2]).mean(axis=1) / np.array([p.torso for p in found.people])
    order = np.argsort(change)
    chosen = order[np.linspace(0, len(order) - 1, min(count, len(order))).round().astype(int)]
    tiles = []
    for i in chosen:
        person = found.people[i]
        crop = window(person)
        plain = crop.cut(person.image.read(), _SIDE)
        views = []
        for points in (before[i], after[i]):
            view = plain.copy()
            far = found.sure[i] & (_distance(points, person.keypoints[:, :2]) > _FAR * person.torso)
            draw_answer(view, person, points, far, crop)
            views.append(view)
        tiles.append(np.hstack(views))
    tiles += [np.full_like(tiles[0], 255)] * (-len(tiles) % _COLUMNS)
    return np.vstack([np.hstack(tiles[i : i + _COLUMNS]) for i in range(0, len(tiles), _COLUMNS)])
