"""The search: within its budget, the default first, nothing taken that is no better. Trainings are stood in for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from posetune.errors import PosetuneError

pytest.importorskip("optuna", reason="optuna is not installed: pip install '.[sweep]'")

from posetune.sweep import search as searching
from posetune.sweep.search import SPACE, Budget, search


@pytest.fixture
def trainings(monkeypatch):
    """A training whose error depends on the learning rate alone; best at ``best_lr``."""
    calls: list[dict[str, float]] = []
    state = {"best_lr": 5e-4, "fail": False}

    def stand_in(arguments, out, say):
        import math

        if state["fail"]:
            return "no images"
        values = dict(a.split("=", 1) for a in arguments if "=" in a)
        calls.append({key: json.loads(values[key]) for key in values if key in SPACE or key == "batch"})
        out.mkdir(parents=True)
        error = 6 + abs(math.log(calls[-1]["lr"] / state["best_lr"]))
        (out / "summary.json").write_text(json.dumps({"tuned_px": error}))
        return None

    monkeypatch.setattr(searching, "run_training", stand_in)
    calls_and_state = (calls, state)
    return calls_and_state


def run(out: Path, trials: int = 8, assignments: tuple[str, ...] = (), data: str = "data", **budget):
    return search(Path(data), "full", out, Budget(trials, **budget), assignments=assignments, say=lambda text: None)


def test_the_default_comes_first_and_what_beats_it_is_kept(tmp_path, trainings):
    calls, _ = trainings
    found = run(tmp_path)
    assert calls[0]["lr"] == 0.001  # train.yaml's own
    assert len(calls) == found.trials == 8
    assert found.best_px < found.default_px == pytest.approx(6 + 0.693, abs=1e-3)
    kept = yaml.safe_load((tmp_path / "search" / "best.yaml").read_text())
    assert kept["lr"] == pytest.approx(5e-4, rel=0.7)
    assert set(kept["augment"]) == {"rotation_deg", "scale", "shift", "light", "occluder"}
    assert f"lr={kept['lr']}" in found.assignments
    for values in calls:
        assert all(low <= values[key] <= high for key, (low, high, _) in SPACE.items())


def test_what_does_not_beat_the_default_is_not_taken(tmp_path, trainings):
    trainings[1]["best_lr"] = 1e-3
    found = run(tmp_path)
    assert found.assignments == ()
    assert not (tmp_path / "search" / "best.yaml").exists()


def test_it_goes_on_where_it_was(tmp_path, trainings):
    run(tmp_path, 3)
    run(tmp_path, 5)
    assert len(trainings[0]) == 5


def test_another_set_or_setting_is_another_study(tmp_path, trainings):
    calls, _ = trainings
    for number, changed in enumerate(({}, {"data": "other"}, {"assignments": ("batch=4",)}, {"samples": 10}), 1):
        run(tmp_path, 1, **changed)
        assert len(calls) == number
    assert [call.get("batch") for call in calls] == [None, None, 4, None]


def test_what_is_set_is_not_searched(tmp_path, trainings):
    calls, _ = trainings
    found = run(tmp_path, 4, ("lr=0.0005",))
    assert {call["lr"] for call in calls} == {0.0005}
    assert not any(assignment.startswith("lr=") for assignment in found.assignments)
    everything = tuple(f"{key}=0.1" for key in SPACE)
    with pytest.raises(PosetuneError, match="--set gives all"):
        run(tmp_path, 4, everything)


def test_no_trial_is_begun_after_the_minutes(tmp_path, trainings):
    assert run(tmp_path, 50, minutes=0.0).trials == 1  # the default is always tried


def test_a_default_that_cannot_be_trained_ends_it(tmp_path, trainings):
    trainings[1]["fail"] = True
    with pytest.raises(PosetuneError, match="no images"):
        run(tmp_path)
