"""Training a corrector: what the three models learn, who may choose, and a whole run on figures drawn here."""

from __future__ import annotations

import json

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: pip install '.[train]'")
pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install '.[train]'")
from tests.helpers.drawn_set import write_drawn_set
from tests.helpers.golden import assert_summary_keys
from tests.helpers.material import LANDMARKS, material, use_own_cache

from posetune import cli, stock
from posetune.measure.evaluate import evaluate
from posetune.progress import Reporter
from posetune.runtime.corrector import Corrector
from posetune.tune.methods.corrector import train as training
from posetune.tune.methods.corrector.fit import (
    candidates,
)
from posetune.tune.methods.corrector.train import choose, error_px, two_halves


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_drawn_set(folder, "train", [150, 165, 180, 210, 225, 240])
    write_drawn_set(folder, "val", [170, 230])
    return folder


def test_the_halves_share_no_group():
    groups = np.array(["a"] * 50 + ["b"] * 30 + ["c"] * 15 + ["d"] * 5)
    first, second = two_halves(groups, 0)
    assert not set(groups[first]) & set(groups[second])
    assert first.sum() == second.sum() == 50
    assert two_halves(np.array(["a"] * 9), 0) == []


def test_nothing_is_taken_that_is_worse_on_validation_than_the_constant_offset(monkeypatch):
    few = candidates(0, ("ridge",))[1:2]
    monkeypatch.setattr(training, "candidates", lambda seed: few)
    said: list[str] = []
    chosen, constant, _ = choose(material(), material(60, 1), LANDMARKS, 0, Reporter(said.append))
    assert chosen.kind in ("ridge", "mean")
    assert chosen.error < 0.7 * error_px(material(60, 1), constant)
    assert any(text.startswith("ridge") for text in said)
    other = material(60, 1)
    other.targets[:] = -material(60, 1).targets + 0.2  # the rule is the very reverse in the videos to choose on
    chosen, constant, _ = choose(material(), other, LANDMARKS, 0, Reporter(said.append))
    assert chosen.error <= error_px(other, constant)


def test_a_whole_run(data, tmp_path, capsys, monkeypatch):
    use_own_cache(monkeypatch, tmp_path / "cache")
    monkeypatch.setattr(training, "candidates", lambda seed: candidates(seed, ("ridge",))[1:2])
    run = tmp_path / "run"
    command = ["train", "--method", "corrector", "--data", str(data), "--out", str(run), "--json"]
    assert cli.main(command) == 0
    told = json.loads(capsys.readouterr().out)
    summary = json.loads((run / "summary.json").read_text())
    assert summary["tuned_px"] == told["tuned_px"] <= summary["constant_px"] <= summary["stock_px"] == told["stock_px"]
    assert summary["train_people"] == 6
    assert_summary_keys("corrector", summary)
    assert (run / stock.RUN_NETWORK).read_bytes() == stock.path("full").read_bytes()
    corrector = Corrector.load(run)
    assert corrector.about["base"] == "full"
    assert set(corrector.landmarks) == {11, 12, 23, 24, 25, 26, 27, 28}
    # What validation said is what the network as a whole does, measured through the file.
    measured = evaluate(data, "val", [run], stock_names=["full"], pipeline=False, with_offset=False, threads=1)
    error = measured.result["protocols"]["crop"]["run"]["mean_error_crop_px"]
    assert error == pytest.approx(summary["tuned_px"], abs=0.02)

    assert cli.main(command) == 2  # the folder holds a run already
    assert "already holds a run" in capsys.readouterr().err
    assert cli.main([*command[:-2], str(tmp_path / "other"), "--base", str(run)]) == 2
    assert "has a corrector already" in capsys.readouterr().err
    assert cli.main([*command, "--resume"]) == 2
    assert "nothing to resume" in capsys.readouterr().err
