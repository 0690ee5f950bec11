"""The detector as a network to train: its losses, its sparse weights, and what of it is written."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from posetune.graph.flatbuffer import Graph
from posetune.graph.torch.convolution import Convolution
from posetune.graph.torch.network import Network, with_shared_biases
from posetune.runtime.detector import SCORE_CLIP
from posetune.tune.detector.batches import BatchTargets, Prepared
from posetune.tune.detector.samples import Sample
from posetune.tune.detector.targets import ALIVE, BOX, LIVE, targets
from posetune.tune.training.trainer import Begun, Trainer

_BOXES, _SCORES = 0, 1  # the outputs' places
_OUTPUTS = (_BOXES, _SCORES)
_VALUES = 12  # of an anchor: box x, y, w, h, four points x, y
#: So many anchors say yes to a person; losses are counted in people a picture.
_ANCHORS_A_PERSON = 5.0
#: Where smooth L1 turns from a square into a line, in units of the target.
_BETA = 0.1


def pixels_of(samples: Sequence[Sample]) -> Tensor:
    """(B, 3, 224, 224) float32 in [-1, 1], as MediaPipe feeds its detector."""
    pixels = torch.from_numpy(np.stack([s.pixels for s in samples])).permute(0, 3, 1, 2)
    return pixels.float().mul_(2 / 255).sub_(1)


def live(outputs: Sequence[Tensor]) -> tuple[Tensor, Tensor]:
    """Of the network's outputs, the live anchors': (B, 980, 12) and logits (B, 980)."""
    where = torch.from_numpy(LIVE).to(outputs[0].device)
    return outputs[_BOXES].index_select(1, where), outputs[_SCORES].index_select(1, where)[..., 0]


class DetectorTrainer(Trainer):
    """A :class:`Trainer` of BlazePose's detector. Batches are ``batches.DetectorBatch``."""

    outputs = _OUTPUTS
    held_outputs = _OUTPUTS

    def __init__(self, graph: Graph, config: Any, calibration: Sequence[Tensor], device: torch.device) -> None:
        super().__init__(graph, config, calibration, device)
        self._graph = graph
        # The last frozen layer widens 24 channels to 144: computed anew in each step, so that a kept sample takes a sixth.
        widens = [name for name, _ in self.network.convolutions() if name in self.stem][-1]
        self.stem = self.stem - {widens}
        with torch.no_grad():
            (self._stem_tensor,) = self.network.begin(calibration[0][:1].to(device), _OUTPUTS, self.stem)
        self._stored = {
            name: torch.from_numpy(
                graph.stored_places(module.weight_tensor).transpose(3, 0, 1, 2)
                if module.depthwise
                else graph.stored_places(module.weight_tensor).transpose(0, 3, 1, 2)
            ).to(device)
            for name, module in self.modules()
        }

    @torch.no_grad()
    def prepare(self, samples: Sequence[Sample]) -> list[Prepared]:
        """What training cannot change about some samples."""
        if not samples:
            return []
        values = self.network.begin(pixels_of(samples).to(self.device), _OUTPUTS, self.stem)
        boxes, logits = (t.cpu().numpy() for t in live(self.stock.finish(values, _OUTPUTS, self.stem)))
        stems = values[self._stem_tensor].half().cpu()
        made = zip(samples, stems, boxes, logits, strict=True)
        return [Prepared(stem.clone(), targets(s, raw, scores), s.name) for s, stem, raw, scores in made]

    def begin(self, images: Tensor) -> Begun:
        """``images``: the stem's results, (B, C, H, W) float16."""
        values = {self._stem_tensor: images.float().contiguous(memory_format=torch.channels_last)}
        return Begun(values, None)  # type: ignore[arg-type]  # the base's answers are in the targets

    def parts(self, batch: Any, begun: Begun) -> dict[str, Tensor]:
        boxes, logits = live(self.network.finish(begun.values, _OUTPUTS, self.stem))
        return detector_losses(boxes, logits, batch.targets, self.config.loss)

    def _unfold(self, gradients: Sequence[Tensor | None]) -> Iterator[Tensor | None]:
        """As of any network, but weights that the file does not store stay zero."""
        unfolded = super()._unfold(gradients)
        for name, _ in self.modules():
            weight, bias, gain = next(unfolded), next(unfolded), next(unfolded)
            yield None if weight is None else weight.mul_(self._stored[name])
            yield bias
            yield gain

    def finished(self, share: float = 1.0) -> Network:
        """The averaged network in folded form, ``share`` of the way from the base to what was learnt, with the constant box, silent
        anchors silent.
        """
        return with_shared_biases(with_fixed_box(self.blended(share)), self._graph)


def detector_losses(boxes: Tensor, logits: Tensor, targets: BatchTargets, weights: Any) -> dict[str, Tensor]:
    """The parts of the loss. ``boxes`` (B, 980, 12) and ``logits`` (B, 980) of the live anchors; ``weights``: has ``score``,
    ``points`` and ``centre``.
    """
    logits = logits.clamp(-SCORE_CLIP, SCORE_CLIP)
    off = (torch.sigmoid(logits) - targets.score).abs()
    score = F.binary_cross_entropy_with_logits(logits, targets.score, reduction="none") * off * targets.score_weight
    points = torch.cat([boxes[..., :2], boxes[..., 4:]], dim=-1).unflatten(-1, (5, 2))
    distance = F.smooth_l1_loss(
        points / targets.unit[..., None], targets.points / targets.unit[..., None], reduction="none", beta=_BETA
    ).mean(-1)
    distance = distance * targets.points_weight[..., None]
    per_person = 1 / (_ANCHORS_A_PERSON * len(logits))
    return {
        "score": score.sum() * (weights.score * per_person),
        "centre": distance[..., 0].sum() * (weights.centre * per_person),
        "points": distance[..., 1:].mean(-1).sum() * (weights.points * per_person),
    }


def heads_of(network: Network) -> tuple[dict[int, Convolution], dict[int, Convolution]]:
    """The last convolutions of boxes and of scores, by the cells a side of their layer."""
    boxes: dict[int, Convolution] = {}
    scores: dict[int, Convolution] = {}
    for name in network.heads():
        module: Any = network.get_submodule(name)
        into = boxes if module.weight.shape[0] % _VALUES == 0 else scores
        into[network.output_resolution(name)] = module
    return boxes, scores


@torch.no_grad()
def with_fixed_box(network: Network) -> Network:
    """The same folded network, whose box is as wide as ever and whose silent anchors are silent for good."""
    network = copy.deepcopy(network)
    boxes, scores = heads_of(network)
    for cells, module in scores.items():
        for anchor in range(module.weight.shape[0]):
            if ALIVE.get(cells) != anchor:
                module.weight[anchor] = 0
                module.bias[anchor] = -SCORE_CLIP
    for cells, anchor in ALIVE.items():
        extent = [_VALUES * anchor + 2, _VALUES * anchor + 3]
        boxes[cells].weight[extent] = 0
        boxes[cells].bias[extent] = BOX
    return network


@torch.no_grad()
def with_score_bias(network: Network, bias: float) -> Network:
    """The same folded network, with ``bias`` added to the logits of its live anchors: MediaPipe's threshold stays where it is."""
    network = copy.deepcopy(network)
    _, scores = heads_of(network)
    for cells, anchor in ALIVE.items():
        scores[cells].bias[anchor] += bias
    return network


@torch.no_grad()
def with_circle_scaled(network: Network, factor: float) -> Network:
    """The same folded network, whose circles are ``factor`` as large: in each anchor the circle's point becomes
    hips + factor × (circle − hips), which is linear in the last convolution's channels; the top point moves likewise.
    """
    network = copy.deepcopy(network)
    boxes, _ = heads_of(network)
    for module in boxes.values():
        for first in range(0, module.weight.shape[0], _VALUES):
            hips = slice(first + 4, first + 6)
            for point in (6, 10):
                moved = slice(first + point, first + point + 2)
                for values in (module.weight, module.bias):
                    values[moved] = torch.lerp(values[hips], values[moved], factor)
    return network
