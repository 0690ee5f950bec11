"""All measures of one network under one protocol, and their differences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from posetune.data.answers import Answers
from posetune.data.people import Person
from posetune.measure import metrics
from posetune.measure.bootstrap import Resampling
from posetune.measure.metrics import Labels, mean_or_none, percentile_or_none
from posetune.measure.results import (
    Analysis,
    AngleFigures,
    Difference,
    DifferenceIntervals,
    Intervals,
    LandmarkFigures,
    Measures,
    PersonFigures,
)
from posetune.skeleton import BLAZEPOSE


@dataclass(frozen=True, eq=False)
class Scored:
    """A network's answers to N people beside their labels, and the errors that follow."""

    answers: Answers
    labels: Labels

    @cached_property
    def errors_px(self) -> np.ndarray:
        """(N, 33) image px."""
        return metrics.point_errors(self.answers.points_px, self.labels)

    @cached_property
    def errors_crop(self) -> np.ndarray:
        """(N, 33) crop px."""
        return metrics.in_crop_px(self.errors_px, self.labels)

    @cached_property
    def person_errors(self) -> np.ndarray:
        """(N,) mean over the labelled points of each person, crop px; NaN where missed."""
        known = np.isfinite(self.errors_crop)
        with np.errstate(invalid="ignore"):
            return np.where(known, self.errors_crop, 0).sum(axis=1) / np.where(
                known.any(axis=1), known.sum(axis=1), np.nan
            )

    @cached_property
    def angles(self) -> tuple[np.ndarray, np.ndarray]:
        """``(errors in degrees, which have labels)``, (N, 8) each."""
        return metrics.angle_errors(self.answers.points_px, self.labels)

    @cached_property
    def angle_hits(self) -> np.ndarray:
        """(N, 8)"""
        return metrics.angle_hits(*self.angles)

    def hits(self, alpha: float) -> np.ndarray:
        """(N, 33) PCK hits."""
        return metrics.pck_hits(self.errors_px, self.labels, alpha)


def common_errors(a: Scored, b: Scored) -> tuple[np.ndarray, np.ndarray]:
    """Two networks' (N,) errors of each person, crop px, over the points that both have: a network with points of its own
    is not held against one that lacks half of them. NaN where one missed the person, or there is no such point.
    """
    both = np.isfinite(a.errors_crop) & np.isfinite(b.errors_crop)
    count = np.where(both.any(axis=1), both.sum(axis=1), np.nan)
    first, second = (np.where(both, s.errors_crop, 0).sum(axis=1) / count for s in (a, b))
    return first, second


def in_body(people: Sequence[Person], scored: Scored) -> tuple[Sequence[Person], Scored]:
    """The same people, labels and answers in MediaPipe's 33, whatever their own keypoint set."""
    labels, answers = scored.labels, scored.answers
    skeleton = labels.skeleton
    if skeleton is BLAZEPOSE:
        return people, scored

    def mapped(values: np.ndarray, missing: float) -> np.ndarray:
        return np.stack([skeleton.to_body(v, missing) for v in values])

    moved = Answers(
        mapped(answers.points_px, np.nan),
        mapped(answers.world, np.nan),
        mapped(answers.visibility, np.nan),
        answers.score,
    )
    keypoints = mapped(labels.keypoints, 0)
    unknown = np.full((len(keypoints), BLAZEPOSE.count, 3), np.nan)
    plain = Labels(keypoints, mapped(labels.labelled, 0), labels.side, labels.torso, labels.groups, unknown, BLAZEPOSE)
    return [
        replace(p, keypoints=k, keypoints_3d=None, skeleton=BLAZEPOSE) for p, k in zip(people, keypoints, strict=True)
    ], Scored(moved, plain)


def summarise(
    people: Sequence[Person],
    scored: Scored,
    ap: dict[str, float | None],
    resampling: Resampling,
    analysis: Analysis,
    differences: dict[str, Difference] | None,
    base: str,
) -> Measures:
    """The measures of one network. ``differences``: to stock networks, of which ``base`` is its own; None for a stock one."""
    labels, errors = scored.labels, scored.errors_px
    found = scored.answers.found
    angle_errors, _ = scored.angles
    with np.errstate(invalid="ignore"):
        in_torsos = errors / labels.torso[:, None]
    z_error, mpjpe, pa_mpjpe = _depth(scored)
    return Measures(
        people=len(found),
        groups=resampling.groups,
        labelled=len(found),
        found=int(found.sum()),
        points=int(labels.labelled.sum()),
        mean_error_crop_px=mean_or_none(scored.errors_crop),
        mean_error_image_px=mean_or_none(errors),
        mean_error_torso=mean_or_none(in_torsos),
        median_error_crop_px=percentile_or_none(scored.errors_crop, 50),
        pck_01=mean_or_none(scored.hits(0.1)),
        pck_02=mean_or_none(scored.hits(0.2)),
        oks_ap=ap["ap"],
        oks_ap_50=ap["ap_50"],
        oks_ap_75=ap["ap_75"],
        angles=int(scored.angles[1].sum()),
        angle_mae_deg=mean_or_none(angle_errors),
        angle_p95_deg=percentile_or_none(angle_errors, 95),
        angle_accuracy_10deg=mean_or_none(scored.angle_hits),
        z_error_cm=z_error,
        mpjpe_cm=mpjpe,
        pa_mpjpe_cm=pa_mpjpe,
        interval_95=Intervals(
            mean_error_crop_px=resampling.interval(scored.errors_crop),
            mean_error_torso=resampling.interval(in_torsos),
            pck_02=resampling.interval(scored.hits(0.2)),
            angle_accuracy_10deg=resampling.interval(scored.angle_hits),
        ),
        per_landmark=_per_landmark(scored),
        per_angle=_per_angle(scored),
        differences=differences,
        difference_to_stock=None if differences is None else differences[base],
        per_person=_per_person(people, scored),
        analysis=analysis,
    )


def _depth(scored: Scored) -> tuple[float | None, float | None, float | None]:
    """``(z error, MPJPE, PA-MPJPE)``, cm: None throughout where no person has true 3D."""
    labels, world = scored.labels, scored.answers.world
    if not np.isfinite(labels.world).any():
        return None, None, None
    return (
        mean_or_none(metrics.depth_errors_cm(world, labels)),
        mean_or_none(metrics.mpjpe_cm(world, labels)),
        mean_or_none(metrics.pa_mpjpe_cm(world, labels)),
    )


def _per_landmark(scored: Scored) -> dict[str, LandmarkFigures]:
    return {
        name: LandmarkFigures(
            points=int(scored.labels.labelled[:, i].sum()),
            mean_error_crop_px=mean_or_none(scored.errors_crop[:, i]),
            pck_02=mean_or_none(scored.hits(0.2)[:, i]),
        )
        for i, name in enumerate(scored.labels.skeleton.names)
        if scored.labels.labelled[:, i].any()
    }


def _per_angle(scored: Scored) -> dict[str, AngleFigures]:
    errors, known = scored.angles
    return {
        angle.name: AngleFigures(
            angles=int(known[:, i].sum()),
            angle_mae_deg=mean_or_none(errors[:, i]),
            angle_p95_deg=percentile_or_none(errors[:, i], 95),
            angle_accuracy_10deg=mean_or_none(scored.angle_hits[:, i]),
        )
        for i, angle in enumerate(scored.labels.skeleton.angles)
        if known[:, i].any()
    }


def difference(scored: Scored, stock: Scored, stock_name: str, resampling: Resampling) -> Difference:
    """A network minus a stock one, on the people that both found and the points that both have, with paired intervals
    over groups.
    """
    both = scored.answers.found & stock.answers.found
    common = scored.answers.given & stock.answers.given
    scored = Scored(scored.answers, scored.labels.only(common))
    stock = Scored(stock.answers, stock.labels.only(common))
    mine, theirs = (np.where(both[:, None], one.errors_crop, np.nan) for one in (scored, stock))
    a, b = mean_or_none(mine), mean_or_none(theirs)
    hits = (scored.hits(0.2), stock.hits(0.2))
    angles = (scored.angle_hits, stock.angle_hits)
    return Difference(
        stock=stock_name,
        people=int(both.sum()),
        mean_error_crop_px=_minus(a, b),
        mean_error_relative=None if a is None or not b else a / b - 1,
        pck_02=_minus(*map(mean_or_none, hits)),
        angle_accuracy_10deg=_minus(*map(mean_or_none, angles)),
        interval_95=DifferenceIntervals(
            mean_error_crop_px=resampling.interval_of_difference(mine, theirs),
            mean_error_relative=resampling.interval_of_ratio(mine, theirs),
            pck_02=resampling.interval_of_difference(*hits),
            angle_accuracy_10deg=resampling.interval_of_difference(*angles),
        ),
    )


def _minus(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b


def _per_person(people: Sequence[Person], scored: Scored) -> tuple[PersonFigures, ...]:
    """One row a person: who, where, and the mean error."""
    return tuple(
        PersonFigures(person.id, person.image.path.name, person.group, None if np.isnan(error) else float(error))
        for person, error in zip(people, scored.person_errors, strict=True)
    )
