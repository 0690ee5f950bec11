"""What a worker keeps of clips. What it says of them: serve/api/test_coach.py, through a running server."""

from __future__ import annotations

import msgspec
import pytest
from tests.helpers.stick_figures import pose, repeated, squatting

from posetune.coach.ranges import default_ranges
from posetune.serve.jobs import coaching
from posetune.serve.jobs.work import forget
from posetune.serve.pool.context import Context, Refused
from posetune.serve.pool.picture import person
from posetune.serve.settings import Limits


@pytest.fixture
def context() -> Context:
    return Context(Limits())


def lines(own_points: bool = False) -> list[bytes]:
    found = []
    for n, sample in enumerate(repeated(squatting, 1, fps=10)):
        content = person(pose(sample), default_ranges()) | ({"names": ["a"] * 33} if own_points else {})
        found.append(msgspec.json.encode({"index": n, "time_s": sample.time_s, "people": [content]}))
    return found


def take(context: Context, key: str, all_lines: list[bytes], begin: int = 0) -> int:
    return coaching.clip_take(context, {"key": key, "begin": begin, "lines": all_lines[begin:]})


def ask(context: Context, key: str, frames: int) -> dict:
    return coaching.coach(
        context, {"key": key, "frames": frames, "exercise": "squat", "text": None, "person": None, "network": ""}
    )


def test_pieces_are_taken_in_order_and_once(context):
    all_lines = lines()
    assert ask(context, "k", len(all_lines)) == {"have": 0}
    assert take(context, "k", all_lines[:20]) == 20
    assert take(context, "k", all_lines[:20]) == 20, "sent again, it is taken once"
    assert take(context, "k", all_lines, 30) == 20, "what comes too early is not taken"
    assert take(context, "k", all_lines, 20) == len(all_lines)
    assert ask(context, "k", len(all_lines))["count"] == 1


def test_a_bounded_number_of_clips_is_kept(context, monkeypatch):
    all_lines = lines()
    for key in "abcd":
        take(context, key, all_lines)
    assert list(context.kept["clips"]) == ["b", "c", "d"]
    monkeypatch.setattr(coaching, "MOST_FRAMES", len(all_lines))
    take(context, "e", all_lines)
    assert ask(context, "e", len(all_lines))["count"] == 1
    assert list(context.kept["clips"]) == ["e"]
    forget(context, {"key": "e"})
    assert "e" not in context.kept["clips"]


def test_points_of_a_networks_own_are_told(context):
    all_lines = lines(own_points=True)
    take(context, "k", all_lines)
    with pytest.raises(Refused, match="points of its own"):
        ask(context, "k", len(all_lines))
