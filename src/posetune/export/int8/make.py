"""A float landmark network and crops in, a network with int8 layers out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

import numpy as np
import torch

from posetune.export.int8 import plan
from posetune.export.int8.bias import corrected
from posetune.export.int8.equalise import equalise
from posetune.export.int8.ranges import Watching, whole_scale
from posetune.geometry import SIZE
from posetune.graph import int8
from posetune.graph.flatbuffer import Graph
from posetune.graph.precision import narrow, widen
from posetune.landmarks import COUNT
from posetune.runtime.landmark_network import LandmarkNetwork
from posetune.tune.crop_protocol import file_answers

#: Half way (in logarithms) between channels as they are and channels of one size: the weights pay for what the activations gain.
#: 0.75 and 1 are worse (docs/lab/results/int8.md).
_STRENGTH = 0.5
_BATCH = 8
_SENSITIVITY_CROPS = 8
_CORRECTION_BATCHES = 4


class Maker:
    """Measures a float network once and writes it with any set of int8 layers."""

    def __init__(self, network: bytes, crops: np.ndarray) -> None:
        """``network``: a float ``.tflite``; ``crops``: (N, S, S, 3) uint8 to measure activations on."""
        graph = Graph(network, "network")
        widen(graph)
        graph = Graph(graph.to_bytes(), "network")
        self.crops = crops
        outputs = range(len(graph.outputs))
        seen = Watching(graph).watch(self._batches(), outputs)
        self.graph, factors = equalise(graph, {t: s.size for t, s in seen.items()}, _STRENGTH)
        self.scales = {t: whole_scale(s.times(factors[t]) if t in factors else s) for t, s in seen.items()}
        kept = plan.heads(self.graph)
        self.layers = {p for p in int8.candidates(self.graph) if p not in kept}

    def _batches(self) -> Iterator[torch.Tensor]:
        for start in range(0, len(self.crops), _BATCH):
            yield torch.from_numpy(self.crops[start : start + _BATCH]).permute(0, 3, 1, 2).float().div_(255)

    def write(self, floats: Collection[int] = (), graph: Graph | None = None) -> bytes:
        """The network with all layers in int8 but ``floats`` and the heads; what stays float is stored as float16.

        ``graph``: the same network with other weights. Biases are corrected for the layers in question.
        """
        layers = plan.joined(self.graph, self.layers - set(floats))
        batches = list(self._batches())[:_CORRECTION_BATCHES]
        mended = corrected(graph or self.graph, layers, self.scales, batches, reference=self.graph)
        written = Graph(int8.quantised(mended, layers, self.scales), "network")
        narrow(written)
        return written.to_bytes()

    def distance(self, network: bytes, crops: np.ndarray) -> float:
        """Mean distance of a network's landmarks to the float network's, px of a 256 px crop."""
        return float(np.linalg.norm(_points(network, crops) - _points(self.graph.to_bytes(), crops), axis=-1).mean())

    def blocks(self, step: Callable[[], None] = lambda: None) -> list[plan.Block]:
        """The blocks the landmarks depend on, with their measured sensitivity."""
        chosen = np.linspace(0, len(self.crops) - 1, _SENSITIVITY_CROPS).astype(int)
        crops = self.crops[np.unique(chosen)]
        reference = _points(self.graph.to_bytes(), crops)
        found = plan.blocks(self.graph, self.layers & plan.landmark_places(self.graph))

        def sensitivity_of(places: Collection[int]) -> float:
            network = int8.quantised(self.graph, places, self.scales)
            return float(np.linalg.norm(_points(network, crops) - reference, axis=-1).mean())

        return plan.measure_sensitivity(found, sensitivity_of, step)


def _points(network: bytes, crops: np.ndarray) -> np.ndarray:
    """(N, 33, 2) refined landmarks, px of a 256 px crop."""
    net = LandmarkNetwork(network, threads=1)
    return file_answers(net, crops)[0][:, :COUNT] * (SIZE / net.size)
