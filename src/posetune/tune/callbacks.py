"""Who else hears of a run: TensorBoard, a table, MLflow, Weights & Biases, or a function of one's own.

A callback is called with every event of a run, a dictionary with "kind":

- "begin": "folder" (the run folder), "config" (the resolved configuration)
- "step": "step", "samples" (crops seen), "lr", "images_per_second", "loss" (its parts, "loss" is their sum)
- "validation": "step", "samples", "mean_px" (crop px), "pck_0.2"; of a detector "f1", "labelled", "found", "duplicates",
  "false", "centre", "side", "angle_deg" (``tune.detector.score``) instead of the last two
- "end": "summary" (what ``summary.json`` holds)

Methods have events of their own besides ("frozen", "candidate"), so look at "kind" first.
"""

from __future__ import annotations

import contextlib
import csv
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from posetune.errors import PosetuneError
from posetune.tune.run_folder import RESULTS

Event = Mapping[str, Any]
#: What a detector's validation says.
DETECTION = ("f1", "labelled", "found", "duplicates", "false", "centre", "side", "angle_deg")
Callback = Callable[[Event], None]


class Table:
    """``results.csv``: a line for each validation, with the mean of the loss since the one before."""

    #: What is measured → how its column is called.
    _landmarks = {"mean_px": "mean_px (px of a 256 px crop)", "pck_0.2": "pck_0.2"}  # noqa: RUF012

    def __init__(self) -> None:
        self._file: Path | None = None
        self._losses: list[float] = []
        self._lr: float | str = ""

    def __call__(self, event: Event) -> None:
        if event["kind"] == "begin":
            self._file = Path(event["folder"]) / RESULTS
        elif event["kind"] == "step":
            self._losses.append(event["loss"]["loss"])
            self._lr = event["lr"]
        elif event["kind"] == "validation" and self._file is not None:
            loss = sum(self._losses) / len(self._losses) if self._losses else ""
            self._losses.clear()
            new = not self._file.exists()
            with self._file.open("a", newline="", encoding="utf-8") as stream:
                rows = csv.writer(stream)
                measured = self._landmarks if "mean_px" in event else {name: name for name in DETECTION}
                if new:
                    rows.writerow(("step", "samples", "lr", "loss", *measured.values()))
                rows.writerow((event["step"], event["samples"], self._lr, loss, *(event[name] for name in measured)))


class TensorBoard:
    """Scalars into the folder ``tensorboard`` of the run."""

    def __init__(self) -> None:
        self._writer_class = _module("torch.utils.tensorboard", "tensorboard").SummaryWriter
        self._writer: Any = None

    def __call__(self, event: Event) -> None:
        if event["kind"] == "begin":
            self._writer = self._writer_class(str(Path(event["folder"]) / "tensorboard"))
        elif event["kind"] == "end":
            self._writer.close()
        else:
            for name, value in scalars(event):
                self._writer.add_scalar(name, value, event["samples"])


class MLflow:
    """A run in MLflow, where its environment says (MLFLOW_TRACKING_URI); the network and the curves as artifacts."""

    def __init__(self) -> None:
        self._mlflow = _module("mlflow", "mlflow")

    def __call__(self, event: Event) -> None:
        if event["kind"] == "begin":
            self._mlflow.start_run(run_name=Path(event["folder"]).name)
            self._mlflow.log_params(dict(_flat(event["config"])))
        elif event["kind"] == "end":
            self._mlflow.log_metrics(_figures(event["summary"]))
            for file in _kept(event["folder"]):
                self._mlflow.log_artifact(str(file))
            self._mlflow.end_run()
        elif values := dict(scalars(event)):
            self._mlflow.log_metrics(values, step=event["samples"])


class WandB:
    """A run in Weights & Biases, in the project "posetune" unless WANDB_PROJECT says another."""

    def __init__(self) -> None:
        self._wandb = _module("wandb", "wandb")
        self._run: Any = None

    def __call__(self, event: Event) -> None:
        if event["kind"] == "begin":
            import os

            project = os.environ.get("WANDB_PROJECT", "posetune")
            self._run = self._wandb.init(project=project, name=Path(event["folder"]).name, config=dict(event["config"]))
        elif event["kind"] == "end":
            self._run.summary.update(_figures(event["summary"]))
            self._run.finish()
        elif values := dict(scalars(event)):
            self._run.log(values, step=event["samples"])


LOGGERS: dict[str, Callable[[], Callback]] = {"tensorboard": TensorBoard, "mlflow": MLflow, "wandb": WandB}


def logger(name: str) -> Callback:
    """The callback that is called ``name``. Raises PosetuneError if it is none of LOGGERS, or its package is missing."""
    if name not in LOGGERS:
        raise PosetuneError(f"There is no logger '{name}'; there are {', '.join(LOGGERS)}.")
    return LOGGERS[name]()


def usual(others: Sequence[Callback | str]) -> tuple[Callback, ...]:
    """The table, TensorBoard where it is installed, and ``others``, which may be names of LOGGERS."""
    found: list[Callback] = [Table(), *(logger(c) if isinstance(c, str) else c for c in others)]
    if "tensorboard" not in others:
        with contextlib.suppress(PosetuneError):
            found.append(TensorBoard())
    return tuple(found)


def scalars(event: Event) -> Iterator[tuple[str, float]]:
    """The numbers of an event, by name, for a curve over the crops seen."""
    if event["kind"] == "step":
        for name, value in event["loss"].items():
            yield f"loss/{name}", value
        yield "lr", event["lr"]
    elif event["kind"] == "validation":
        for name in ("mean_px",) if "mean_px" in event else DETECTION:
            if event[name] is not None:
                yield f"val/{name}", event[name]


def _module(name: str, package: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise PosetuneError(f"Logging to {package} needs the package {package}: pip install {package}.") from error


def _figures(summary: Mapping[str, Any]) -> dict[str, float]:
    return {k: float(v) for k, v in summary.items() if isinstance(v, (int, float)) and not isinstance(v, bool)}


def _kept(folder: str) -> list[Path]:
    names = ("model.tflite", "detector.tflite", "summary.json", "train.yaml", "curves.png", RESULTS)
    return [file for file in (Path(folder) / name for name in names) if file.exists()]


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
