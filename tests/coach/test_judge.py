from __future__ import annotations

import math
from dataclasses import replace

import pytest
from tests.helpers.stick_figures import figure, repeated, squatting

from posetune.coach.body import Body, Ruler
from posetune.coach.exercise import Gate, library
from posetune.coach.judge import Result, feet_move, judged, passes, tolerance_of, upside_down
from posetune.coach.repetitions import Moved

DEPTH = next(c for c in library()["squat"].checks if c.name == "depth")
LEAN = next(c for c in library()["squat"].checks if c.name == "trunk_and_shank")
MOVED = Moved(1.0, 3.0, 2.0, 0.5)


def bodies(deepest: float = 1.0, turned: float = 90, **more: float) -> list[Body]:
    ruler = Ruler()
    return [ruler.see(s) for s in repeated(lambda d: squatting(d, **more), 1, deepest=deepest, turned=turned)]


@pytest.mark.parametrize(("deepest", "status"), [(1.0, "ok"), (0.93, "near"), (0.75, "fault")])
def test_depth(deepest: float, status: str):
    result = judged(DEPTH, bodies(deepest), MOVED, {})
    assert result.status == status
    assert result.limit == 0.05


def test_another_view_is_not_measurable_and_says_why():
    result = judged(DEPTH, bodies(turned=0), MOVED, {})
    assert result.to_json() == {"status": "not measurable", "why": "needs a side view, this is a front one"}


def test_hidden_points_are_not_measurable():
    ruler = Ruler()
    seen = [ruler.see(figure(t / 10, squatting(1), hidden=("left_ankle", "right_ankle"))) for t in range(10, 31)]
    assert judged(DEPTH, seen, MOVED, {}).why == "ankle is hidden"


def test_the_networks_error_is_the_tolerance_and_never_below_five_degrees():
    assert tolerance_of(LEAN, {"hip": 12.0}) == 12
    assert tolerance_of(LEAN, {"hip": 1.0}) == 5
    far = bodies(lean=64)  # trunk leans 34 more than the shank
    assert judged(LEAN, far, MOVED, {"hip": 5.0}).status == "fault"
    assert judged(LEAN, far, MOVED, {"hip": 12.0}).status == "near"


def test_a_value_is_told_with_its_time():
    assert judged(DEPTH, bodies(0.75), MOVED, {}).at_s == 2.0
    worst = judged(replace(LEAN, when="worst"), bodies(lean=64), MOVED, {})
    assert worst.at_s == pytest.approx(2.0, abs=0.2), "where it is deepest, it leans most"


def test_one_wild_frame_is_no_fault():
    check = replace(LEAN, when="worst")
    seen = bodies()
    wild = squatting(0.5)
    wild["shoulder"] = (wild["hip"][0] + 130, wild["hip"][1] + 5)
    seen[60] = Ruler().see(figure(2.0, wild))
    assert judged(check, seen, MOVED, {}).status == "ok"


def test_gates_hold_only_what_was_measured():
    assert passes(Gate("trunk_lean", None, 60, "extremum"), bodies(), MOVED)
    assert not passes(Gate("trunk_lean", None, 20, "extremum"), bodies(), MOVED)
    assert not passes(Gate("arms_tilt", None, 90, "extremum"), [], MOVED)


def test_feet_that_leave_the_floor_move():
    ruler = Ruler()
    jumping = [ruler.see(figure(n / 30, squatting(0, floor=700 - (80 if 30 < n < 45 else 0)))) for n in range(60)]
    assert feet_move(bodies()) < 0.02 < 0.3 < feet_move(jumping)
    assert math.isnan(feet_move([]))


def test_upside_down():
    ruler = Ruler()
    turned = [{k: (x, 1000 - y) for k, (x, y) in squatting(0).items()} for _ in range(10)]
    assert upside_down([ruler.see(figure(n / 10, joints)) for n, joints in enumerate(turned)])
    assert not upside_down(bodies())


def test_a_result_as_json():
    assert Result("fault", 0.2514, 0.05, 0.1).to_json() == {
        "status": "fault",
        "value": 0.251,
        "limit": 0.05,
        "tolerance": 0.1,
    }
