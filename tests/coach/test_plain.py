from __future__ import annotations

import json

from posetune.coach.body import MEASURES
from posetune.coach.exercise import library
from posetune.coach.plain import marked, plain
from posetune.landmarks import INDEX


def test_an_exercise_is_json():
    for name, exercise in library().items():
        content = json.loads(json.dumps(plain(exercise)))
        assert content["name"] == name
        assert [c["name"] for c in content["checks"]] == [c.name for c in exercise.checks]
        assert (content["signal"] is None) == (content["kind"] == "hold")


def test_a_fault_of_any_measure_has_a_place_on_the_body():
    for measure in MEASURES:
        bare = marked(measure).removeprefix("both_").removeprefix("left_").removeprefix("right_")
        assert f"left_{bare}" in INDEX, measure
    assert (marked("near_knee"), marked("left_knee"), marked("smaller_knee")) == ("knee", "left_knee", "both_knee")
