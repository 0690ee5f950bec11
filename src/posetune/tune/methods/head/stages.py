"""``method: head``: transfer learning. The head first, with the backbone frozen, then deeper by stages.

Two cases. Labels with points that are none of the 33 get a new head of their own
(:mod:`posetune.tune.methods.head.new_head`). Labels among the 33 keep MediaPipe's outputs
(:mod:`posetune.tune.methods.head.drop_in`).
"""

from __future__ import annotations

from posetune.errors import PosetuneError
from posetune.geometry import SIZE
from posetune.tune.config import TrainConfig
from posetune.tune.methods.head.collect import labels_other_points
from posetune.tune.methods.head.drop_in import train_stock_heads
from posetune.tune.methods.head.new_head import train_new_head
from posetune.tune.people.collect import trainable_networks
from posetune.tune.run import Start, TrainResult
from posetune.tune.session import Session


def train(config: TrainConfig, start: Start) -> TrainResult:
    """Transfer learning by ``head.stages``; ``head.points`` says for which points.

    Raises PosetuneError as ``full.train`` does.
    """
    if config.data is None:
        raise PosetuneError("A new head is trained on labels: give --data.")
    if config.size != SIZE:
        raise PosetuneError(
            f"--method head keeps the crop of its base: leave out size {config.size}, and give a run of posetune train "
            f"--size {config.size} as --base."
        )
    new = config.head.points == "labels" or (config.head.points == "auto" and labels_other_points(config))
    session = Session.open(config, start, trainable_networks)
    return train_new_head(session) if new else train_stock_heads(session)
