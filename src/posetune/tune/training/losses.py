"""What training minimises. Everything that has no label is held to the stock network's answer on the same crop.

Coordinates are compared in crop px ÷ ``UNIT``, so that a loss of 1 is an error of 10 crop px.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from posetune.landmarks import COUNT, NETWORK_COUNT
from posetune.runtime.landmark_network import REFINE_KERNEL, REFINE_MIN_CONFIDENCE
from posetune.tune.people.samples import Targets

UNIT = 10.0  # crop px
_TINY = 1e-30
#: How much the parts count against each other, on top of the configuration's weights. Metres and z are brought near the size of
#: an error in the picture: a decimetre counts as UNIT, z half as much as x and y, since it is known worse. Flags (visibility,
#: presence of a point) and the presence of the pose are small numbers that must hardly move.
_METRES = 10.0
_Z = 0.5
_MAP = 0.5
_HELD_FLAGS = 2.0
_HELD_PRESENCE = 4.0
#: On crops that are held in presence alone, where all answers from 0 to 1 occur, by its cross-entropy.
_PRESENCE_ALONE = 5.0
#: Probabilities of presence are told apart down to here: files give 0 and 1 beyond float32.
_SURE = 1e-6
#: The outputs of a landmark network that training looks at, by place: points, presence, heatmap, world.
OUTPUTS = (0, 1, 3, 4)


@dataclass(frozen=True)
class LossConfig:
    """Weights of the parts, and how errors are bounded. A weight of 0 switches a part off."""

    regression: float = 3.0  # x, y as the network regresses them
    refined: float = 3.0  # x, y after the heatmap has moved them, as MediaPipe reports them
    heatmap: float = 0.3  # the heatmap itself, against a Gaussian at the label
    heatmap_sigma: float = 1.6  # of that Gaussian, in cells (4 crop px); stock peaks look like this
    visibility: float = 0.1  # where the labels say visible or hidden
    world: float = 3.0  # world landmarks and z, where true 3D is known (synthetic people)
    hold: float = 1.0  # unlabelled points, z, visibility, presence, world, auxiliary points: as stock has them
    hold_auxiliary: float = 2.0  # the two points that steer the next frame's crop, on top of hold
    # An error beyond this many crop px counts by its logarithm: a wrong label pulls with a force that falls with
    # its distance.
    outlier_px: float = 60.0


@dataclass(frozen=True, eq=False)
class Prediction:
    """A landmark network's outputs. points (B, 39, 5), presence (B, 1), heatmap logits (B, h, w, 39), world (B, 39, 3)."""

    points: Tensor
    presence: Tensor
    heatmap: Tensor
    world: Tensor

    @classmethod
    def of(cls, outputs: list[Tensor]) -> Prediction:
        """From what ``Network.forward(x, OUTPUTS)`` returns."""
        points, presence, heatmap, world = outputs
        return cls(
            points.reshape(-1, NETWORK_COUNT, 5), presence.reshape(-1, 1), heatmap, world.reshape(-1, NETWORK_COUNT, 3)
        )


def refine(xy: Tensor, heatmap: Tensor, size: int) -> tuple[Tensor, Tensor]:
    """The heatmap refinement of ``runtime.landmark_network.refine``, batched and differentiable.

    xy (B, N, 2) crop px; heatmap (B, h, w, N) logits. Returns the refined xy, and sure (B, N) bool: where the heatmap's
    peak reached the threshold; elsewhere xy comes back as it was. Gradients flow through the heatmap's values.
    """
    h, w = heatmap.shape[1:3]
    column = torch.trunc(xy[..., 0].detach() / size * w).long()
    row = torch.trunc(xy[..., 1].detach() / size * h).long()
    offsets = torch.arange(REFINE_KERNEL, device=xy.device) - (REFINE_KERNEL - 1) // 2
    columns, rows = column[..., None] + offsets, row[..., None] + offsets  # (B, N, 7)
    inside = ((rows >= 0) & (rows < h))[..., :, None] & ((columns >= 0) & (columns < w))[..., None, :]
    cell = rows.clamp(0, h - 1)[..., :, None] * w + columns.clamp(0, w - 1)[..., None, :]  # (B, N, 7, 7)
    count = heatmap.shape[3]
    place = cell * count + torch.arange(count, device=xy.device)[:, None, None]  # in the map's own order: no copy of it
    window = heatmap.flatten(1).gather(1, place.flatten(1)).reshape(place.shape)
    confidence = torch.sigmoid(window) * inside
    total = confidence.sum((-1, -2))
    sure = (confidence.amax((-1, -2)) >= REFINE_MIN_CONFIDENCE) & (column >= 0) & (column < w) & (row >= 0)
    divisor = total.clamp_min(1e-6)
    x = (confidence.sum(-2) * columns).sum(-1) / divisor * (size / w)
    y = (confidence.sum(-1) * rows).sum(-1) / divisor * (size / h)
    return torch.where(sure[..., None], torch.stack([x, y], -1), xy), sure


def robust(distance: Tensor, limit: float) -> Tensor:
    """The distance up to ``limit``, growing by its logarithm beyond: 1-Lipschitz, gradient limit/d on outliers."""
    return torch.where(distance <= limit, distance, limit * (1 + torch.log(distance.clamp_min(limit) / limit)))


def _distance(a: Tensor, b: Tensor, smallest: float = 0.1) -> Tensor:
    # Smooth below ``smallest`` (crop px), so that the gradient stays finite where the points coincide.
    return ((a - b).square().sum(-1) + smallest**2).sqrt() - smallest


def _mean(values: Tensor, weight: Tensor) -> Tensor:
    return (values * weight).sum() / weight.sum().clamp_min(1e-6)


def map_error(logits: Tensor, target: Tensor) -> Tensor:
    """Cross-entropy of maps to probabilities ``target``, above the least it can be, summed over cells.

    logits, target (B, h, w, N); no gradient for the target. Returns (B, N), 0 where a map is its target.
    """
    return _MapError.apply(logits, target)


def presence_error(presence: Tensor, wanted: Tensor) -> Tensor:
    """Cross-entropy of probabilities (B, 1) to those ``wanted``, above the least it can be.

    Not their squared difference, whose pull dies away where the network is sure of the wrong answer.
    """
    inside = presence.clamp(_SURE, 1 - _SURE), wanted.clamp(_SURE, 1 - _SURE)
    crossed, own = (-(inside[1] * p.log() + (1 - inside[1]) * (1 - p).log()) for p in inside)
    return crossed - own


class _MapError(torch.autograd.Function):
    """In torch's own terms ``binary_cross_entropy_with_logits`` less the entropy of the target, in a quarter of their time:
    logarithms are taken once, and the gradient is a difference that the forward pass leaves behind.
    """

    @staticmethod
    def forward(ctx: Any, logits: Tensor, target: Tensor) -> Tensor:
        ctx.save_for_backward(torch.sigmoid(logits).sub_(target))
        rest = 1 - target
        # t log t is 0 at t = 0: a floor under the argument, far below anything that counts.
        negative_entropy = target.clamp_min(_TINY).log_().mul_(target).add_(rest.clamp_min(_TINY).log_().mul_(rest))
        return F.softplus(logits).addcmul_(logits, target, value=-1).add_(negative_entropy).sum((1, 2))

    @staticmethod
    def backward(ctx: Any, *grads: Tensor) -> tuple[Tensor, None]:
        (difference,) = ctx.saved_tensors
        return difference * grads[0][:, None, None, :], None


def gaussian_maps(points: Tensor, size: int, cells: int, sigma: float) -> Tensor:
    """(B, N, 2) crop px → (B, h, w, N) Gaussians of height 1.

    A cell stands at its index, not its centre: that is how MediaPipe's refinement reads the map back.
    """
    grid = torch.arange(cells, device=points.device, dtype=points.dtype)
    center = points * (cells / size)
    gx, gy = (torch.exp(-0.5 * ((grid[:, None] - center[:, None, :, k]) / sigma) ** 2) for k in (0, 1))  # (B, cells, N)
    return gy[:, :, None] * gx[:, None]


def losses(
    predicted: Prediction, stock: Prediction, targets: Targets, size: int, config: LossConfig
) -> dict[str, Tensor]:
    """The parts of the loss, already weighted; their sum is what training minimises. ``size``: the crop's side, px."""
    points, weight, world = targets.points, targets.weight, targets.world
    xy = predicted.points[:, :COUNT, :2]
    refined, sure = refine(xy, predicted.heatmap[..., :COUNT], size)
    parts = {
        "regression": config.regression * _mean(robust(_distance(xy, points), config.outlier_px), weight) / UNIT,
        "refined": config.refined
        * (robust(_distance(refined, points), config.outlier_px) * weight * sure).sum()
        / weight.sum().clamp_min(1e-6)
        / UNIT,
    }
    taught = weight > 0
    away = _map_errors(predicted, _wanted_maps(stock, targets, size, config), config)
    parts["heatmap"] = config.heatmap * _MAP * _mean(away, weight)  # that of the taught maps: others weigh nothing
    visible = torch.isfinite(targets.visible)
    says = F.binary_cross_entropy_with_logits(
        predicted.points[:, :COUNT, 3], torch.nan_to_num(targets.visible), reduction="none"
    )
    parts["visibility"] = config.visibility * _mean(says, visible.float())
    true_3d = torch.isfinite(world).all(-1)
    off = _distance(predicted.world[:, :COUNT], torch.nan_to_num(world), 1e-3) * true_3d
    parts["world"] = config.world * off.sum() / true_3d.sum().clamp_min(1) * _METRES
    depth = z_in_px(world, points, taught)
    true_z = torch.isfinite(depth)
    off = (predicted.points[:, :COUNT, 2] - torch.nan_to_num(depth)).abs() * true_z
    parts["z"] = config.world * off.sum() / true_z.sum().clamp_min(1) / (2 * UNIT)
    for name, value in _hold(predicted, stock, _Known(taught, true_3d, true_z, targets.held), away, config).items():
        parts[f"hold_{name}"] = config.hold * value
    return parts


def counted(targets: Targets) -> dict[str, Tensor]:
    """Over how many labels the parts of :func:`losses` are means; those that are not named are means over crops."""
    labels, world = targets.weight.sum(), torch.isfinite(targets.world).all(-1).sum()
    depth = torch.isfinite(z_in_px(targets.world, targets.points, targets.weight > 0)).sum()
    flags = torch.isfinite(targets.visible).sum()
    return {"regression": labels, "refined": labels, "heatmap": labels, "visibility": flags, "world": world, "z": depth}


def _wanted_maps(stock: Prediction, targets: Targets, size: int, config: LossConfig) -> Tensor:
    """(B, h, w, 39) what the maps are to say: a Gaussian where there is a label, stock's probability elsewhere."""
    wanted = torch.sigmoid(stock.heatmap)
    extra = NETWORK_COUNT - COUNT
    labels = gaussian_maps(F.pad(targets.points, (0, 0, 0, extra)), size, wanted.shape[1], config.heatmap_sigma)
    return torch.where(F.pad(targets.weight > 0, (0, extra))[:, None, None], labels, wanted)


def z_in_px(world: Tensor, points: Tensor, placed: Tensor) -> Tensor:
    """True z of the landmarks (B, 33) crop px, the hips' middle at 0; NaN where it is not known.

    world (B, 33, 3) metres, hip-centred, crop axes, NaN where unknown; points (B, 33, 2) crop px, known where placed (B, 33)
    bool says so. MediaPipe gives z in the scale of x: metres become px by the weak-perspective scale, the least-squares one
    of x, y between the two.
    """
    known = torch.isfinite(world).all(-1, keepdim=True)
    both = known & placed[..., None]
    count = both.sum(1, keepdim=True).clamp_min(1)
    metres = torch.nan_to_num(world) * known
    flat = (metres[..., :2] - (metres[..., :2] * both).sum(1, keepdim=True) / count) * both
    px = (points - (points * both).sum(1, keepdim=True) / count) * both
    scale = (flat * px).sum((1, 2)) / flat.square().sum((1, 2)).clamp_min(1e-6)
    return torch.where(known[..., 0] & (scale > 0)[:, None], metres[..., 2] * scale[:, None], torch.nan)


def label_area(config: LossConfig) -> float:
    """The sum over cells of the Gaussian that a label is in a map."""
    return 2 * math.pi * config.heatmap_sigma**2


def _map_errors(predicted: Prediction, wanted: Tensor, config: LossConfig) -> Tensor:
    """(B, 33): how far the maps are from ``wanted`` (B, h, w, 39), per cell of a label's area.

    All 39 are gone through, though 33 are looked at: memory is read from end to end.
    """
    return map_error(predicted.heatmap, wanted)[:, :COUNT] / label_area(config)


@dataclass(frozen=True, eq=False)
class _Known:
    """(B, 33) bool each: of which landmarks something is known, so that they are not held there: the place in the picture, the
    world landmark, z. ``held`` (B,): 0 where all but presence is free; None: nowhere.
    """

    place: Tensor
    world: Tensor
    z: Tensor
    held: Tensor | None


def held(
    predicted: Prediction, stock: Prediction, config: LossConfig, crops: Tensor | None = None
) -> dict[str, Tensor]:
    """How far the network has left the stock network's answers in everything. ``crops`` (B,): 0 for those of which only presence
    counts; None: all of all.
    """
    nothing = torch.zeros_like(predicted.points[:, :COUNT, 0], dtype=torch.bool)
    away = _map_errors(predicted, torch.sigmoid(stock.heatmap), config)
    return _hold(predicted, stock, _Known(nothing, nothing, nothing, crops), away, config)


def _hold(
    predicted: Prediction, stock: Prediction, known: _Known, map_errors: Tensor, config: LossConfig
) -> dict[str, Tensor]:
    """How far the network has left the stock network's answers in everything that is not ``known``.

    ``map_errors`` (B, 33): what :func:`_map_errors` says.
    """
    crops = torch.ones_like(predicted.presence[:, 0]) if known.held is None else known.held
    # (B, 39); the unused points count for nothing.
    free = F.pad((~known.place).float(), (0, NETWORK_COUNT - COUNT)) * crops[:, None]
    shift = robust(_distance(predicted.points[..., :2], stock.points[..., :2]), config.outlier_px) / UNIT
    auxiliary = shift[:, COUNT : COUNT + 2].mean(1) * crops
    z = (predicted.points[:, :COUNT, 2] - stock.points[:, :COUNT, 2]).abs() / (2 * UNIT) * ~known.z
    logits, wanted = predicted.points[:, :COUNT, 3:5], torch.sigmoid(stock.points[:, :COUNT, 3:5])
    world = _distance(predicted.world[:, :COUNT], stock.world[:, :COUNT], 1e-3) * _METRES * ~known.world
    squared = (predicted.presence - stock.presence)[:, 0].square()
    crossed = presence_error(predicted.presence, stock.presence)[:, 0]
    flags = (torch.sigmoid(logits) - wanted).square().mean((1, 2))
    return {
        "points": (shift * free).sum() / max(free.numel(), 1),
        "auxiliary": config.hold_auxiliary * auxiliary.mean(),
        "z": (z.mean(1) * crops).mean() * _Z,
        "flags": (flags * crops).mean() * _HELD_FLAGS,
        "presence": (_HELD_PRESENCE * squared * crops + _PRESENCE_ALONE * crossed * (1 - crops)).mean(),
        "heatmap": (map_errors * free[:, :COUNT]).sum() / free[:, :COUNT].numel() * _MAP,
        "world": (world.mean(1) * crops).mean(),
    }
