"""``posetune.train``: labels in, a better network out, by any method."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posetune.errors import PosetuneError, pip_install
from posetune.progress import Reporter, Say

if TYPE_CHECKING:
    from posetune.tune.callbacks import Callback
    from posetune.tune.config import TrainConfig
    from posetune.tune.detector.train import DetectorResult
    from posetune.tune.run import TrainResult


def train(
    data: str | Path | None = None,
    base: str | Path | None = None,
    out: str | Path | None = None,
    *,
    method: str | None = None,
    config: TrainConfig | str | Path | None = None,
    assignments: Iterable[str] = (),
    resume: bool = False,
    say: Say = print,
    report: Reporter | None = None,
    callbacks: Sequence[Callback | str] = (),
    **overrides: Any,
) -> TrainResult | DetectorResult:
    """Tune a network on labelled images and leave the result in the run folder ``out``.

    ``data``: a folder with ``images/`` and ``annotations/<split>.json``; ``base``: what to tune ("full" by default);
    ``method``: "full" (by default), "head", "corrector" or "distill"; or "detector", which tunes what finds people (``base`` is
    "stock" then, the keys are those of ``detector.yaml``, and the result is a DetectorResult); ``config``: a YAML file, or a
    resolved configuration; ``overrides`` and ``assignments`` ("loss.hold=2"): keys of ``train.yaml``. ``resume``: go on with
    the run in ``out``, by its own configuration unless another is given. ``say`` gets sentences for the user; ``report``
    instead of it gets progress as well. ``callbacks`` are called with every event of the run (``posetune.tune.callbacks``);
    "mlflow" and "wandb" name two that are there already. Ctrl-C ends the run early and keeps the best
    network so far; SIGTERM saves it, to be resumed, and raises KeyboardInterrupt.

    Raises PosetuneError for unusable data, a network of another kind, an unwritable folder, or a loss that is not finite.
    """
    # Only here, so that the name can be looked at where torch is missing.
    try:
        from posetune.config import read_yaml
        from posetune.tune.callbacks import usual
        from posetune.tune.config import TrainConfig, load_config
        from posetune.tune.detector.config import METHOD as DETECTOR
        from posetune.tune.detector.config import load_detector_config
        from posetune.tune.methods import dispatch
        from posetune.tune.run import Start
        from posetune.tune.run_folder import own_config
    except ModuleNotFoundError as error:
        if (error.name or "posetune").startswith("posetune"):
            raise
        raise PosetuneError(f"Training needs {error.name}, which is not installed: {pip_install('train')}.") from error
    if not isinstance(config, TrainConfig):
        given: Mapping[str, Any] = {"data": data, "base": base, "out": out, "method": method, **overrides}
        given = {k: str(v) if isinstance(v, Path) else v for k, v in given.items() if v is not None}
        if resume and config is None:
            config = own_config(out)  # a resumed run goes on as it began
        if DETECTOR in (method, read_yaml(config).get("method") if config is not None else None):
            from posetune.tune.detector.train import train_detector

            start = Start(resume, report or Reporter(say), usual(callbacks))
            return train_detector(load_detector_config(config, given, assignments), start)
        config = load_config(config, given, assignments)
    return dispatch.run(config, Start(resume, report or Reporter(say), usual(callbacks)))
