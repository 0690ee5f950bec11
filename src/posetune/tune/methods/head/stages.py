"""``posetune train --method head``: transfer learning. The head first, with the backbone frozen, then deeper by stages.

Two cases. Labels with points that are none of the 33 get a new head of their own
(:mod:`posetune.tune.methods.head.new_head`). Labels among the 33 keep MediaPipe's outputs: the heads of the stock network
are trained on, warm or re-initialised, then its last layers, by the trainer that ``--method full`` uses; the result is a
drop-in for MediaPipe.
"""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable

import numpy as np
import torch

from posetune.errors import PosetuneError
from posetune.files import write_bytes
from posetune.geometry import SIZE
from posetune.graph.build_head import stock_heads
from posetune.graph.flatbuffer import Graph
from posetune.tune.config import TrainConfig
from posetune.tune.methods.head.collect import has_own_names
from posetune.tune.methods.head.config import HeadConfig
from posetune.tune.methods.head.new_head import train_points
from posetune.tune.people.collect import base_networks, gather
from posetune.tune.people.samples import BatchMaker, ImageCache
from posetune.tune.run_folder import CONFIG, RunFolder
from posetune.tune.training.blend import choose
from posetune.tune.training.curves import draw_curves
from posetune.tune.training.loop import Run, TrainResult, calibration, device_of, total_steps
from posetune.tune.training.result import write_model
from posetune.tune.training.trainer import Trainer

Say = Callable[[str], None]


def train_head(config: TrainConfig, head: HeadConfig, *, resume: bool = False, say: Say = print) -> TrainResult:
    """Transfer learning by ``head.stages``; ``head.points`` says for which points.

    Raises PosetuneError as ``tune.training.loop.train`` does.
    """
    if config.size != SIZE:
        raise PosetuneError(
            f"--method head keeps the crop of its base: leave out size {config.size}, and give a run of posetune train "
            f"--size {config.size} as --base."
        )
    own = head.points == "labels" or (head.points == "auto" and has_own_names(config))
    if own:
        return train_points(config, head, resume=resume, say=say)
    return train_stock_heads(config, head, resume=resume, say=say)


def train_stock_heads(config: TrainConfig, head: HeadConfig, *, resume: bool = False, say: Say = print) -> TrainResult:
    """MediaPipe's own outputs, trained by stages. The result is a run folder like any other."""
    folder = RunFolder(config.out)
    folder.prepare(resume)
    torch.manual_seed(config.seed)
    random.seed(config.seed)
    networks, device = base_networks(config.base), device_of(config)
    graph = Graph(networks.landmarks, config.base)
    material = gather(config, networks.landmarks, networks.detector, folder.path, say)
    config.save(folder / CONFIG)
    cache = ImageCache()
    batches = BatchMaker(
        material.train, material.replay, batch=config.batch, replay_share=config.replay.share,
        size=graph.inputs[0].shape[1], augment=config.augment, seed=config.seed, cache=cache,
    )  # fmt: skip
    start = networks.landmarks
    if head.init == "fresh":
        labelled = np.any([s.weight > 0 for s in material.train], axis=0)
        start = reinitialised(networks.landmarks, np.flatnonzero(labelled), config.seed)
        say(f"The heads of the {int(labelled.sum())} labelled points begin anew.")
    crops = calibration(batches)
    for number, stage in enumerate(head.stages, 1):
        say(f"Stage {number} of {len(head.stages)}: {stage}.")
        staged = dataclasses.replace(config, trainable=stage)
        trainer = Trainer(graph, staged, crops, device, start=Graph(start))
        run = Run(staged, folder, trainer, material.val, cache, device, say)
        done = folder / f"{stage}.tflite"
        last = number == len(head.stages)
        if resume and not last and done.exists():
            start = done.read_bytes()
            continue
        if resume and (folder / "checkpoint.pt").exists():
            run.load()
        interrupted = run.go(batches, total_steps(staged, len(material.train), batches.batch - batches.replayed))
        trainer.use(run.best_weights)
        if last or interrupted:
            break
        start = trainer.blended(1.0).write_to(Graph(networks.landmarks)).to_bytes()
        write_bytes(done, start)
        (folder / "checkpoint.pt").unlink(missing_ok=True)  # the next stage has another set of weights
    choice = choose(trainer, run.best_weights, material.val, len(material.train), staged, cache, device, say)
    summary = write_model(folder, networks.landmarks, trainer, choice, material.val, cache, device, say)
    summary.update(
        method="head", interrupted=interrupted, best_step=run.best_step, train_people=len(material.train),
        replay_people=len(material.replay), stage=stage,
    )  # fmt: skip
    folder.save_summary(summary)
    draw_curves(folder.events(), folder / "curves.png")
    return TrainResult(folder.path, folder / "model.tflite", summary["stock_px"], summary["tuned_px"], interrupted)


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
