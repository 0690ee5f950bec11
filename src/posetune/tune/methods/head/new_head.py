"""A new head for the labels' own points: the head alone on kept features, then deeper and deeper."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from posetune.errors import PosetuneError
from posetune.files import write_bytes
from posetune.geometry import SIZE
from posetune.graph.build_head import with_head
from posetune.graph.flatbuffer import Graph
from posetune.graph.points import OwnPoints
from posetune.graph.torch.network import Network
from posetune.runtime.landmark_network import LandmarkNetwork
from posetune.runtime.own_points import OwnNetwork
from posetune.skeleton import Skeleton
from posetune.tune.config import TrainConfig
from posetune.tune.crop_protocol import Answerer, file_answers, images_of, measured
from posetune.tune.methods.head.collect import collect_points
from posetune.tune.methods.head.frozen import FrozenStage
from posetune.tune.methods.head.losses import KEPT, HeadOutput, head_counted, head_losses
from posetune.tune.people.collect import Material
from posetune.tune.people.samples import Batch
from posetune.tune.run import TrainResult
from posetune.tune.run_folder import MODEL
from posetune.tune.session import Session, calibration
from posetune.tune.training.losses import Prediction, held
from posetune.tune.training.trainer import Begun, Trainer

#: Without hips and shoulders there is no torso to measure by: a quarter of the crop (px of 256) stands for one.
_TORSO = SIZE / 4


def train_new_head(session: Session) -> TrainResult:
    """Train a network with the labels' own points and leave it in the session's run folder.

    The result's ``base_px`` is the base's error on the points that are among the 33 (NaN if none is); its ``tuned_px`` the new
    network's on all.
    """
    config, base = session.config, session.networks
    skeleton, people = collect_points(session)
    points = OwnPoints(skeleton, config.head.kind, base.name)
    half = config.weight_precision == "fp16"
    graph = with_head(base.landmarks, points, warm=config.head.init == "warm", seed=config.seed, half=half)
    fresh = _new_convolutions(graph)
    before = base_error(session, skeleton, people)

    content, interrupted = _frozen(session, graph, fresh, people), False
    for stage in config.head.stages[1:]:
        content, interrupted = _deeper(session.staged(stage), content, fresh, people)
        if interrupted:
            break
    error = file_error(session, content, people)
    write_bytes(session.folder / MODEL, content, durable=True)
    session.say(f"{session.folder / MODEL}: mean {error:.3f} crop px on validation, over all {skeleton.count} points.")
    figures = {
        "method": config.method, "base": base.name, "points": list(skeleton.names), "kind": config.head.kind,
        "base_px": None if np.isnan(before) else before, "tuned_px": error, "interrupted": interrupted, **people.counts(),
    }  # fmt: skip
    return session.close(session.folder / MODEL, figures)


def _new_convolutions(graph: Graph) -> list[str]:
    """The names of the head's own convolutions: those with weights named by ``build_head``."""
    network = Network(graph)
    ours = b"posetune/"
    return [n for n, m in network.convolutions() if graph.subgraph.tensors[m.weight_tensor].name.startswith(ours)]


# --- stages ----------------------------------------------------------------------------------------------------------


def _frozen(session: Session, graph: Graph, fresh: Sequence[str], people: Material) -> bytes:
    """The head alone. Its result is kept in the run folder, so that a resumed run goes on behind it."""
    done = session.finished("head")
    if done is not None:
        return done
    network = Network(graph).requires_grad_(False)
    stage = FrozenStage(session, network, fresh, range(len(KEPT), len(network.output_tensors)))
    stage.run(people.train, people.val)
    content = network.write_to(graph).to_bytes()
    for line in stage.curve:
        session.emit({"kind": "frozen", **line})
    write_bytes(session.folder / "head.tflite", content)
    return content


def _deeper(session: Session, content: bytes, fresh: Sequence[str], people: Material) -> tuple[bytes, bool]:
    """Backbone and head together. Returns the file, and whether the stage was interrupted."""
    stage = session.config.trainable
    done = session.finished(stage)
    if done is not None:
        return done, False
    session.say(f"Now with the backbone: {stage}.")
    graph = Graph(content)
    batches = session.batches(people, graph.inputs[0].shape[1])
    trainer = HeadTrainer(graph, session.config, calibration(batches), session.device, fresh)

    def answering(network: Network, device: torch.device) -> Answerer:
        return head_in_torch(network, device, session.config.head.kind)

    loop = session.run_stage(trainer, batches, session.look(people.val, answering, _TORSO))
    trainer.use(loop.best_weights)
    result = trainer.blended(1.0).write_to(graph).to_bytes()
    if not loop.interrupted:
        session.finish(stage, result)
    return result, loop.interrupted


class HeadTrainer(Trainer):
    """Trains backbone and head; what stock says of the 39 points and presence is held."""

    held_outputs = KEPT

    def __init__(
        self,
        graph: Graph,
        config: TrainConfig,
        calibration: Sequence[Tensor],
        device: torch.device,
        fresh: Sequence[str],
    ) -> None:
        """``fresh``: the names of the head's own convolutions; the others as for :class:`Trainer`."""
        self.kind, self.fresh = config.head.kind, frozenset(fresh)
        self.outputs = tuple(range(len(graph.subgraph.outputs)))
        super().__init__(graph, config, calibration, device)

    def always_trained(self, name: str) -> bool:
        return name in self.fresh

    def parts(self, batch: Batch, begun: Begun) -> dict[str, Tensor]:
        outputs = self.network.finish(begun.values, self.outputs, self.stem)
        size = self.network.input_size
        answer = HeadOutput.of(outputs[len(KEPT) :], self.kind)
        parts = head_losses(answer, batch.targets, size, self.config.loss)
        kept, config = Prediction.of(outputs[: len(KEPT)]), self.config.loss
        for name, value in held(kept, begun.stock, config, batch.targets.held).items():
            parts[f"hold_{name}"] = config.hold * value
        return parts

    def counted(self, batch: Batch) -> dict[str, Tensor]:
        return head_counted(batch.targets, self.network.input_size)


# --- measuring -------------------------------------------------------------------------------------------------------


def head_in_torch(network: Network, device: torch.device, kind: str) -> Answerer:
    """The K points of a head of this kind, with the network's present weights."""
    outputs = range(len(KEPT), len(network.output_tensors))

    @torch.no_grad()
    def points(pixels: np.ndarray) -> np.ndarray:
        answer = HeadOutput.of(network(images_of(pixels, device), outputs), kind)
        return answer.coordinates(network.input_size).cpu().numpy()

    return Answerer(network.input_size, points)


def file_error(session: Session, content: bytes, people: Material) -> float:
    """The exported file's own error under LiteRT: mean over labelled points of validation, px of a 256 px crop."""
    network = OwnNetwork(content)
    asked = Answerer(network.size, lambda pixels: np.stack([network(crop).own[:, :2] for crop in pixels]))
    errors = measured(asked, people.val, session.cache)
    session.show(errors, people.val)
    error = float(errors.mean_px)
    if not np.isfinite(error):
        raise PosetuneError("The exported network gives numbers that are not finite; lower lr and train again.")
    return error


def base_error(session: Session, skeleton: Skeleton, people: Material) -> float:
    """The base's error on the points that are among the 33; NaN if none is known."""
    network = LandmarkNetwork(session.networks.landmarks)
    nowhere = np.full((1, 2), np.nan)  # what the base does not know
    place = np.full(skeleton.count, -1)
    place[list(skeleton.body)] = list(skeleton.body.values())

    def points(pixels: np.ndarray) -> np.ndarray:
        return np.stack([np.concatenate([found, nowhere])[place] for found in file_answers(network, pixels)[0]])

    errors = measured(Answerer(network.size, points), people.val, session.cache)
    known = errors.px[errors.known & (place >= 0)]
    return float(known.mean()) if known.size else float("nan")
