"""The first stage of a new head: the backbone is frozen, so what it says of each crop is computed once and kept.

With the features in memory a pass over the data costs a few convolutions instead of the whole network.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from posetune.errors import PosetuneError
from posetune.geometry import SIZE
from posetune.graph.torch.convolution import Convolution
from posetune.graph.torch.network import Network
from posetune.graph.torch.normalise import normalise
from posetune.tune.methods.head import ridge
from posetune.tune.methods.head.losses import HeadOutput, head_losses
from posetune.tune.people.augment import AugmentConfig
from posetune.tune.people.samples import Batch, Subject, Targets, collate, make_sample

if TYPE_CHECKING:
    from posetune.tune.session import Session

_BATCH = 32
_VALIDATIONS = 8
_POINT_STD_PX = 30.0  # how far a point lies from its mean place, typically
_RIDGE_SAMPLES = 2000
_CALIBRATION = 64  # crops on which the new layers' scales are measured


@dataclass(frozen=True, eq=False)
class Features:
    """What the backbone says of n crops: by tensor, (n, c, h, w) float16; and the crops' targets."""

    values: dict[int, Tensor]
    targets: Targets

    def take(self, index: Tensor | slice) -> tuple[dict[int, Tensor], Targets]:
        """The chosen crops, widened to float32."""
        return (
            {k: v[index].float().contiguous(memory_format=torch.channels_last) for k, v in self.values.items()},
            self.targets.apply(lambda t: t[index]),
        )

    def __len__(self) -> int:
        return len(self.targets.points)


class FrozenStage:
    """Trains the convolutions ``head`` of a network (by name) on features of the others.

    ``outputs``: the head's outputs, by place.
    """

    def __init__(self, session: Session, network: Network, head: Sequence[str], outputs: Sequence[int]) -> None:
        self.network, self.head, self.outputs = network, list(head), tuple(outputs)
        self.config, self.settings = session.config, session.config.head
        self.cache, self.report = session.cache, session.report
        self.stem = frozenset(n for n in network.convolutions_for(self.outputs) if n not in set(head))
        self.curve: list[dict[str, float]] = []

    def run(self, train: Sequence[Subject], val: Sequence[Subject]) -> float:
        """Train, leave the best weights in the network, return their mean error on ``val`` in crop px."""
        torch.set_flush_denormal(True)  # see trainer: logits far below zero have gradients that no processor likes
        known = self._features(val, 1, None, "validation crops")
        views = self._views(known, len(train))
        features = self._features(train, views, self.config.augment, "crops seen by the backbone")
        self.report.say(
            f"Frozen backbone: {len(features)} crops kept as features ({views} of each of {len(train)} people)."
        )
        self._normalise(train, features, known)
        error, best = self.error(known), self._weights()
        self.report.say(f"frozen stage, before: mean {error:.2f} crop px on validation")
        optimizer = torch.optim.Adam(self._groups(), betas=(0.9, 0.99))
        batch = min(_BATCH, len(features))
        steps = max(1, self.settings.frozen_passes * len(features) // batch)
        random = np.random.default_rng([self.config.seed, 11])
        order = np.zeros(0, int)
        average = [p.detach().clone() for p in self._parameters()]
        with self.report.counting("steps, backbone frozen", steps) as counter:
            for step in range(1, steps + 1):
                if len(order) < batch:
                    order = random.permutation(len(features))
                index, order = torch.from_numpy(order[:batch].copy()), order[batch:]
                self._step(optimizer, features.take(index), step, steps)
                decay = min(self.config.ema, step / (step + 10))
                torch._foreach_lerp_(average, [p.detach() for p in self._parameters()], 1 - decay)
                if step % max(1, steps // _VALIDATIONS) == 0 or step == steps:
                    present = self._weights()
                    self._put(average)
                    now = self.error(known)
                    self.curve.append({"step": step, "mean_px": now})
                    if now < error:
                        error, best = now, self._weights()
                    self._put(present)
                counter.step(f"best {error:.2f} px")
        self._put(best)
        self.report.say(f"frozen stage, best: mean {error:.2f} crop px on validation")
        return error

    # --- features --------------------------------------------------------------------------------------------------

    def _views(self, known: Features, people: int) -> int:
        """How many views of each person fit into memory."""
        bytes_each = sum(v[0].numel() * v.element_size() for v in known.values.values())
        fit = int(self.settings.memory_mb * 1e6 / (bytes_each * people))
        if fit < 1:
            raise PosetuneError(
                f"The features of {people} people need {bytes_each * people / 1e6:.0f} MB; set head.memory_mb higher."
            )
        return min(self.settings.views, fit)

    @torch.no_grad()
    def _features(self, people: Sequence[Subject], views: int, augment: AugmentConfig | None, what: str) -> Features:
        jobs = [(subject, i, view) for i, subject in enumerate(people) for view in range(views)]
        kept: dict[int, Tensor] = {}
        targets: list[Targets] = []
        with self.report.counting(what, len(jobs)) as counter:
            for start in range(0, len(jobs), 8):
                part = jobs[start : start + 8]
                made = self._crops(part, augment)
                values = self.network.begin(made.images, self.outputs, self.stem)
                for key, value in values.items():
                    if key not in kept:
                        kept[key] = torch.empty((len(jobs), *value.shape[1:]), dtype=torch.float16)
                    kept[key][start : start + len(part)] = value
                targets.append(made.targets)
                counter.step(by=len(part))
        columns = (torch.cat([getattr(t, n) for t in targets]) for n in ("points", "weight", "visible", "world"))
        return Features(kept, Targets(*columns))

    def _crops(self, jobs: Sequence[tuple[Subject, int, int]], augment: AugmentConfig | None) -> Batch:
        """A batch of ``jobs``: a subject, its number, and which view of it."""
        size, seed = self.network.input_size, self.config.seed
        return collate(
            [
                make_sample(s, self.cache.read(s.image), size, augment, np.random.default_rng([seed, 12, i, view]))
                for s, i, view in jobs
            ]
        )

    @torch.no_grad()
    def error(self, known: Features) -> float:
        """Mean over labelled points of the distance, px of a 256 px crop."""
        errors = []
        for start in range(0, len(known), _BATCH):
            values, targets = known.take(slice(start, start + _BATCH))
            found = self._answer(values).coordinates(self.network.input_size)
            errors.append((found - targets.points).norm(dim=-1)[targets.weight > 0])
        return float(torch.cat(errors).mean()) * SIZE / self.network.input_size

    def _answer(self, values: dict[int, Tensor]) -> HeadOutput:
        return HeadOutput.of(self.network.finish(values, self.outputs, self.stem), self.settings.kind)

    # --- steps -----------------------------------------------------------------------------------------------------

    def _normalise(self, train: Sequence[Subject], features: Features, known: Features) -> None:
        jobs = [(train[i % len(train)], i, 0) for i in range(min(_CALIBRATION, 4 * len(train)))]
        batches = [self._crops(jobs[start : start + 8], self.config.augment).images for start in range(0, len(jobs), 8)]
        silent = [(m.weight.detach().abs().sum((1, 2, 3)) == 0) for m in self._modules()]
        normalise(self.network, batches, self.head, self.outputs)
        for module, rows in zip(self._modules(), silent, strict=True):
            _give_scale(module, rows, 3 * len(train[0].weight))
            if len(rows) == 3 * len(train[0].weight) and bool(rows.any()):
                self._begin_at_ridge(module, rows[0::3], features, known)
            module.requires_grad_(True)
            module.round_fp16 = self.config.weight_precision == "fp16"

    @torch.no_grad()
    def _begin_at_ridge(self, module: Convolution, fresh: Tensor, features: Features, known: Features) -> None:
        """Give the coordinates of ``fresh`` (K,) bool points the weights of a ridge regression."""
        some = torch.arange(0, len(features), max(1, -(-len(features) // _RIDGE_SAMPLES)))
        (inputs, points, weight), held = self._into(module, features, some), self._into(module, known, None)
        coefficients, constants, mean = ridge.fit(inputs, points, weight, held)
        assert module.std is not None
        assert module.mean is not None
        assert module.input_mean is not None
        assert module.input_std is not None
        shape = (-1, 2, *module.weight.shape[1:])
        wanted = torch.from_numpy(coefficients).float().reshape(shape)
        # The layer centres its inputs by its own mean, which was measured on other crops.
        centre = module.input_mean.expand(1, *module.weight.shape[1:])[0]
        moved = torch.from_numpy(constants).float() + (
            (centre - torch.from_numpy(mean).reshape(centre.shape)) * wanted
        ).sum((2, 3, 4))
        for axis in (0, 1):
            rows = torch.arange(len(fresh))[fresh] * 3 + axis
            std = module.std[rows]
            module.weight[rows] = wanted[fresh, axis] * module.input_std / std.view(-1, 1, 1, 1)
            module.bias[rows] = (moved[fresh, axis] - module.mean[rows]) / std

    def _into(
        self, module: Convolution, features: Features, index: Tensor | None
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What goes into a layer, flat as its weights are, with the targets: (N, D), (N, K, 2), (N, K)."""
        seen: list[Tensor] = []
        handle = module.register_forward_pre_hook(lambda _, arguments: seen.append(arguments[0].flatten(1)))
        chosen = torch.arange(len(features)) if index is None else index
        try:
            for start in range(0, len(chosen), _BATCH):
                self._answer(features.take(chosen[start : start + _BATCH])[0])
        finally:
            handle.remove()
        return (
            torch.cat(seen).numpy(),
            features.targets.points[chosen].numpy(),
            features.targets.weight[chosen].numpy(),
        )

    def _modules(self) -> list[Convolution]:
        return [self.network.get_submodule(name) for name in self.head]  # type: ignore[misc]

    def _parameters(self) -> list[Tensor]:
        return [p for m in self._modules() for p in (m.weight, m.bias, m.gain) if p is not None]

    def _groups(self) -> list[dict[str, Any]]:
        """One group per parameter with its unit, as in ``trainer``; layers that begin at zero go by their size instead."""
        groups = []
        for module in self._modules():
            fan_in = module.weight[0].numel()
            typical = float(module.weight.detach().square().mean((1, 2, 3)).sqrt().median())
            unit = max(typical, 0.3 / math.sqrt(fan_in))
            groups += [{"params": [module.weight], "unit": unit}]
            groups += [{"params": [p], "unit": 0.5} for p in (module.bias, module.gain) if p is not None]
        return groups

    def _step(
        self, optimizer: torch.optim.Optimizer, taken: tuple[dict[int, Tensor], Targets], step: int, steps: int
    ) -> None:
        values, targets = taken
        parts = head_losses(self._answer(values), targets, self.network.input_size, self.config.loss)
        loss = torch.stack(list(parts.values())).sum()
        if not torch.isfinite(loss):
            raise PosetuneError("The loss of the new head is not finite; lower head.frozen_lr.")
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self._parameters(), 10.0)
        warm = min(1.0, step / max(1, steps // 20))
        rate = self.settings.frozen_lr * warm * 0.5 * (1 + math.cos(math.pi * step / steps))
        for group in optimizer.param_groups:
            group["lr"] = rate * group["unit"]
        optimizer.step()

    def _weights(self) -> list[Tensor]:
        return [p.detach().clone() for p in self._parameters()]

    @torch.no_grad()
    def _put(self, weights: Sequence[Tensor]) -> None:
        for parameter, weight in zip(self._parameters(), weights, strict=True):
            parameter.copy_(weight)


@torch.no_grad()
def _give_scale(module: Convolution, rows: Tensor, dense: int) -> None:
    """Channels that begin at zero have no scale that could be measured: give them that of what they have to learn.

    ``rows``: (O,) bool. ``dense``: the channels of the layer that ends in x, y and visibility of each point.
    """
    assert module.std is not None
    scale = torch.ones_like(module.std)
    if len(scale) == dense:
        scale[0::3] = scale[1::3] = _POINT_STD_PX
    module.bias[rows] *= (module.std / scale)[rows]
    module.std[rows] = scale[rows]
