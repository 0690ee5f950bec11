"""Labels among the 33: MediaPipe's own outputs, trained by stages. The result is a drop-in for MediaPipe."""

from __future__ import annotations

import numpy as np

from posetune.graph.build_head import stock_heads
from posetune.graph.flatbuffer import Graph
from posetune.tune.methods.full import finish
from posetune.tune.people.collect import collect
from posetune.tune.people.samples import Subject
from posetune.tune.run import TrainResult
from posetune.tune.session import Session, calibration
from posetune.tune.training.trainer import Trainer


def train_stock_heads(session: Session) -> TrainResult:
    """The heads of the stock network, warm or begun anew, then its last layers."""
    head, base = session.config.head, session.networks.landmarks
    graph = Graph(base, session.config.base)
    people = collect(session)
    batches = session.batches(people, graph.inputs[0].shape[1])
    start = _begun_anew(session, people.train) if head.init == "fresh" else base
    crops = calibration(batches)
    for number, stage in enumerate(head.stages, 1):
        session.say(f"Stage {number} of {len(head.stages)}: {stage}.")
        last = number == len(head.stages)
        done = None if last else session.finished(stage)
        if done is not None:
            start = done
            continue
        staged = session.staged(stage)
        trainer = Trainer(graph, staged.config, crops, session.device, start=Graph(start))
        loop = staged.run_stage(trainer, batches, session.look(people.val))
        trainer.use(loop.best_weights)
        if last or loop.interrupted:
            break
        start = trainer.blended(1.0).write_to(Graph(base)).to_bytes()
        session.finish(stage, start)
    return finish(session, loop, people, base, stage=stage)


def _begun_anew(session: Session, subjects: list[Subject]) -> bytes:
    labelled = np.any([s.weight > 0 for s in subjects], axis=0)
    session.say(f"The heads of the {int(labelled.sum())} labelled points begin anew.")
    return reinitialised(session.networks.landmarks, np.flatnonzero(labelled), session.config.seed)


def reinitialised(network: bytes, points: np.ndarray, seed: int) -> bytes:
    """A landmark network whose regression and heatmap of ``points`` (positions among the 39) begin anew.

    The rows behind x, y and the maps are drawn with the spread that the old ones had, and put out their old mean place;
    z, visibility, presence and the other points keep theirs.
    """
    graph = Graph(network)
    drawn = np.random.default_rng([seed, 8])
    regression, heatmap = stock_heads(graph)
    weight = graph.constant(regression.inputs[1])
    rows = (points[:, None] * 5 + np.arange(2)).ravel()
    weight[rows] = drawn.normal(0, weight[rows].std(), weight[rows].shape)
    bias = graph.constant(regression.inputs[2])
    bias[rows] = graph.inputs[0].shape[1] / 2
    maps, map_bias = graph.constant(heatmap.inputs[1]), graph.constant(heatmap.inputs[2])
    maps[points] = drawn.normal(0, maps[points].std(), maps[points].shape)
    map_bias[points] = -4.0
    for tensor, values in zip(
        (*regression.inputs[1:3], *heatmap.inputs[1:3]), (weight, bias, maps, map_bias), strict=True
    ):
        graph.set_constant(tensor, values)
    return graph.to_bytes()
