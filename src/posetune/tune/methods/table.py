"""The ways to train, one line each. A table, not discovery: nothing is imported but the method that is asked for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """``module``: in ``posetune.tune.methods``; it has ``train(config, start) -> TrainResult``. ``about``: for the help.
    ``defaults``: a YAML file in the package of the module, over train.yaml, or "".
    """

    module: str
    about: str
    defaults: str = ""
    resumes: bool = True


METHODS = {
    "full": Method("full", "tune the network's own weights"),
    "head": Method(
        "head.stages",
        "first the head alone, then deeper, and for points that are none of the 33 a new head of their own",
        "head/head.yaml",
    ),
    "corrector": Method(
        "corrector.train", "leave the network and put a small model behind it, in seconds", resumes=False
    ),
    "distill": Method("distill", "learn from a teacher's answers on --unlabelled"),
}
