"""Where a person's labels come from: a network that proposed them, who looked at them; and what else a label file says."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

#: What became of labels that a network proposed; None is a label like any other.
STATUSES = ("proposed", "corrected", "confirmed", "rejected")
#: Points that a labelling tool put between two frames in which somebody placed them.
INTERPOLATED = "interpolated"
_KEY = "origin"


@dataclass(frozen=True)
class Origin:
    """``network``: sha256 of the landmark network that proposed the points; ``version``: of posetune then. ``confidence``: (K,)
    0…1 a point, None for one that it did not give. ``reviewer``: who looked at them. ``status``: one of STATUSES. All None for
    labels that no network proposed. ``source``: INTERPOLATED, or None where people placed the points. ``other``: what else the
    label file says of this person, by its key, kept as it stands.
    """

    network: str | None = None
    version: str | None = None
    confidence: tuple[float | None, ...] | None = None
    reviewer: str | None = None
    status: str | None = None
    source: str | None = None
    other: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, row: Mapping[str, Any], points: Sequence[int | None]) -> Origin:
        """What a label file's entry says beyond the labels, under the key "origin" and others.

        ``points``: (K,) for each point as it is kept, its place among the file's keypoints, None for one without. An "origin"
        that is not as posetune writes it is kept in ``other``, like every key that is not known.
        """
        said = row.get(_KEY)
        if not isinstance(said, Mapping) or not _is_ours(said):
            return cls(other=dict(row))
        given = said.get("confidence")
        if given is not None and len(given) <= max((i for i in points if i is not None), default=-1):
            return cls(other=dict(row))  # of another set of keypoints
        confidence = None if given is None else tuple(None if i is None else given[i] for i in points)
        other = {key: value for key, value in row.items() if key != _KEY}
        return cls(**{**said, "confidence": confidence}, other=other)

    def to_row(self) -> dict[str, Any]:
        """The keys to add to a label file's entry; :meth:`of` reads them."""
        said = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name != "other"}
        said = {name: list(v) if isinstance(v, tuple) else v for name, v in said.items() if v is not None}
        return {**self.other, _KEY: said} if said else dict(self.other)


def _is_ours(said: Mapping[str, Any]) -> bool:
    texts = ("network", "version", "reviewer")
    confidence = said.get("confidence")
    shares = confidence if isinstance(confidence, list) else [] if confidence is None else [""]
    return (
        said.keys() <= {*texts, "confidence", "status", "source"}
        and all(isinstance(said.get(name), str | None) for name in texts)
        and said.get("status") in (None, *STATUSES)
        and said.get("source") in (None, INTERPOLATED)
        and all(share is None or _is_share(share) for share in shares)
    )


def _is_share(value: object) -> bool:
    number = isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)
    return number and 0 <= float(value) <= 1  # type: ignore[arg-type]
