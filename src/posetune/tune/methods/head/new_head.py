"""A new head for the labels' own points, from top to bottom: the head alone on kept features, then deeper and deeper."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Any

import numpy as np
import torch
from torch import Tensor

from posetune.errors import PosetuneError
from posetune.files import write_bytes
from posetune.graph.build_head import with_head
from posetune.graph.flatbuffer import Graph
from posetune.graph.points import OwnPoints
from posetune.graph.torch.network import Network
from posetune.runtime.own_points import OwnNetwork
from posetune.tune.config import TrainConfig
from posetune.tune.methods.head.collect import Material, gather
from posetune.tune.methods.head.config import HeadConfig
from posetune.tune.methods.head.frozen import FrozenStage
from posetune.tune.methods.head.losses import KEPT, HeadOutput, head_losses
from posetune.tune.people.collect import base_networks
from posetune.tune.people.samples import Batch, BatchMaker, ImageCache, Subject, collate, make_sample
from posetune.tune.run_folder import CONFIG, MODEL, RunFolder
from posetune.tune.training.curves import draw_curves
from posetune.tune.training.loop import Run, TrainResult, calibration, device_of, total_steps
from posetune.tune.training.losses import Prediction, held
from posetune.tune.training.trainer import Begun, Trainer
from posetune.tune.training.validate import Score

Say = Callable[[str], None]


def train_points(config: TrainConfig, head: HeadConfig, *, resume: bool = False, say: Say = print) -> TrainResult:
    """Train a network with the labels' own points and leave it in the run folder ``config.out``.

    The result's ``stock_px`` is the stock network's error on the points that are among the 33 (NaN if none is); its
    ``tuned_px`` the new network's on all.

    Raises PosetuneError for unusable data, a network of another kind, an unwritable folder, or a loss that is not finite.
    """
    folder = RunFolder(config.out)
    folder.prepare(resume)
    torch.manual_seed(config.seed)
    random.seed(config.seed)
    networks = base_networks(config.base)
    material = gather(config, networks.landmarks, networks.detector, folder.path, say)
    config.save(folder / CONFIG)
    own = OwnPoints(material.skeleton, head.kind, networks.name)
    half = config.weight_precision == "fp16"
    graph = with_head(networks.landmarks, own, warm=head.init == "warm", seed=config.seed, half=half)
    fresh = _new_convolutions(graph, networks.landmarks)
    cache, device = ImageCache(), device_of(config)
    before = _stock_error(networks.landmarks, material, cache)

    content = _frozen(graph, fresh, config, head, material, folder, cache, resume, say)
    interrupted = False
    for stage in head.stages[1:]:
        content, interrupted = _deeper(
            content, stage, fresh, config, head, material, folder, cache, device, resume, say
        )
        if interrupted:
            break
    error = file_error(content, material.val, cache)
    write_bytes(folder / MODEL, content, durable=True)
    summary = {
        "method": "head", "base": networks.name, "points": list(own.skeleton.names), "kind": head.kind,
        "stock_px": None if np.isnan(before) else before, "tuned_px": error, "train_people": len(material.train),
        "val_people": len(material.val), "replay_people": len(material.replay), "interrupted": interrupted,
    }  # fmt: skip
    folder.save_summary(summary)
    if any(e.get("kind") == "validation" for e in folder.events()):
        draw_curves(folder.events(), folder / "curves.png")
    say(f"{folder / MODEL}: mean {error:.3f} crop px on validation, over all {own.skeleton.count} points.")
    return TrainResult(folder.path, folder / MODEL, before, error, interrupted)


def _new_convolutions(graph: Graph, base: bytes) -> list[str]:
    """The names of the head's own convolutions: those with weights named by ``build_head``."""
    network = Network(graph)
    ours = b"posetune/"
    return [n for n, m in network.convolutions() if graph.subgraph.tensors[m.weight_tensor].name.startswith(ours)]


# --- stages ----------------------------------------------------------------------------------------------------------


def _frozen(
    graph: Graph, fresh: Sequence[str], config: TrainConfig, head: HeadConfig, material: Material, folder: RunFolder,
    cache: ImageCache, resume: bool, say: Say,
) -> bytes:  # fmt: skip
    """The head alone. Its result is kept in the run folder, so that a resumed run goes on behind it."""
    done = folder / "head.tflite"
    if resume and done.exists():
        return done.read_bytes()
    network = Network(graph).requires_grad_(False)
    outputs = tuple(range(len(KEPT), len(network.output_tensors)))
    stage = FrozenStage(network, fresh, outputs, config, head)
    stage.run(material.train, material.val, cache, say)
    content = network.write_to(graph).to_bytes()
    for line in stage.curve:
        folder.log({"kind": "frozen", **line})
    write_bytes(done, content)
    return content


def _deeper(
    content: bytes, stage: str, fresh: Sequence[str], config: TrainConfig, head: HeadConfig, material: Material,
    folder: RunFolder, cache: ImageCache, device: torch.device, resume: bool, say: Say,
) -> tuple[bytes, bool]:  # fmt: skip
    """Backbone and head together; what stock says of the 39 points and presence is held. Returns the file, and whether
    the stage was interrupted.
    """
    done = folder / f"{stage}.tflite"
    if resume and done.exists():
        return done.read_bytes(), False
    say(f"Now with the backbone: {stage}.")
    graph = Graph(content)
    config = dataclasses.replace(config, trainable=stage)
    batches = BatchMaker(
        material.train, material.replay, batch=config.batch, replay_share=config.replay.share,
        size=graph.inputs[0].shape[1], augment=config.augment, seed=config.seed, cache=cache,
    )  # fmt: skip
    trainer = HeadTrainer(graph, config, calibration(batches), device, kind=head.kind, fresh=fresh)
    run = Run(config, folder, trainer, material.val, cache, device, say, look=_looker(head.kind))
    checkpoint = folder / "checkpoint.pt"
    if resume and checkpoint.exists():
        run.load()
    interrupted = run.go(batches, total_steps(config, len(material.train), batches.batch - batches.replayed))
    trainer.use(run.best_weights)
    result = trainer.blended(1.0).write_to(graph).to_bytes()
    if not interrupted:
        write_bytes(done, result)
        checkpoint.unlink(missing_ok=True)  # the next stage has another set of weights
    return result, interrupted


class HeadTrainer(Trainer):
    """Trains backbone and head. ``fresh``: the head's convolutions."""

    held_outputs = KEPT

    def __init__(
        self, graph: Graph, config: TrainConfig, crops: Sequence[Tensor], device: torch.device, *, kind: str,
        fresh: Sequence[str],
    ) -> None:  # fmt: skip
        self.kind, self.fresh = kind, frozenset(fresh)
        self.outputs = tuple(range(len(graph.subgraph.outputs)))
        super().__init__(graph, config, crops, device)

    def always_trained(self, name: str) -> bool:
        return name in self.fresh

    def parts(self, batch: Batch, begun: Begun) -> dict[str, Tensor]:
        outputs = self.network.finish(begun.values, self.outputs, self.stem)
        size = self.network.input_size
        answer = HeadOutput.of(outputs[len(KEPT) :], self.kind)
        parts = head_losses(answer, batch.points, batch.weight, batch.visible, size, self.config.loss)
        for name, value in held(Prediction.of(outputs[: len(KEPT)]), begun.stock, self.config.loss).items():
            parts[f"hold_{name}"] = self.config.loss.hold * value
        return parts


def _looker(kind: str) -> Callable[..., Score]:
    """``validate`` for a head of this kind."""

    @torch.no_grad()
    def look(
        network: Network, subjects: Sequence[Subject], cache: ImageCache, device: torch.device,
        pool: Executor | None = None, batch: int = 8,
    ) -> Score:  # fmt: skip
        outputs = range(len(KEPT), len(network.output_tensors))

        @torch.no_grad()
        def errors(start: int) -> Tensor:
            part = subjects[start : start + batch]
            samples = [
                make_sample(s, cache.read(s.image), network.input_size, None, np.random.default_rng(0)) for s in part
            ]
            made = collate(samples, [s.name for s in part]).to(device)
            found = HeadOutput.of(network(made.images, outputs), kind).coordinates(network.input_size)
            return (found - made.points).norm(dim=-1)[made.weight > 0] * (256 / network.input_size)

        distance = torch.cat(list((pool.map if pool is not None else map)(errors, range(0, len(subjects), batch))))
        # Without hips and shoulders there is no torso to measure by: a twentieth of the crop stands for 0.2 of one.
        return Score(float(distance.mean()), float((distance <= 256 / 20).float().mean()))

    return look


# --- the file --------------------------------------------------------------------------------------------------------


def file_error(content: bytes, val: Sequence[Subject], cache: ImageCache) -> float:
    """The exported file's own error under LiteRT: mean over labelled points, px of a 256 px crop."""
    network = OwnNetwork(content)
    errors = []
    for subject in val:
        found = network(subject.crop.cut(cache.read(subject.image), network.size)).own[:, :2]
        target = subject.crop.to_crop(subject.keypoints, network.size)
        errors.append(np.linalg.norm(found - target, axis=1)[subject.weight > 0] * (256 / network.size))
    error = float(np.concatenate(errors).mean())
    if not np.isfinite(error):
        raise PosetuneError("The exported network gives numbers that are not finite; lower lr and train again.")
    return error


def _stock_error(landmarks: bytes, material: Material, cache: ImageCache) -> float:
    """Stock's error on the points that are among the 33; NaN if none is."""
    from posetune.runtime.landmark_network import LandmarkNetwork, refine

    network, body = LandmarkNetwork(landmarks), material.skeleton.body
    errors: list[Any] = []
    for subject in material.val:
        output = network(subject.crop.cut(cache.read(subject.image), network.size))
        found = refine(output.points, output.heatmap, network.size)[list(body.values()), :2]
        target = subject.crop.to_crop(subject.keypoints, network.size)[list(body)]
        known = subject.weight[list(body)] > 0
        errors.append(np.linalg.norm(found - target, axis=1)[known] * (256 / network.size))
    together = np.concatenate(errors)
    return float(together.mean()) if together.size else float("nan")
