"""Audits: people drawn from all pictures that came and may be kept, labelled by hand, to judge networks by.

Corrections come where the live network failed, so they cannot say which of two networks is better. An audit can: its picture is
drawn uniformly from what came, every point is confirmed, and what is shown beforehand is the answer of a network drawn by coin that
nobody names, or nothing. One in twenty is a honeypot: of its person the points are known, and what is shown is wrong.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from posetune.data.dataset import write_coco
from posetune.data.origin import PRELABEL, Origin
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.errors import PosetuneError
from posetune.files import write_bytes
from posetune.landmarks import COUNT, NAMES
from posetune.runtime.images import read_image
from posetune.runtime.landmarker import Landmarker
from posetune.store import honeypots
from posetune.store.correction import Correction, packed
from posetune.store.database import Database
from posetune.store.ids import new_id
from posetune.store.kept import in_order
from posetune.store.pictures import Pictures
from posetune.store.sets import AUDIT
from posetune.store.subjects import subject_of
from posetune.store.tables import audits, images

#: So many get no answer shown; so many are honeypots.
BLIND, HONEYPOTS = 0.2, 0.05
#: A point that a network takes for visible with less than this is told as hidden.
_VISIBLE = 0.5
#: A body is larger than its points by this share on each side.
_MARGIN = 0.08


@dataclass(frozen=True, eq=False)
class Audit:
    """Somebody to be labelled. ``image``: sha256 of the picture's file. ``subject``: which person of it. ``points``: (33, 3) x, y
    in image px, v, where a network sees them. ``shown``: sha256 of that network, "" where its answer is not to be shown.
    """

    id: str
    image: str
    suffix: str
    width: int
    height: int
    scene: str
    subject: int
    points: np.ndarray
    shown: str


def waiting(database: Database) -> int:
    """How many pictures came that no audit was drawn from."""
    with database.read() as connection:
        return len(_undrawn(connection))


def _undrawn(connection: sa.Connection) -> list[sa.Row]:
    drawn = sa.select(audits.c.image).where(audits.c.honeypot.is_(None))
    query = sa.select(images).where(images.c.traffic, images.c.number.not_in(drawn)).order_by(images.c.sha256)
    return list(connection.execute(query))


def draw(
    database: Database,
    count: int,
    networks: Mapping[str, Landmarker],
    rng: np.random.Generator,
    progress: Callable[[int], None] | None = None,
) -> list[Audit]:
    """Draw ``count`` pictures uniformly, each once in its life, and of each a person; written down when this returns.

    ``networks``: by sha256, those whose answer may be shown: live, and a challenger. ``progress`` is called with the pictures done.
    A picture in which nobody is found is drawn and left out. Raises PosetuneError where no picture is left.
    """
    pictures = Pictures(database)
    with database.read() as connection:
        rows = _undrawn(connection)
    if not rows:
        raise PosetuneError(
            "No picture is left to draw an audit from: they come from the web app's users who agree, or by `posetune audit offer`."
        )
    baits = functools.cache(lambda: honeypots.baits(database))  # a look at the whole store, which most draws do without
    drawn: list[Audit] = []
    for done, at in enumerate(rng.permutation(len(rows)).tolist(), 1):
        if len(drawn) >= count:
            break
        row = rows[at]
        if rng.random() < HONEYPOTS and baits():
            known = baits()[int(rng.integers(len(baits())))]
            drawn.append(_write(database, known, honeypots.spoilt(known), next(iter(networks)), known.number))
        with database.read() as connection:
            content = pictures.get(connection, row.sha256, row.suffix)
        shown = list(networks)[int(rng.integers(len(networks)))]
        found = networks[shown].predict(read_image(content))
        if found:
            pose = found[int(rng.integers(len(found)))]
            points = np.column_stack(
                [pose.landmarks_px[:COUNT, :2], np.where(pose.visibility[:COUNT] >= _VISIBLE, 2.0, 1.0)]
            )
            drawn.append(_write(database, row, points.astype(np.float64), "" if rng.random() < BLIND else shown))
        if progress is not None:
            progress(done)
    return drawn


def draw_honeypots(
    database: Database, count: int, rng: np.random.Generator, without: Collection[str] = ()
) -> list[Audit]:
    """``count`` people whose points are known, or as many as there are, each of another picture; none of pictures ``without``
    (sha256). Written down when this returns; to be mixed among people who are to be corrected (``label.honeypots``).
    """
    known = {bait.image: bait for bait in honeypots.baits(database) if bait.image not in without}
    chosen = [list(known.values())[i] for i in rng.permutation(len(known))[:count].tolist()]
    return [_write(database, one, honeypots.spoilt(one), "", one.number) for one in chosen]


def _write(
    database: Database, what: Correction | sa.Row, points: np.ndarray, shown: str, honeypot: int | None = None
) -> Audit:
    sha256 = what.image if isinstance(what, Correction) else what.sha256
    with database.write() as connection:
        in_order(database, connection)
        number = connection.scalar(sa.select(images.c.number).where(images.c.sha256 == sha256))
        if number is None:
            raise PosetuneError("A picture was forgotten while an audit was drawn from it: draw again.")
        audit = Audit(
            new_id(), sha256, what.suffix, what.width, what.height, what.scene,
            subject_of(connection, sha256, points), points, shown,
        )  # fmt: skip
        connection.execute(
            sa.insert(audits).values(
                id=audit.id, image=number, subject=audit.subject, shown=shown, points=packed(points), honeypot=honeypot,
                drawn_at=time.time(),
            )
        )  # fmt: skip
    return audit


def write_audit_set(database: Database, drawn: list[Audit], folder: Path, split: str = "audit") -> Dataset:
    """Write audits as a set to label: pictures, and what is shown of each person; nothing but a box where nothing is. Which network
    it was stands nowhere. ``corrections add SET --kind audit`` takes it back.
    """
    pictures = Pictures(database)
    records: dict[str, ImageRecord] = {}
    people = []
    for number, audit in enumerate(drawn, 1):
        name = f"{audit.image}{audit.suffix}"
        if audit.image not in records:
            records[audit.image] = ImageRecord(
                len(records) + 1, folder / "images" / name, audit.width, audit.height, audit.scene
            )
            with database.read() as connection:
                write_bytes(folder / "images" / name, pictures.get(connection, audit.image, audit.suffix))
        low, high = audit.points[:, :2].min(axis=0), audit.points[:, :2].max(axis=0)
        low, high = low - _MARGIN * (high - low), high + _MARGIN * (high - low)
        people.append(
            Person(
                number,
                records[audit.image],
                audit.points if audit.shown else np.zeros((COUNT, 3)),
                bbox=np.concatenate([low, high - low]),
                origin=Origin(status=PRELABEL, other={AUDIT: audit.id}),
            )
        )
    dataset = Dataset("audit", tuple(records.values()), tuple(people), NAMES, (), folder)
    write_coco(dataset, folder / "annotations" / f"{split}.json")
    return dataset
