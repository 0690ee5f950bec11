"""What measuring finds, as values. ``to_json()`` gives the dictionaries that programs read; keys: docs/reference/json.md.

Errors are in crop px unless a name says otherwise, shares are 0…1, and what could not be measured is None.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

#: Low and high end of a 95 % interval by bootstrap over groups; None with fewer than two groups.
Interval = tuple[float, float] | None


#: Names in JSON that cannot be names in Python.
PCK_01, PCK_02 = {"key": "pck_0.1"}, {"key": "pck_0.2"}
_OPTIONAL = {"optional": True}  # left out of JSON where it is None


class Record:
    """A dataclass that can be written as JSON: its fields in their order."""

    def to_json(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for one in fields(self):  # type: ignore[arg-type]
            value = getattr(self, one.name)
            if value is not None or not one.metadata.get("optional", False):
                found[one.metadata.get("key", one.name)] = _plain(value)
        return found


def _plain(value: Any) -> Any:
    if isinstance(value, Record):
        return value.to_json()
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, tuple | list) else value


@dataclass(frozen=True)
class Intervals(Record):
    """95 % intervals of a network's measures."""

    mean_error_crop_px: Interval
    mean_error_torso: Interval
    pck_02: Interval = field(metadata=PCK_02)
    angle_accuracy_10deg: Interval


@dataclass(frozen=True)
class DifferenceIntervals(Record):
    """95 % intervals of a difference, paired over groups."""

    mean_error_crop_px: Interval
    mean_error_relative: Interval
    pck_02: Interval = field(metadata=PCK_02)
    angle_accuracy_10deg: Interval


@dataclass(frozen=True)
class Difference(Record):
    """A network minus ``stock``, on the ``people`` that both found and the points that both have.

    ``mean_error_relative``: −0.2 is a fifth less error than stock.
    """

    stock: str
    people: int
    mean_error_crop_px: float | None
    mean_error_relative: float | None
    pck_02: float | None = field(metadata=PCK_02)
    angle_accuracy_10deg: float | None
    interval_95: DifferenceIntervals


@dataclass(frozen=True)
class LandmarkFigures(Record):
    """Of one landmark; ``points``: how many are labelled."""

    points: int
    mean_error_crop_px: float | None
    pck_02: float | None = field(metadata=PCK_02)


@dataclass(frozen=True)
class AngleFigures(Record):
    """Of one joint angle; ``angles``: how many are labelled."""

    angles: int
    angle_mae_deg: float | None
    angle_p95_deg: float | None
    angle_accuracy_10deg: float | None


@dataclass(frozen=True)
class PersonFigures(Record):
    """Of one person; the error is None where the person was missed."""

    id: int
    image: str
    group: str
    mean_error_crop_px: float | None


@dataclass(frozen=True)
class ConditionFigures(Record):
    """Of the points that meet a condition. ``kind``: "pose", "size" or "occlusion"; ``missed``: points off by more than a
    fifth of the torso; ``swaps``: those of them that are left/right swaps.
    """

    kind: str
    name: str
    people: int
    points: int
    mean_error_crop_px: float | None
    pck_02: float | None = field(metadata=PCK_02)
    missed: int
    swaps: int


@dataclass(frozen=True)
class Analysis(Record):
    """Why a network errs (:mod:`posetune.measure.errors`). Shares are of the sum of all errors; ``worst_tenth_share``: what
    the worst tenth of the people carries; ``by``: a row for each condition.
    """

    points: int
    missed: int
    swaps: int
    people_with_swaps: int
    error_share_of_missed: float | None
    error_share_of_swaps: float | None
    worst_tenth_share: float | None
    swaps_by_landmark: dict[str, int]
    by: tuple[ConditionFigures, ...]


@dataclass(frozen=True)
class SidesFigures(Record):
    """The error on people of whom no network of the table takes left for right (``kept``), and on the others (``flipped``); of
    these, how many this one flips itself (``own_flips``). ``kept_relative``: against the stock network it was made of, on the
    kept; None for stock ones.
    """

    kept_people: int
    kept_error_crop_px: float | None
    kept_relative: float | None
    flipped_people: int
    flipped_error_crop_px: float | None
    own_flips: int


@dataclass(frozen=True)
class SizeFigures(Record):
    """Of people whose circle is ``from_px`` to ``to_px`` (None: any more) across in the detector's input of 224 px; duplicates and
    false answers by the size that the answer has.
    """

    from_px: float
    to_px: float | None
    labelled: int
    found: int
    duplicates: int
    false: int


@dataclass(frozen=True)
class CurvePoint(Record):
    """What the detector alone would find, and how much of what it says is right, were it asked for so much confidence."""

    min_confidence: float
    recall: float | None
    precision: float | None


@dataclass(frozen=True)
class CropFit(Record):
    """The crops of those found, beside the labels': medians, and the 10th and 90th percentile of the side.

    ``centre``: between the middles, in the label's sides; ``side``: in the label's; ``angle_deg``: between the ups.
    """

    centre: float
    side: float
    side_p10: float
    side_p90: float
    angle_deg: float


@dataclass(frozen=True)
class DetectionFigures(Record):
    """Who was found in ``images`` whole pictures, at the confidences of use: of the ``labelled`` people those ``found`` (an
    answer's mid-hip is within 1.5 torsos of theirs; of ``shared`` of them that answer is somebody else's), second answers for
    one of them (``duplicates``), and answers where nobody is labelled, nor marked to be ignored (``false``; they may be people
    whom nobody labelled). ``precision``: answers that are somebody's own, of all.
    """

    images: int
    labelled: int
    found: int
    shared: int
    duplicates: int
    false: int
    recall: float | None
    precision: float | None
    by_size: tuple[SizeFigures, ...] = field(repr=False)
    curve: tuple[CurvePoint, ...] = field(repr=False)
    crop: CropFit | None


@dataclass(frozen=True)
class Measures(Record):
    """All measures of one network under one protocol.

    Mean errors are over the ``found`` of the ``labelled`` people; PCK, angle accuracy and AP count a missed person as wrong.
    Depth (cm, hip-centred world landmarks) is None where no person has true 3D. ``differences``: to each stock network, and
    ``difference_to_stock`` to the one that it was made of; None for stock networks. ``detection``: of the pipeline protocol,
    ``sides``: of the crop protocol.
    """

    people: int
    groups: int
    labelled: int
    found: int
    points: int
    mean_error_crop_px: float | None
    mean_error_image_px: float | None
    mean_error_torso: float | None
    median_error_crop_px: float | None
    pck_01: float | None = field(metadata=PCK_01)
    pck_02: float | None = field(metadata=PCK_02)
    oks_ap: float | None
    oks_ap_50: float | None
    oks_ap_75: float | None
    angles: int
    angle_mae_deg: float | None
    angle_p95_deg: float | None
    angle_accuracy_10deg: float | None
    z_error_cm: float | None
    mpjpe_cm: float | None
    pa_mpjpe_cm: float | None
    interval_95: Intervals
    per_landmark: dict[str, LandmarkFigures] = field(repr=False)
    per_angle: dict[str, AngleFigures] = field(repr=False)
    differences: dict[str, Difference] | None = field(metadata=_OPTIONAL)
    difference_to_stock: Difference | None = field(metadata=_OPTIONAL)
    per_person: tuple[PersonFigures, ...] = field(repr=False)
    analysis: Analysis = field(repr=False)
    detection: DetectionFigures | None = field(default=None, metadata=_OPTIONAL)
    sides: SidesFigures | None = field(default=None, metadata=_OPTIONAL)
