from __future__ import annotations

import math

import pytest
from tests.helpers.stick_figures import figure, pressing_up, squatting

from posetune.coach.body import MEASURES, Ruler, view_of
from posetune.coach.sample import Sample


def test_a_standing_figure_measures_as_one():
    body = Ruler().see(figure(0, squatting(0)))
    assert body.measure("hip_height") == pytest.approx(1, abs=0.01)
    assert body.measure("near_knee") == pytest.approx(180, abs=0.5)
    assert body.measure("trunk_lean") == pytest.approx(0, abs=0.5)


def test_a_level_thigh_is_at_the_height_of_the_knee():
    ruler = Ruler()
    ruler.see(figure(0, squatting(0)))
    body = ruler.see(figure(1, squatting(1)))
    assert body.measure("hip_over_knee") == pytest.approx(0, abs=0.01)
    assert body.measure("near_knee") == pytest.approx(60, abs=1)


@pytest.mark.parametrize("sag", [-30, 0, 30])
def test_the_bodys_line_has_a_sign(sag: float):
    line = Ruler().see(figure(0, pressing_up(0, sag))).measure("body_line")
    assert line == pytest.approx(180, abs=1) if sag == 0 else (line < 175 if sag > 0 else line > 185)


def test_what_is_hidden_is_nan_and_lengths_are_kept():
    ruler = Ruler()
    ruler.see(figure(0, squatting(0)))
    hidden = ruler.see(figure(1, squatting(0.5), hidden=("left_knee", "right_knee")))
    assert math.isnan(hidden.measure("near_knee"))
    assert hidden.measure("hip_height") == pytest.approx(0.83, abs=0.02)


def test_one_wild_frame_does_not_set_the_scale():
    ruler = Ruler()
    ruler.see(figure(0, squatting(0)))
    wild = squatting(0)
    wild["ankle"] = (wild["ankle"][0], 5000.0)
    ruler.see(figure(0.03, wild))
    assert ruler.see(figure(0.06, squatting(0))).measure("hip_height") > 0.85


@pytest.mark.parametrize(("turned", "view"), [(0, "front"), (45, "oblique"), (90, "side"), (math.nan, "unknown")])
def test_views(turned: float, view: str):
    assert view_of(turned) == view


def test_the_view_is_of_the_world_points():
    assert Ruler().see(figure(0, squatting(0), turned=70)).turned() == pytest.approx(70, abs=1)


def test_every_measure_can_be_taken():
    body = Ruler().see(figure(0, squatting(0.5)))
    # knees and ankles of a side view lie on top of one another; nobody stands ahead
    assert {name for name in MEASURES if not math.isfinite(body.measure(name))} <= {
        "knees_to_ankles",
        "arms_tilt",
        "front_knee",
    }


def test_who_walks_away_gets_no_shorter_legs():
    ruler = Ruler()
    heights = []
    for n in range(120):
        near = figure(n / 15, squatting(0))
        smaller = 1 - 0.5 * n / 119
        body = ruler.see(Sample(near.time_s, near.points * smaller, near.visibility, near.world))
        heights.append(body.measure("standing_height"))
    assert min(heights) > 0.93


def test_upright_is_one_and_the_leg_stands_in_until_somebody_stood():
    ruler = Ruler()
    assert ruler.see(figure(0, squatting(1))).measure("standing_height") < 0.7
    assert ruler.see(figure(0.1, squatting(0))).measure("standing_height") > 0.9


def test_the_front_knee_is_that_of_the_leg_ahead():
    stride = {
        "ankle": (400.0, 650.0),
        "hip": (400.0, 500.0), "shoulder": (400.0, 370.0), "left_knee": (470.0, 540.0), "left_ankle": (470.0, 640.0),
        "right_knee": (360.0, 600.0), "right_ankle": (260.0, 640.0),
    }  # fmt: skip
    feet = {
        f"{side}_{part}": (stride[f"{side}_ankle"][0] + dx, 650.0)
        for side in ("left", "right")
        for part, dx in (("heel", -10), ("foot_index", 30))
    }

    ahead = Ruler().see(figure(0, {**stride, **feet}))
    assert ahead.measure("front_knee") == ahead.measure("left_knee")
    backwards = {name: (x - 2 * (x - stride[f"{name.split('_')[0]}_ankle"][0]), y) for name, (x, y) in feet.items()}
    assert Ruler().see(figure(0, {**stride, **backwards})).measure("front_knee") == ahead.measure("right_knee")
