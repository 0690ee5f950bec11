from __future__ import annotations

from tests.helpers.stick_figures import clip, figure, lifting

from posetune.coach.ergonomics.scores import LEVELS, Task
from posetune.coach.ergonomics.session import observed


def test_shares_of_time_and_worst_moments():
    samples = [figure(n / 10, lifting(1.0 if 40 <= n < 60 else 0.0)) for n in range(100)]
    content = observed(clip(samples), Task()).to_json()
    assert content["person_seconds"] == 10
    assert set(content["methods"]) == set(LEVELS)
    worst = content["methods"]["reba"]["worst"][0]
    assert 4 <= worst["time_s"] < 6
    shares = content["methods"]["reba"]["share_of_time"]
    assert all(0 <= s["at_least"] <= s["at_most"] <= 1 for s in shares.values())
    assert sum(s["at_least"] for s in shares.values()) <= 1 <= sum(s["at_most"] for s in shares.values()) + 1e-6
    assert "no assessment" in content["notice"]


def test_nobody():
    content = observed([], Task()).to_json()
    assert content["people"] == []
    assert content["methods"]["owas"]["worst"] == []


def test_time_nobody_was_seen_is_nobodys():
    samples = [figure(t, lifting(0)) for t in (0.0, 0.1, 60.0, 60.1)]
    assert observed(clip(samples), Task()).to_json()["person_seconds"] < 2
