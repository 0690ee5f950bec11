"""Where labels come from: of a person the network that proposed them and who looked at them, of an image the footage; and what
else a label file says.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

#: A network proposed these labels, and nobody has looked at them.
PRELABEL = "prelabel"
#: Somebody looked and changed something; looked and found all in order; looked and wants them for nothing.
CORRECTED, VERIFIED, REJECTED = "corrected", "verified", "rejected"
#: What became of labels that a network proposed; None is a label like any other.
STATUSES = (PRELABEL, CORRECTED, VERIFIED, REJECTED)
#: The words of before 0.3 for two of them.
_FORMER = {"proposed": PRELABEL, "confirmed": VERIFIED}
#: What became of a single point that a network proposed.
UNTOUCHED, MOVED, CONFIRMED = "untouched", "moved", "confirmed"
POINT_STATUSES = (UNTOUCHED, MOVED, CONFIRMED)
#: Points that a labelling tool put between two frames in which somebody placed them.
INTERPOLATED = "interpolated"
_KEY, _STATUS = "origin", "status"


@dataclass(frozen=True)
class Origin:
    """``network``: sha256 of the landmark network that proposed the points; ``version``: of posetune then. ``confidence``: (K,)
    0…1 a point, None for one that it did not give. ``reviewer``: who looked at them. ``status``: one of STATUSES. All None for
    labels that no network proposed. ``points``: (K,) one of POINT_STATUSES a point, or None. ``source``: INTERPOLATED, or None
    where people placed the points. ``source_sha256``: of the footage that the image was taken from, and ``time_s``: when in it,
    seconds; None for an image of its own. ``other``: what else the label file says of this person, by its key, kept as it stands.

    In a label file the status stands twice: in "origin", and for who does not know that, as the annotation's own "status", which
    goes before where they differ.
    """

    network: str | None = None
    version: str | None = None
    confidence: tuple[float | None, ...] | None = None
    reviewer: str | None = None
    status: str | None = None
    points: tuple[str | None, ...] | None = None
    source: str | None = None
    source_sha256: str | None = None
    time_s: float | None = None
    other: Mapping[str, Any] = field(default_factory=dict)

    @property
    def seen(self) -> bool:
        """Whether labels may be learnt from and measured by: those that somebody has seen and not rejected, and such as no
        network proposed.
        """
        return self.status not in (PRELABEL, REJECTED)

    @classmethod
    def of(cls, row: Mapping[str, Any], points: Sequence[int | None]) -> Origin:
        """What a label file's entry says beyond the labels, under the keys "origin" and "status" and others.

        ``points``: (K,) for each point as it is kept, its place among the file's keypoints, None for one without. An "origin"
        that is not as posetune writes it is kept in ``other``, like every key that is not known.
        """
        status = status_of(row.get(_STATUS))
        other = {key: value for key, value in row.items() if key != _STATUS or status is None}
        said = row.get(_KEY)
        if not isinstance(said, Mapping) or not _is_ours(said):
            return cls(status=status, other=other)
        found = dict(said)
        for name in ("confidence", "points"):
            given = said.get(name)
            if given is None:
                continue
            if len(given) <= max((i for i in points if i is not None), default=-1):
                return cls(status=status, other=other)  # of another set of keypoints
            found[name] = tuple(None if i is None else given[i] for i in points)
        found[_STATUS] = status or status_of(said.get(_STATUS))
        del other[_KEY]
        return cls(**found, other=other)

    def to_row(self) -> dict[str, Any]:
        """The keys to add to a label file's entry; :meth:`of` reads them."""
        said = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name != "other"}
        said = {name: list(v) if isinstance(v, tuple) else v for name, v in said.items() if v is not None}
        row = dict(self.other)
        if self.status is not None:
            row[_STATUS] = self.status
        if said and (said.keys() != {_STATUS} or _KEY not in row):
            row[_KEY] = said
        return row


@dataclass(frozen=True)
class ImageOrigin:
    """Where an image of a set comes from. ``sha256``: of its file when it was labelled. ``source``: name of the footage it was
    taken from, ``source_sha256``: of that file; ``frame``: its number there, from 0, and ``time_s``, seconds. ``blind``: it is
    labelled without being shown what a network proposes. ``status``: PRELABEL while nobody has looked at the image, VERIFIED
    after; None for an image of a set like any other. ``predicted``: how many people were proposed.
    """

    sha256: str | None = None
    source: str | None = None
    source_sha256: str | None = None
    frame: int | None = None
    time_s: float | None = None
    blind: bool = False
    status: str | None = None
    predicted: int | None = None

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> ImageOrigin:
        """What an image's entry in a label file says; what is not as posetune writes it counts for nothing."""
        found = {name: row[name] for name, good in _IMAGE_FACTS.items() if name in row and good(row[name])}
        return cls(**found, status=status_of(row.get(_STATUS)))

    def to_row(self) -> dict[str, Any]:
        """The keys to add to an image's entry; :meth:`of` reads them."""
        said = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return {name: value for name, value in said.items() if value is not None and value is not False}


def status_of(said: object) -> str | None:
    """The status that a label file's word means, or None."""
    if not isinstance(said, str):
        return None
    said = _FORMER.get(said, said)
    return said if said in STATUSES else None


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_time(value: object) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and value >= 0  # type: ignore[operator,arg-type]


_IMAGE_FACTS: Mapping[str, Callable[[object], bool]] = {
    "sha256": _is_text,
    "source": _is_text,
    "source_sha256": _is_text,
    "frame": _is_count,
    "time_s": _is_time,
    "blind": lambda value: isinstance(value, bool),
    "predicted": _is_count,
}


def _is_ours(said: Mapping[str, Any]) -> bool:
    texts = ("network", "version", "reviewer", "source_sha256")
    shares, points = (_listed(said.get(name)) for name in ("confidence", "points"))
    return (
        said.keys() <= {*texts, "confidence", "points", _STATUS, "source", "time_s"}
        and all(isinstance(said.get(name), str | None) for name in texts)
        and (said.get(_STATUS) is None or status_of(said[_STATUS]) is not None)
        and said.get("source") in (None, INTERPOLATED)
        and (said.get("time_s") is None or _is_time(said["time_s"]))
        and all(share is None or _is_share(share) for share in shares)
        and all(point in (None, *POINT_STATUSES) for point in points)
    )


def _listed(value: object) -> Sequence[object]:
    """``value``; something that is good for nothing where it is no list, nothing where it is None."""
    return value if isinstance(value, list) else [] if value is None else [""]


def _is_share(value: object) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return number and 0 <= float(value) <= 1  # type: ignore[arg-type]
