"""The coach that runs in browsers says what the one in Python says: the same repetitions, values and reasons of the same poses."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from tests.helpers.javascript_coach import coached_in_node, has_node
from tests.helpers.stick_figures import Sample, figure, lifting, pose, pressing_up, repeated, squatting

from posetune.coach.coach import Coach
from posetune.coach.errors import stock_errors
from posetune.coach.exercise import library
from posetune.coach.ranges import default_ranges
from posetune.serve.pool.picture import person


def held(joints: dict, seconds: float = 5.0, fps: float = 15.0) -> Iterator[Sample]:
    """Standing, then a posture for so long, then standing."""
    for n in range(int((seconds + 3) * fps)):
        t = n / fps
        yield figure(t, joints if 1 < t < 1 + seconds else squatting(0))


def trembling(seed: int) -> Iterator[Sample]:
    """Squats by somebody half hidden, turning, in pictures of which some are wild or missing."""
    rng = np.random.default_rng(seed)
    for n, sample in enumerate(repeated(squatting, 5, fps=20, noise_px=4, seed=seed, turned=rng.uniform(0, 90))):
        if rng.random() < 0.05:
            continue
        visibility = np.where(rng.random(33) < 0.1, 0.3, sample.visibility).astype(np.float32)
        points = np.where(rng.random((33, 1)) < 0.03, np.nan, sample.points)
        gap = 3.0 if n > 200 else 0.0
        yield Sample(sample.time_s + gap, points + (rng.random() < 0.02) * 80, visibility, sample.world)


STREAMS = {
    "squats": list(repeated(squatting, 3, fps=15, deepest=0.8, noise_px=1)),
    "push-ups": list(repeated(lambda d: pressing_up(d, 25 * d), 3, fps=15)),
    "deadlifts": list(repeated(lifting, 2, fps=15)),
    "front": list(repeated(squatting, 2, fps=15, turned=10)),
    "plank": list(held(pressing_up(0.3))),
    **{f"trembling {seed}": list(trembling(seed)) for seed in range(4)},
}


@pytest.fixture(scope="module")
def in_javascript(tmp_path_factory) -> dict[str, list[dict]]:
    """Stream → what each exercise's coach finds, in the order of the library."""
    if not has_node():
        pytest.skip("Node.js is not installed")
    clips = [[(s.time_s, person(pose(s), default_ranges())) for s in stream] for stream in STREAMS.values()]
    return dict(zip(STREAMS, coached_in_node(clips, tmp_path_factory.mktemp("engine")), strict=True))


@pytest.mark.parametrize("stream", STREAMS)
def test_both_engines_say_the_same(stream, in_javascript):
    for exercise, other in zip(library().values(), in_javascript[stream], strict=True):
        coach = Coach(exercise, stock_errors())
        for sample in STREAMS[stream]:
            coach.see(Sample.of(pose(sample), sample.time_s))
        coach.end()
        assert other["count"] == len(coach.repetitions), exercise.name
        assert [p["why"] for p in other["passed"]] == [p.why for p in coach.passed], exercise.name
        for told, repetition in zip(other["repetitions"], coach.repetitions, strict=True):
            _same(told, repetition.to_json())


def _same(told: dict, expected: dict) -> None:
    for key in ("side", "view"):
        assert told[key] == expected[key]
    for key in ("start", "end", "extremum"):
        assert told[key] == pytest.approx(expected[key], abs=2e-3), key
    assert ("reached" in told) == ("reached" in expected)
    if "reached" in expected:  # the browser has the API's rounded points
        assert told["reached"] == pytest.approx(expected["reached"], rel=1e-3, abs=2e-3)
    for joint, ends in expected["ranges"].items():
        assert told["ranges"][joint] == pytest.approx(ends, abs=0.2)
    assert list(told["checks"]) == list(expected["checks"])
    for name, result in expected["checks"].items():
        other = told["checks"][name]
        assert (other["status"], other.get("why")) == (result["status"], result.get("why")), name
        for key in ("value", "limit", "tolerance", "at"):
            if key in result:
                assert other[key] == pytest.approx(result[key], rel=2e-3, abs=5e-3), (name, key)


def test_the_streams_say_something(in_javascript):
    """Else nothing would be compared."""
    names = list(library())
    counts = {
        stream: dict(zip(names, (f["count"] for f in found), strict=True)) for stream, found in in_javascript.items()
    }
    assert counts["squats"]["squat"] == 3
    assert counts["push-ups"]["pushup"] == 3
    assert counts["deadlifts"]["deadlift"] >= 1
    assert counts["plank"]["plank"] == 1
    assert sum(counts[f"trembling {seed}"]["squat"] for seed in range(4)) > 3
    statuses = {
        c["status"]
        for found in in_javascript.values()
        for f in found
        for r in f["repetitions"]
        for c in r["checks"].values()
    }
    assert statuses == {"ok", "near", "fault", "not measurable"}
    assert all(a.time_s < b.time_s for s in STREAMS.values() for a, b in pairwise(s))
