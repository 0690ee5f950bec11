"""``method: distill``: as ``full``, on what a teacher network says of images and videos without labels."""

from __future__ import annotations

from posetune.errors import PosetuneError
from posetune.tune.config import TrainConfig
from posetune.tune.methods import full
from posetune.tune.run import Start, TrainResult


def train(config: TrainConfig, start: Start) -> TrainResult:
    """Tune ``config.base`` on the answers of ``config.teacher``, and on labels where there are any.

    Raises PosetuneError as ``full.train`` does, and if there is nothing without labels.
    """
    if not config.unlabelled:
        raise PosetuneError("--method distill learns from images without labels: give --unlabelled FOLDER or VIDEO.")
    return full.train(config, start)
