from __future__ import annotations

import math

import numpy as np
import pytest
from tests.helpers.stick_figures import clip, figure, repeated, squatting

from posetune.coach.body import MEASURES, Ruler
from posetune.coach.curves import curves, unit_of
from posetune.coach.session import coached


def test_the_signal_comes_first_with_its_thresholds_then_what_was_checked():
    session = coached(clip(repeated(squatting, 2, fps=15)), "squat", {"hip": 8.0})
    signal, *others = curves(session)
    assert signal.measure == "standing_height"
    assert {limit.kind for limit in signal.limits} == {"enter", "leave"}
    assert {c for curve in others for c in curve.checks} == {
        "depth",
        "trunk_and_shank",
    }  # knees_in is not measurable here
    trunk = next(c for c in others if "trunk_and_shank" in c.checks)
    assert [(limit.kind, limit.tolerance) for limit in trunk.limits] == [("max", 8.0)]
    assert len(signal.times_s) == len(signal.values) == len(session.bodies)
    assert np.nanmin(signal.values) < signal.limits[0].value


def test_nobody_and_nothing_have_no_curves():
    assert curves(coached([], "squat")) == []
    assert curves(coached(clip(repeated(squatting, 0, fps=15)), "auto")) == []


@pytest.mark.parametrize(
    ("measure", "unit"),
    [("near_knee", "°"), ("hip_over_knee", ""), ("trunk_to_shank", "°"), ("hip_height", ""), ("body_line", "°"),
     ("knees_to_ankles", ""), ("near_hip", "°"), ("mean_shoulder", "°"), ("mean_hip_3d", "°"),
     ("stride_3d", "")],
)  # fmt: skip
def test_units(measure: str, unit: str):
    assert unit_of(measure) == unit


def test_every_measure_has_a_unit_that_fits_its_values():
    body = Ruler().see(figure(0, squatting(0.7), turned=60))
    for measure in MEASURES:
        value = body.measure(measure)
        if unit_of(measure) == "" and math.isfinite(value):
            assert abs(value) < 5, measure
