"""Quantization-aware training: the network with int8 layers learns to answer what the float network answers.

The teacher is the float network on the same crop, so no labels are needed, and what the network knows is what is kept. Rounding is
simulated in the forward pass and passed straight through in the backward pass (``simulate``). Weights are trained in the
normalised form (``graph.torch.normalise``); the scales of weights follow their largest value, those of activations stay.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

from posetune.backends.base import processors
from posetune.export.int8.simulate import Simulated
from posetune.geometry import SIZE
from posetune.graph.flatbuffer import Graph
from posetune.graph.int8 import Scale
from posetune.graph.torch.network import Network
from posetune.graph.torch.normalise import normalise
from posetune.landmarks import COUNT
from posetune.tune.people.augment import AugmentConfig
from posetune.tune.people.batches import BatchMaker, BatchPlan
from posetune.tune.people.samples import Batch, ImageCache, Subject
from posetune.tune.training.division import sum_scaled
from posetune.tune.training.losses import OUTPUTS, UNIT, LossConfig, Prediction, held, refine, robust
from posetune.tune.training.trainer import merged, parameter_groups, set_up_thread

_RATE = 1e-4  # relative to a layer's typical weight, falling by a cosine to 0
_FINEST = 32  # px of a 256 px crop: finer layers stay as they are, their backward pass costs most
_AUGMENT = AugmentConfig(wild_rotation=0.0, occluder=0.0)
#: What counts how much: where MediaPipe reports a point, above all.
_WEIGHTS = {"hold_points": 3.0, "refined": 3.0}


def finetune(
    teacher: Graph,
    graph: Graph,
    layers: Collection[int],
    scales: Mapping[int, Scale],
    subjects: Sequence[Subject],
    *,
    minutes: float,
    seed: int,
    report: Callable[[int, float, float], None],
    most_steps: int = 400,
    batch: int = 8,
    calibration: int = 16,
    augment: AugmentConfig | None = _AUGMENT,
) -> Graph:
    """``graph``, equalised, with weights that bear int8 better.

    ``teacher``: the float network. ``layers``, ``scales``: as in ``graph.int8.quantised``. ``minutes``: how long it may
    take. ``report(step, share done, loss)`` is called after every step. ``calibration``: the crops that activations are
    measured on before. ``augment``: how crops vary; None for not at all.
    """
    set_up_thread()
    student = _Student(teacher, graph, layers, scales)
    maker = BatchMaker(subjects, [], BatchPlan(batch, 0.0, student.network.input_size, augment, seed), ImageCache())
    student.normalise(maker(most_steps + k) for k in range(calibration // batch))
    begun, step, done = time.monotonic(), 0, 0.0
    with ThreadPoolExecutor(processors(), "int8", initializer=set_up_thread) as pool:
        while done < 1:
            loss = student.step(maker(step), 0.5 * (1 + math.cos(math.pi * done)), pool)
            step += 1
            done = max((time.monotonic() - begun) / (60 * max(minutes, 1e-9)), step / most_steps)
            report(step, min(done, 1.0), loss)
    return student.result(graph)


class _Student:
    """The simulated network, its teacher and its optimizer."""

    def __init__(self, teacher: Graph, graph: Graph, layers: Collection[int], scales: Mapping[int, Scale]) -> None:
        self.teacher = Network(teacher).requires_grad_(False)
        self.network = Simulated(graph, layers, scales).requires_grad_(False)
        self.float_form = Network(graph).requires_grad_(False)
        finest = _FINEST * self.network.input_size / SIZE
        self.names = [n for n in self.network.convolutions_for(OUTPUTS) if self.network.output_resolution(n) <= finest]
        self.parameters: list[Tensor] = []
        self.average: list[Tensor] = []
        self.config = LossConfig()

    def normalise(self, batches: object) -> None:
        """Bring the trained layers into the normalised form, measured on the float network."""
        images = [b.images for b in batches]  # type: ignore[attr-defined]
        normalise(self.float_form, images, self.names, OUTPUTS)
        groups = []
        for name in self.names:
            module = self.float_form.get_submodule(name).requires_grad_(True)
            self.network.set_submodule(name, module)
            groups += parameter_groups(module)  # type: ignore[arg-type]
        self.parameters = [g["params"][0] for g in groups]
        self.optimizer = torch.optim.Adam(merged(groups), betas=(0.9, 0.99))
        self.average = [p.detach().clone() for p in self.parameters]
        self.steps = 0

    def step(self, batch: Batch, rate: float, pool: ThreadPoolExecutor) -> float:
        """One optimizer step; ``rate``: the share of the learning rate. Returns the loss."""
        count = min(processors(), len(batch.names))
        parts = [batch.part(i, count) for i in range(count)]
        results = list(pool.map(self._gradients, parts))
        shares = [len(p.names) / len(batch.names) for p in parts]
        loss = sum(s * r[0] for s, r in zip(shares, results, strict=True))
        if not math.isfinite(loss):
            return loss  # a crop the float network itself answers with infinity; nothing has been changed
        for k, parameter in enumerate(self.parameters):
            parameter.grad = sum_scaled([r[1][k] for r in results], shares)
        for group in self.optimizer.param_groups:
            group["lr"] = _RATE * group["unit"] * rate
        torch.nn.utils.clip_grad_norm_([p for p in self.parameters if p.grad is not None], 10.0)
        self.optimizer.step()
        self.steps += 1
        decay = min(0.98, self.steps / (self.steps + 10))
        torch._foreach_lerp_(self.average, [p.detach() for p in self.parameters], 1 - decay)
        return loss

    def _gradients(self, batch: Batch) -> tuple[float, list[Tensor | None]]:
        with torch.no_grad():
            wanted = Prediction.of(self.teacher(batch.images, OUTPUTS))
        got = Prediction.of(self.network(batch.images, OUTPUTS))
        loss = _loss(got, wanted, self.network.input_size, self.config)
        return float(loss.detach()), list(torch.autograd.grad(loss, self.parameters, allow_unused=True))

    @torch.no_grad()
    def result(self, graph: Graph) -> Graph:
        """``graph`` with the averaged weights."""
        for parameter, average in zip(self.parameters, self.average, strict=True):
            parameter.copy_(average)
        written = self.network.write_to(Graph(graph.to_bytes(), graph.source))
        return Graph(written.to_bytes(), graph.source)


def _loss(got: Prediction, wanted: Prediction, size: int, config: LossConfig) -> Tensor:
    """How far the answers are from the teacher's."""
    parts = {f"hold_{name}": config.hold * value for name, value in held(got, wanted, config).items()}
    there, sure_there = refine(wanted.points[:, :COUNT, :2], wanted.heatmap[..., :COUNT], size)
    here, sure_here = refine(got.points[:, :COUNT, :2], got.heatmap[..., :COUNT], size)
    off = robust(((here - there).square().sum(-1) + 0.01).sqrt() - 0.1, config.outlier_px)
    both = (sure_there & sure_here).float()
    parts["refined"] = (off * both).sum() / max(both.numel(), 1) / UNIT
    return torch.stack([_WEIGHTS.get(name, 1.0) * value for name, value in parts.items()]).sum()
