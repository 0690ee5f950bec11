"""Looking corrections over: new ones, and those that somebody else's word may settle; then whom to believe at all."""

from __future__ import annotations

import dataclasses
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from posetune.data.checks.looks import Looks, look_at
from posetune.data.people import Dataset, ImageRecord
from posetune.errors import PosetuneError
from posetune.files import write_bytes
from posetune.progress import Reporter
from posetune.runtime.images import read_image
from posetune.runtime.landmarker import Landmarker
from posetune.store import honeypots
from posetune.store.correction import ACCEPTED, BY_PERSON, NEW, QUARANTINED, REJECTED, Correction, Decision
from posetune.store.corrections import Corrections
from posetune.store.database import Database
from posetune.store.forget import expire, remove_files
from posetune.store.quarantine import doubtful, is_hostile, opinions
from posetune.store.sets import people_of

#: Of how many people the pictures lie about, and the share of exchanged sides is estimated, at a time.
_AT_ONCE = 500
_NO_CROP = "a hip and a shoulder have to be labelled"
_NO_PICTURE = "its picture is gone, damaged or none"


@dataclass(frozen=True)
class Networks:
    """Who looks. ``live``: at everybody; ``second``: at whom the first one doubts, or None."""

    live: Landmarker
    second: Landmarker | None = None


def check(database: Database, networks: Networks | None, report: Reporter, again: bool = False) -> list[Correction]:
    """Look over all new corrections, and decide on each: accepted, or quarantined with the reason. Gives those that were
    looked at, as they stand then. What somebody has reviewed stays.

    ``networks``: None for what can be told without. ``again``: all, not only new ones.
    """
    expire(database, time.time())
    remove_files(database)
    corrections = Corrections(database)
    _check_honeypots(database, corrections)
    reviewed = corrections.reviewed()
    looked_at = _to_look_at(corrections, again, reviewed)
    for at in range(0, len(looked_at), _AT_ONCE):
        part = looked_at[at : at + _AT_ONCE]
        corrections.decide_all(_decisions(corrections, part, networks, report))
    _believe_or_not(corrections, reviewed)
    wanted = {c.number for c in looked_at}
    return [c for c in corrections.find() if c.number in wanted]


def _to_look_at(corrections: Corrections, again: bool, reviewed: set[int]) -> list[Correction]:
    """New ones, and what waits of the same people in the same pictures, by others: it may be agreed to now."""
    everything = [c for c in corrections.find() if c.kind != "honeypot" and c.number not in reviewed]
    new = {(c.image, c.subject) for c in everything if c.status == NEW}
    return [
        c
        for c in everything
        if again or c.status == NEW or ((c.image, c.subject) in new and (c.status == QUARANTINED or c.held.any()))
    ]


def _decisions(
    corrections: Corrections, found: Sequence[Correction], networks: Networks | None, report: Reporter
) -> list[Decision]:
    decided: dict[int, Decision] = {}
    for correction, person in zip(found, people_of(found, Path()).people, strict=True):
        why = _NO_CROP if person.crop is None else _NO_PICTURE if not _is_readable(corrections, correction) else ""
        if why:
            decided[correction.number] = Decision(correction.number, QUARANTINED, why)
    asked = [c for c in found if c.number not in decided]
    with tempfile.TemporaryDirectory(prefix="posetune-corrections-") as folder:
        people = _with_pictures(corrections, asked, Path(folder))
        looks = None if networks is None or not asked else _look(people, networks, report)
        thought = opinions(asked, people, looks, _others(corrections, asked))
    for correction, opinion in zip(asked, thought, strict=True):
        status = QUARANTINED if opinion.reasons else ACCEPTED
        decided[correction.number] = Decision(correction.number, status, "; ".join(opinion.reasons), opinion.held)
    return [decided[c.number] for c in found]


def _is_readable(corrections: Corrections, correction: Correction) -> bool:
    """Whether its picture is there, and one."""
    try:
        content = corrections.picture(correction)
        read_image(content)
    except PosetuneError:
        return False
    return True


def _with_pictures(corrections: Corrections, found: Sequence[Correction], folder: Path) -> Dataset:
    """Corrections as a set whose pictures can be read: where they lie, or, out of a database, in ``folder``."""
    dataset = people_of(found, folder)
    if corrections.pictures.folder is None:
        for correction in {c.image: c for c in found}.values():
            write_bytes(folder / "images" / f"{correction.image}{correction.suffix}", corrections.picture(correction))
        return dataset
    renewed: dict[int, ImageRecord] = {}
    for image in dataset.images:
        path = corrections.pictures.path(image.path.stem, image.path.suffix)
        assert path is not None
        renewed[id(image)] = dataclasses.replace(image, path=path)
    return dataset.with_images(renewed, ())


def _look(people: Dataset, networks: Networks, report: Reporter) -> Looks:
    with report.counting("corrections looked at", len(people.people)) as counter:
        looks = look_at(networks.live, people.people, progress=counter.at)
    if networks.second is None:
        return looks
    doubts = doubtful(people, looks)
    with report.counting("doubtful corrections looked at again", len(doubts)) as counter:
        return looks.and_then(look_at(networks.second, people.people, doubts, counter.at))


def _others(corrections: Corrections, found: Iterable[Correction]) -> dict[int, list[Correction]]:
    """Number → the newest that each other person gave of the same person in the same picture."""
    result: dict[int, list[Correction]] = {}
    known: dict[str, list[Correction]] = {}
    for correction in found:
        if correction.image not in known:
            known[correction.image] = [c for c in corrections.find(image=correction.image) if c.status != REJECTED]
        newest = {
            c.annotator: c
            for c in known[correction.image]
            if c.subject == correction.subject
            and c.annotator != correction.annotator
            and c.kind != "honeypot"
            and c.reason != BY_PERSON
        }
        result[correction.number] = list(newest.values())
    return result


def _believe_or_not(corrections: Corrections, reviewed: set[int]) -> None:
    """Quarantine, or release, all that somebody gave, by the share of it that is suspected and by their honeypots. An audit that
    has judged does not count then (``store.evidence``).
    """
    given: dict[str, list[Correction]] = defaultdict(list)
    for correction in corrections.find():
        if correction.kind != "honeypot":
            given[correction.annotator].append(correction)
    known = corrections.honeypots()
    for annotator, theirs in given.items():
        counts: Counter[bool] = Counter()
        for c in theirs:
            suspected = c.status == REJECTED or (c.status == QUARANTINED and c.reason != BY_PERSON)
            counts[suspected] += c.status != NEW
        hostile = not theirs[0].trusted and is_hostile(counts[True], counts[False], *known.get(annotator, (0, 0)))
        if hostile:
            doomed = [Decision(c.number, QUARANTINED, BY_PERSON, c.held) for c in theirs if c.status == ACCEPTED]
        else:
            doomed = [Decision(c.number, ACCEPTED, "", c.held) for c in theirs if c.reason == BY_PERSON]
        corrections.decide_all([d for d in doomed if d.number not in reviewed])


def _check_honeypots(database: Database, corrections: Corrections) -> None:
    """Count for everybody how many honeypots they got right, and of the people that they corrected and whose points are known."""
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    decisions = []
    for answer, known in honeypots.answers(database):
        right = (honeypots.agreement(answer.points, known) or 0.0) >= honeypots.RIGHT
        counts[answer.annotator][0 if right else 1] += 1
        decisions.append(Decision(answer.number, ACCEPTED if right else REJECTED, "" if right else "a honeypot, wrong"))
    corrections.decide_all(decisions)
    for answer, known in honeypots.by_chance(database):
        agreed = honeypots.agreement(answer.points, known)
        if agreed is not None and not honeypots.WRONG <= agreed < honeypots.RIGHT:
            counts[answer.annotator][0 if agreed >= honeypots.RIGHT else 1] += 1
    for annotator, (right_, wrong) in counts.items():
        corrections.set_honeypots(annotator, right_, wrong)
