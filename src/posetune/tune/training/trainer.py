"""The state of a training run and one step of it: network, stock network, optimizer, moving average."""

from __future__ import annotations

import copy
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from posetune.backends.base import processors
from posetune.errors import PosetuneError
from posetune.geometry import SIZE
from posetune.graph.flatbuffer import Graph
from posetune.graph.torch.convolution import Convolution
from posetune.graph.torch.merge import Moments, between, input_moments
from posetune.graph.torch.network import Network
from posetune.graph.torch.normalise import normalise
from posetune.landmarks import COUNT
from posetune.tune.config import TrainConfig
from posetune.tune.people.samples import Batch
from posetune.tune.ranks import SINGLE, Ranks
from posetune.tune.training.division import Division, parts_of
from posetune.tune.training.losses import OUTPUTS, Prediction, counted, losses

#: Coarsest output resolution, in px of a 256 px crop, at which a convolution is still trained.
_FINEST_TRAINED = {"head": 4, "tail": 32, "all": 256}
#: Gains and biases are in units of standard deviations; they move at this share of the relative learning rate.
_GAIN_RATE = 0.5
#: While a run is young, the average covers about the last 1/_YOUNG of it.
_YOUNG = 3
#: The last part of a run in which the trapezoid schedule lowers the learning rate, in a straight line to 0.
_DESCENT = 0.3
_HEATMAP = 3  # its place among the outputs


class Begun(NamedTuple):
    """What training cannot change about some crops: the frozen layers' results, and the stock network's answer."""

    values: dict[int, Tensor]
    stock: Prediction


class Trainer:
    """Holds everything that changes during a run; :meth:`step` makes one step.

    ``calibration``: batches of real crops (B, 3, S, S) on which the activations are measured. ``start``: the same
    network with the weights to begin with, if these are not stock's.
    """

    #: The outputs that training looks at, by place.
    outputs: tuple[int, ...] = OUTPUTS
    #: Those of them in which it is held to the stock network.
    held_outputs: tuple[int, ...] = OUTPUTS
    #: The processes that each step is divided among, and how; see :meth:`join`.
    ranks: Ranks = SINGLE
    division: Division | None = None

    def __init__(
        self,
        graph: Graph,
        config: TrainConfig,
        calibration: Sequence[Tensor],
        device: torch.device,
        start: Graph | None = None,
    ) -> None:
        self.config, self.device = config, device
        self.threads = (config.threads or processors()) if device.type == "cpu" else 1
        set_up_thread()
        self.pool = ThreadPoolExecutor(self.threads, "train", initializer=set_up_thread)
        self.stock = Network(graph).to(device).requires_grad_(False)
        self.reference = self.stock  # what the tuned network is compared with
        self.network = copy.deepcopy(self.stock)
        if start is not None:
            self.network.load_state_dict(Network(start).state_dict())
        finest = _FINEST_TRAINED[config.trainable] * self.network.input_size / SIZE
        names = self.network.convolutions_for(self.outputs)
        self.stem = frozenset(
            n for n in names if self.network.output_resolution(n) > finest and not self.always_trained(n)
        )
        self.trained = [n for n in names if n not in self.stem]
        normalise(self.network, (c.to(device) for c in calibration), self.trained, self.outputs)
        for _, module in self.modules():
            module.requires_grad_(True)
            module.round_fp16 = config.weight_precision == "fp16"
        groups = [g for _, module in self.modules() for g in parameter_groups(module)]
        self.parameters: list[Tensor] = [g["params"][0] for g in groups]
        self.optimizer = torch.optim.Adam(merged(groups), betas=(0.9, 0.99), fused=True)
        self.average = [p.detach().clone() for p in self.parameters]
        self.steps_done = 0
        self.rate = 1.0  # what rollbacks and the plateau schedule have left of the learning rate
        #: What the trained layers read, on the user's crops and on others (``graph.torch.merge``); None: not looked at.
        self.moments: Moments | None = None
        self._typical_norm: float | None = None
        #: By batch and part of it: see :meth:`step`.
        self.begun: WeakKeyDictionary[Batch, dict[int, Begun]] = WeakKeyDictionary()

    def always_trained(self, name: str) -> bool:
        """Whether a convolution is trained whatever its resolution."""
        return False

    def modules(self) -> Iterator[tuple[str, Convolution]]:
        """The convolutions that are trained."""
        for name in self.trained:
            yield name, self.network.get_submodule(name)  # type: ignore[misc]

    # --- one step --------------------------------------------------------------------------------------------------

    def join(self, ranks: Ranks) -> Division:
        """Make every step with ``ranks``, from the first on, on a part of the configuration's batches: which is returned."""
        self.ranks = ranks
        threads = -ranks.most(-self.threads)  # the fewest that one of them has
        parts = parts_of(self.config.batch, threads * ranks.count) if self.device.type == "cpu" else 1
        self.division = Division.of(parts, ranks.rank, ranks.count) if ranks.count > 1 else None
        return self.division or Division.of(1)

    def step(self, batch: Batch, total_steps: int) -> dict[str, float]:
        """One optimizer step on ``batch``, or on this process's part of one. Returns the parts of the loss and their sum. What
        training cannot change is kept for the next visit, for as long as the batch lives.

        Raises PosetuneError, naming the batch, if the loss is not finite; nothing has been changed then.
        """
        begun = self.begun.setdefault(batch, {})
        batch = batch.to(self.device)
        shards = self._shards(batch)
        weights = self._weights(batch)

        def gradients(k: int) -> tuple[dict[str, float], tuple[Tensor | None, ...]]:
            if k not in begun:
                begun[k] = self.begin(shards[k].images)
            return self._gradients(shards[k], begun[k], leaves, weights)

        with self._folded_once() as leaves:
            results = list(self.pool.map(gradients, range(len(shards))))
        crops = len(batch.names) if self.division is None else self.config.batch
        shares = [len(s.names) / crops for s in shards]
        rows = self.ranks.rows([(w, *r[0].values()) for w, r in zip(shares, results, strict=True)])
        parts = {k: sum(row[0] * row[n] for row in rows) for n, k in enumerate(results[0][0], 1)}
        norm = math.nan
        if math.isfinite(parts["loss"]):
            summed = self.ranks.sum([r[1] for r in results], shares)
            for parameter, gradient in zip(self.parameters, self._unfold(summed), strict=True):
                parameter.grad = gradient
            norm = float(torch.nn.utils.get_total_norm([p.grad for p in self.parameters if p.grad is not None]))
        if not math.isfinite(norm):
            names = [name for found in self.ranks.gather(batch.names) for name in found]
            raise PosetuneError(
                f"The loss or its gradient is not a finite number at step {self.steps_done + 1}, on the batch of "
                f"{', '.join(dict.fromkeys(names))}; look at these images and labels, or lower lr."
            )
        self._clip(norm)
        self._set_rate(total_steps)
        self.optimizer.step()
        self.steps_done += 1
        decay = min(self.config.ema, self.steps_done / (self.steps_done + _YOUNG))
        torch._foreach_lerp_(self.average, [p.detach() for p in self.parameters], 1 - decay)
        return parts

    def _shards(self, batch: Batch) -> list[Batch]:
        """On a CPU, one part of the batch per thread, or several (``division.parts_of``).

        Each thread then runs whole layers by itself. Dividing every layer among the threads instead, as torch does, makes
        them wait for each other some thousand times a step.
        """
        if self.division is not None:
            count = len(self.division.mine)
        else:
            count = parts_of(len(batch.names), self.threads) if self.device.type == "cpu" else 1
        return [batch] if count == 1 else [batch.part(i, count) for i in range(count)]

    def _weights(self, batch: Batch) -> dict[str, float]:
        """By what the parts of the loss are multiplied that are means over labels, where ``batch`` is a piece of one that is
        counted as a whole: its crops may have more labels than is their share. Empty where it is not.
        """
        if self.division is None or self.division.whole:
            return {}
        mine = {name: float(number) for name, number in self.counted(batch).items()}
        totals = [sum(column) for column in zip(*self.ranks.rows([list(mine.values())]), strict=True)]
        share = len(batch.names) / self.config.batch
        return {
            name: own / (share * total) if total else 1.0
            for (name, own), total in zip(mine.items(), totals, strict=True)
        }

    @contextmanager
    def _folded_once(self) -> Iterator[list[Tensor]]:
        """The trained layers' folded weights and biases, computed once for all threads: leaves that the layers use for as
        long as the context lasts.
        """

        @torch.no_grad()
        def fold(module: Convolution) -> tuple[Tensor, Tensor]:
            weight, bias = module.effective()
            return weight.requires_grad_(), bias.requires_grad_()

        modules = [module for _, module in self.modules()]
        # Not divided among the threads: some thousand small operations that wait for each other at Python's lock.
        pairs = [fold(module) for module in modules]
        for module, pair in zip(modules, pairs, strict=True):
            module.given = pair
        try:
            yield [tensor for pair in pairs for tensor in pair]
        finally:
            for module in modules:
                module.given = None

    def _unfold(self, gradients: Sequence[Tensor | None]) -> Iterator[Tensor | None]:
        """The gradients of the parameters from those of the folded weights and biases, both in the order of the layers."""

        def of_layer(
            module: Convolution, weight: Tensor | None, bias: Tensor | None
        ) -> tuple[Tensor | None, Tensor | None, Tensor | None]:
            if weight is None or bias is None:  # the loss does not depend on this layer
                return None, None, None
            return module.unfolded(weight, bias)

        modules = [module for _, module in self.modules()]
        for layer in map(of_layer, modules, gradients[::2], gradients[1::2]):
            yield from layer

    def _gradients(
        self, batch: Batch, begun: Begun, leaves: Sequence[Tensor], weights: Mapping[str, float] | None = None
    ) -> tuple[dict[str, float], tuple[Tensor | None, ...]]:
        """The parts of the loss, times their ``weights``, with their sum, and the sum's gradient for every leaf."""
        parts = self.parts(batch, begun)
        for name, weight in (weights or {}).items():
            if name in parts:
                parts[name] = parts[name] * weight
        loss = torch.stack(list(parts.values())).sum()
        gradients = torch.autograd.grad(loss, leaves, allow_unused=True)
        return {"loss": float(loss.detach()), **{k: float(v.detach()) for k, v in parts.items()}}, gradients

    @torch.no_grad()
    def begin(self, images: Tensor) -> Begun:
        """The part of the work on ``images`` that training cannot change; what the two networks share is computed once."""
        values = self.network.begin(images, self.outputs, self.stem)
        return Begun(values, Prediction.of(self.stock.finish(values, self.held_outputs, self.stem)))

    def parts(self, batch: Batch, begun: Begun) -> dict[str, Tensor]:
        """The parts of the loss on a batch, whose :meth:`begin` gave ``begun``."""
        predicted = Prediction.of(self.network.finish(begun.values, OUTPUTS, self.stem))
        return losses(predicted, begun.stock, batch.targets, self.network.input_size, self.config.loss)

    def counted(self, batch: Batch) -> dict[str, Tensor]:
        """Over how many labels those of :meth:`parts` are means that are no means over crops."""
        return counted(batch.targets)

    def _clip(self, norm: float) -> None:
        """Scale a gradient down that is far beyond what has been typical."""
        typical = norm if self._typical_norm is None else self._typical_norm
        limit = self.config.clip * typical
        if norm > limit:
            torch._foreach_mul_([p.grad for p in self.parameters if p.grad is not None], limit / norm)
        self._typical_norm = 0.95 * typical + 0.05 * min(norm, limit)

    def _set_rate(self, total_steps: int) -> None:
        for group in self.optimizer.param_groups:
            group["lr"] = self.config.lr * group["unit"] * self.schedule(total_steps)

    def schedule(self, total_steps: int) -> float:
        """The share of the learning rate at the present step."""
        warm = self.config.warmup * total_steps
        share = self.rate * (min(1.0, (self.steps_done + 1) / warm) if warm >= 1 else 1.0)
        if self.config.schedule == "cosine":
            share *= 0.5 * (1 + math.cos(math.pi * min(1.0, self.steps_done / total_steps)))
        elif self.config.schedule == "trapezoid":
            share *= min(1.0, (1 - min(1.0, self.steps_done / total_steps)) / _DESCENT)
        return share

    # --- averages and files ----------------------------------------------------------------------------------------

    @contextmanager
    def averaged(self) -> Iterator[Network]:
        """The network with the averaged weights in place, for as long as the context lasts."""
        present = [p.detach().clone() for p in self.parameters]
        self._put(self.average)
        try:
            yield self.network
        finally:
            self._put(present)

    def averaged_copy(self) -> list[Tensor]:
        """The averaged weights, to be kept and put back with :meth:`use`."""
        return [a.clone() for a in self.average]

    def use(self, weights: Sequence[Tensor]) -> None:
        """Take weights that :meth:`averaged_copy` gave, as the network's and as the average."""
        self._put(weights)
        self.average = [w.detach().clone() for w in weights]

    def step_back(self, weights: Sequence[Tensor]) -> None:
        """Go on from ``weights``, which :meth:`averaged_copy` gave, at a third of the learning rate and without momentum."""
        self.use(weights)
        self.rate /= 3
        for state in self.optimizer.state.values():
            state["exp_avg"].zero_()

    @torch.no_grad()
    def _put(self, weights: Sequence[Tensor]) -> None:
        for parameter, weight in zip(self.parameters, weights, strict=True):
            parameter.copy_(weight)

    @torch.no_grad()
    def blended(self, share: float, heatmap_bias: float = 0.0) -> Network:
        """A network in folded form between stock (0) and the averaged tuned weights (1): on a straight line, or layer by layer by
        what ``moments`` say. ``heatmap_bias`` is added to the logits of the 33 points' heatmaps.
        """
        result = copy.deepcopy(self.stock)
        with self.averaged():
            for name, module in self.modules():
                target: Any = result.get_submodule(name)
                mine, stock = module.folded(), (target.weight, target.bias)
                if self.moments is not None and 0 < share < 1:
                    mine, way = between(mine, stock, self.moments[name], share), 1.0
                else:
                    way = share
                for there, here in zip(mine, stock, strict=True):
                    here.lerp_(there, way)
                target.round_fp16 = self.config.weight_precision == "fp16"
            if heatmap_bias:
                head: Any = result.get_submodule(result.convolutions_for((_HEATMAP,))[-1])
                head.bias[:COUNT] += heatmap_bias
        return result

    def weigh(self, own: Iterable[Tensor], others: Iterable[Tensor]) -> None:
        """Look at what the layers read on the user's crops, tuned, and on others, stock, for :meth:`blended` from now on. Batches
        (B, 3, S, S).
        """
        networks = zip((self.blended(1.0), self.stock), (own, others), strict=True)
        first, second = (
            input_moments(network, self.trained, (b.to(self.device) for b in crops), self.outputs)
            for network, crops in networks
        )
        self.moments = {name: (first[name], second[name]) for name in self.trained}

    def state(self) -> dict[str, Any]:
        """Everything that a resumed run needs."""
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "average": self.average,
            "steps_done": self.steps_done,
            "rate": self.rate,
            "typical_norm": self._typical_norm,
        }

    def load_state(self, state: dict[str, Any]) -> None:
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.average = [a.to(self.device) for a in state["average"]]
        self.steps_done, self.rate, self._typical_norm = state["steps_done"], state["rate"], state["typical_norm"]


def set_up_thread() -> None:
    """Two properties of a thread, for the main one and those of the pool.

    The batch is divided, so layers are not. And heatmap logits far below zero have gradients of 1e-40 and less: processors
    compute with such numbers a hundred times slower than with others, and they mean nothing.
    """
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)


def merged(groups: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same parameters with one group for each ``unit``: every group costs the optimizer as much as a small layer."""
    by_unit: dict[float, list[Tensor]] = {}
    for group in groups:
        by_unit.setdefault(group["unit"], []).extend(group["params"])
    return [{"params": params, "unit": unit} for unit, params in by_unit.items()]


def parameter_groups(module: Convolution) -> list[dict[str, Any]]:
    """One group per parameter; ``unit`` is what a relative learning rate of 1 means for it.

    For weights: the typical root mean square of an output channel's weights. The median, because a depthwise channel
    whose taps cancel can have weights a thousand times larger than its neighbours.
    """
    assert module.gain is not None
    typical = float(module.weight.detach().square().mean((1, 2, 3)).sqrt().median())
    return [
        {"params": [module.weight], "unit": typical},
        {"params": [module.bias], "unit": _GAIN_RATE},
        {"params": [module.gain], "unit": _GAIN_RATE},
    ]
