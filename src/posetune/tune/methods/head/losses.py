"""What training of a new head minimises, and how its answer is read, batched and differentiable as the runtime reads it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from posetune.geometry import SIZE
from posetune.graph.points import HEAD_OUTPUTS, KEPT_OUTPUTS
from posetune.runtime.own_points import BIN_WINDOW_PX
from posetune.tune.people.samples import Targets
from posetune.tune.training.losses import UNIT, LossConfig, gaussian_maps, label_area, map_error, refine, robust

#: The stock outputs of such a network, by place, as ``Prediction.of`` wants them.
KEPT = tuple(range(len(KEPT_OUTPUTS)))
_BIN_SIGMA_PX = (
    6.0  # of the Gaussian over the bins of the simcc head, crop px: as wide as the maps' (1.6 cells of 4 px)
)
_SMOOTH_PX = 0.1


@dataclass(frozen=True, eq=False)
class HeadOutput:
    """A head's outputs, None where its kind has no such: points (B, K, 3), maps (B, h, w, K), columns and rows (B, n, K)."""

    points: Tensor | None = None
    maps: Tensor | None = None
    columns: Tensor | None = None
    rows: Tensor | None = None

    @classmethod
    def of(cls, outputs: list[Tensor], kind: str) -> HeadOutput:
        """From the network's outputs behind the stock ones."""
        named = dict(zip(HEAD_OUTPUTS[kind], outputs, strict=True))
        points, columns, rows = named.get("points"), named.get("columns"), named.get("rows")
        return cls(
            None if points is None else points.reshape(len(points), -1, 3),
            named.get("maps"),
            None if columns is None else columns[:, 0],
            None if rows is None else rows[:, :, 0],
        )

    def coordinates(self, size: int) -> Tensor:
        """(B, K, 2) crop px: what the runtime reports."""
        if self.columns is not None and self.rows is not None:
            return torch.stack([_expected(self.columns, size), _expected(self.rows, size)], -1)
        if self.points is not None:
            xy = self.points[..., :2]
            return xy if self.maps is None else refine(xy, self.maps, size)[0]
        assert self.maps is not None
        return _peak(self.maps, size)


def _expected(logits: Tensor, size: int) -> Tensor:
    """(B, n, K) logits over bins → (B, K) the expectation around the highest bin, crop px."""
    bins = logits.shape[1]
    share = torch.softmax(logits, 1)
    index = torch.arange(bins, device=logits.device)[None, :, None]
    near = (index - share.argmax(1, keepdim=True)).abs() <= BIN_WINDOW_PX * bins // SIZE
    return (share * near * index).sum(1) / (share * near).sum(1) * (size / bins)


def _peak(maps: Tensor, size: int) -> Tensor:
    """(B, h, w, K) logits → (B, K, 2) the weighted mean around the highest cell, crop px."""
    height, width = maps.shape[1:3]
    peak, at = maps.flatten(1, 2).max(1)  # (B, K)
    start = torch.stack([at % width * (size / width), at // width * (size / height)], -1)
    return refine(start, maps + (1e-3 - peak).clamp_min(0)[:, None, None], size)[0]


def head_losses(answer: HeadOutput, targets: Targets, size: int, config: LossConfig) -> dict[str, Tensor]:
    """The parts of the loss, already weighted. ``targets``: of B crops and the head's K points; its world is not looked at.

    Labels outside the crop teach the regression, but no map: a map has no place for them.
    """
    points, weight, visible = targets.points, targets.weight, targets.visible
    parts: dict[str, Tensor] = {}
    inside = _inside(points, size) * weight
    if answer.points is not None:
        xy = answer.points[..., :2]
        parts["regression"] = config.regression * _coordinates(xy, points, weight, config)
        known = torch.isfinite(visible)
        says = F.binary_cross_entropy_with_logits(answer.points[..., 2], torch.nan_to_num(visible), reduction="none")
        parts["visibility"] = config.visibility * (says * known).sum() / known.sum().clamp_min(1)
    if answer.maps is not None:
        target = gaussian_maps(points, size, answer.maps.shape[1], config.heatmap_sigma)
        cost = (map_error(answer.maps, target) * inside).sum() / inside.sum().clamp_min(1e-6) / label_area(config)
        # Alone, the maps are all that is learnt from; behind a regression they only refine.
        parts["heatmap"] = cost * (0.5 * config.heatmap if answer.points is not None else 1.0)
        refined = answer.coordinates(size)
        parts["refined"] = config.refined * _coordinates(refined, points, inside, config)
    if answer.columns is not None and answer.rows is not None:
        for name, logits, axis in (("columns", answer.columns, 0), ("rows", answer.rows, 1)):
            bins = logits.shape[1]
            grid = torch.arange(bins, device=logits.device) * (size / bins)
            target = torch.softmax(-0.5 * ((grid[None, :, None] - points[:, None, :, axis]) / _BIN_SIGMA_PX) ** 2, 1)
            cost = -(target * torch.log_softmax(logits, 1)).sum(1) + torch.xlogy(target, target).sum(1)
            parts[name] = (cost * inside).sum() / inside.sum().clamp_min(1e-6)
    return parts


def head_counted(targets: Targets, size: int) -> dict[str, Tensor]:
    """Over how many labels the parts of :func:`head_losses` are means."""
    inside = (_inside(targets.points, size) * targets.weight).sum()
    return {
        "regression": targets.weight.sum(),
        "visibility": torch.isfinite(targets.visible).sum(),
        **dict.fromkeys(("heatmap", "refined", "columns", "rows"), inside),
    }


def _inside(points: Tensor, size: int) -> Tensor:
    return ((points >= 0) & (points <= size)).all(-1)


def _coordinates(xy: Tensor, target: Tensor, weight: Tensor, config: LossConfig) -> Tensor:
    distance = ((xy - target).square().sum(-1) + _SMOOTH_PX**2).sqrt() - _SMOOTH_PX
    return (robust(distance, config.outlier_px) * weight).sum() / weight.sum().clamp_min(1e-6) / UNIT
