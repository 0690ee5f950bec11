import csv
import sys
from types import SimpleNamespace

import pytest

pytest.importorskip("torch")

from posetune.errors import PosetuneError
from posetune.tune.callbacks import LOGGERS, Table, logger

STEP = {
    "kind": "step",
    "step": 10,
    "samples": 80,
    "lr": 1e-3,
    "images_per_second": 9.0,
    "loss": {"loss": 3.0, "refined": 1.0},
}
LOOK = {"kind": "validation", "step": 10, "samples": 80, "mean_px": 7.5, "pck_0.2": 0.9}


def run(callback, folder):
    """The events of a short run."""
    callback({"kind": "begin", "folder": str(folder), "config": {"lr": 1e-3, "loss": {"hold": 1.0}}})
    for event in ({**LOOK, "step": 0, "samples": 0, "mean_px": 9.0}, STEP, {**STEP, "loss": {"loss": 2.0}}, LOOK):
        callback(event)
    callback({"kind": "frozen", "step": 1, "mean_px": 3.0})
    callback(
        {"kind": "end", "folder": str(folder), "summary": {"tuned_px": 7.0, "method": "full", "interrupted": False}}
    )


def test_a_table_has_a_line_for_each_validation(tmp_path):
    run(Table(), tmp_path)
    rows = list(csv.reader((tmp_path / "results.csv").open(encoding="utf-8")))
    assert rows[0] == ["step", "samples", "lr", "loss", "mean_px (px of a 256 px crop)", "pck_0.2"]
    assert rows[1:] == [["0", "0", "", "", "9.0", "0.9"], ["10", "80", "0.001", "2.5", "7.5", "0.9"]]
    later = Table()  # a resumed run goes on with it
    later({"kind": "begin", "folder": str(tmp_path), "config": {}})
    later({**LOOK, "step": 20})
    assert len((tmp_path / "results.csv").read_text().splitlines()) == 4


class Recorder:
    """Stands for a package: every call is noted."""

    def __init__(self):
        self.calls = []
        self.summary = {}

    def __getattr__(self, name):
        def call(*args, **named):
            self.calls.append((name, args, named))
            return self

        return call


def test_mlflow_gets_parameters_curves_figures_and_files(tmp_path, monkeypatch):
    mlflow = Recorder()
    monkeypatch.setitem(sys.modules, "mlflow", mlflow)
    (tmp_path / "model.tflite").write_bytes(b"x")
    run(logger("mlflow"), tmp_path)
    names = [name for name, *_ in mlflow.calls]
    assert names[:2] == ["start_run", "log_params"]
    assert mlflow.calls[1][1] == ({"lr": 1e-3, "loss.hold": 1.0},)
    assert ("log_metrics", ({"val/mean_px": 7.5},), {"step": 80}) in mlflow.calls
    assert ("log_metrics", ({"loss/loss": 3.0, "loss/refined": 1.0, "lr": 1e-3},), {"step": 80}) in mlflow.calls
    assert mlflow.calls[-3][1] == ({"tuned_px": 7.0},)
    assert mlflow.calls[-2] == ("log_artifact", (str(tmp_path / "model.tflite"),), {})
    assert names[-1] == "end_run"


def test_weights_and_biases_gets_curves_and_figures(tmp_path, monkeypatch):
    wandb = Recorder()
    wandb.update = wandb.summary.update
    monkeypatch.setitem(sys.modules, "wandb", wandb)
    monkeypatch.setenv("WANDB_PROJECT", "mine")
    run(logger("wandb"), tmp_path)
    assert wandb.calls[0][0] == "init"
    assert wandb.calls[0][2]["project"] == "mine"
    assert ("log", ({"val/mean_px": 7.5},), {"step": 80}) in wandb.calls
    assert wandb.summary == {"tuned_px": 7.0}
    assert wandb.calls[-1][0] == "finish"


def test_tensorboard_gets_curves(tmp_path, monkeypatch):
    board = Recorder()
    module = SimpleNamespace(SummaryWriter=lambda folder: board)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", module)
    run(logger("tensorboard"), tmp_path)
    assert ("add_scalar", ("val/mean_px", 7.5, 80), {}) in board.calls
    assert board.calls[-1][0] == "close"


@pytest.mark.parametrize("name", LOGGERS)
def test_a_package_that_is_missing_is_named(name, monkeypatch):
    for module in ("mlflow", "wandb", "torch.utils.tensorboard"):
        monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(PosetuneError, match=f"needs the package {name}: pip install {name}"):
        logger(name)


def test_another_name_is_refused():
    with pytest.raises(PosetuneError, match="there are tensorboard, mlflow, wandb"):
        logger("excel")
