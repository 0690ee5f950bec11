"""A landmark network with a new head for a keypoint set of its own, as one ``.tflite``.

The backbone's operators and weights stay as they are; the segmentation branch goes; the new head's operators come behind.
What a new head reads: the *vector*, the last 2×2 map of the tower, from which the stock points are regressed, and the
*map*, at a quarter of the crop's resolution, from which the stock heatmap is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from posetune._version import __version__
from posetune.errors import PosetuneError
from posetune.graph import contract, metadata, points
from posetune.graph.build import RELU6, Builder
from posetune.graph.flatbuffer import Graph, Operator
from posetune.graph.points import OwnPoints
from posetune.landmarks import NETWORK_COUNT

_STOCK_VALUES = 5  # x, y, z, visibility, presence of each of the 39
_VALUES = 3  # x, y, visibility of each point of the new head
#: Channels of a head's own layers.
_HIDDEN = 64
_POOLED_HIDDEN = 256
#: Bins to a cell of the map, for the simcc head: 256 across a crop of 256 px.
_BINS = 4
#: The logit of an untrained map: a probability of 2 %.
_QUIET = -4.0
#: Stock is sure of most points: a fresh visibility begins at 88 %.
_VISIBLE = 2.0


@dataclass(frozen=True, eq=False)
class _Base:
    """Where a head can be joined on. ``vector``, ``map``, ``deep``: tensors; the operators make the stock outputs."""

    outputs: dict[str, int]
    regression: Operator
    heatmap: Operator
    vector: int
    map: int
    deep: int


def with_head(network: bytes, own: OwnPoints, *, warm: bool = True, seed: int = 0, half: bool = True) -> Graph:
    """``network``, a landmark network's bytes, with a head for ``own.skeleton`` of the kind ``own.head``.

    ``warm``: points that mean one of the 33 begin with the stock head's weights, where the kind of head has a counterpart
    of these; everything else begins small and random by ``seed``. ``half``: new weights as float16.

    Raises PosetuneError if it is no landmark network of MediaPipe's layout.
    """
    if own.head not in points.HEADS:
        raise PosetuneError(f"There is no head {own.head!r}; there are {', '.join(points.HEADS)}.")
    graph = Graph(network, own.base)
    contract.inline_buffers(graph, network)
    base = _find(graph)
    made = _Head(Builder(graph, half), base, own, warm, np.random.default_rng([seed, 7]))
    outputs = [base.outputs[name] for name in points.KEPT_OUTPUTS] + made.build()
    result = made.builder.finish(outputs)
    describe(result, own)
    return Graph(result.to_bytes(), own.base)


def stock_heads(graph: Graph) -> tuple[Operator, Operator]:
    """The convolutions that end in the 39 points and in the heatmap. Raises PosetuneError if it is no landmark network."""
    base = _find(graph)
    return base.regression, base.heatmap


def describe(graph: Graph, own: OwnPoints) -> None:
    """Write the keypoint set, and TFLite metadata for whoever looks into the file with other tools."""
    listed = ", ".join(own.skeleton.names)
    metadata.write(
        graph,
        metadata.Metadata(
            name="pose keypoints",
            description=f"{own.skeleton.count} keypoints on the backbone of MediaPipe Pose {own.base}: {listed}",
            version=__version__,
            author="posetune",
            inputs=(metadata.LANDMARKS_NORMALIZATION,),
            output_names=own.output_names,
        ),
    )
    points.write(graph, own)


def _find(graph: Graph) -> _Base:
    sizes = {int(np.prod(o.shape)): int(t) for o, t in zip(graph.outputs, graph.subgraph.outputs, strict=True)}
    maps = [
        int(t)
        for o, t in zip(graph.outputs, graph.subgraph.outputs, strict=True)
        if len(o.shape) == 4 and o.shape[-1] == NETWORK_COUNT
    ]
    if contract.kind_of(graph) != "landmarks" or not maps or 1 not in sizes or contract.WORLD_VALUES not in sizes:
        raise PosetuneError(f"{graph.source} is no landmark network: a new head cannot be built on it.")
    outputs = {
        "landmarks": sizes[contract.LANDMARK_VALUES],
        "presence": sizes[1],
        "heatmap": maps[0],
        "world landmarks": sizes[contract.WORLD_VALUES],
    }
    regression, heatmap = _convolution(graph, outputs["landmarks"]), _convolution(graph, outputs["heatmap"])
    vector = regression.inputs[0]
    return _Base(outputs, regression, heatmap, vector, heatmap.inputs[0], _deep(graph, vector))


def _convolution(graph: Graph, tensor: int) -> Operator:
    """The convolution that an output comes from, behind reshapes."""
    op = graph.producer(tensor)
    while op is not None and op.kind in ("RESHAPE", "DEQUANTIZE"):
        op = graph.producer(op.inputs[0])
    if op is None or op.kind != "CONV_2D":
        raise PosetuneError(f"{graph.source}: its heads are not convolutions: a new head cannot be built on it.")
    return op


def _deep(graph: Graph, vector: int) -> int:
    """The tower's first map, at 1/32 of the crop's resolution."""
    tensor, size = vector, graph.inputs[0].shape[1] // 32
    while graph.tensor_info(tensor).shape[1] < size:
        op = graph.producer(tensor)
        if op is None:
            raise PosetuneError(f"{graph.source}: its tower is not built as MediaPipe's.")
        tensor = op.inputs[0]
    return tensor


class _Head:
    """Builds one head. Every method of a kind returns its output tensors."""

    def __init__(self, builder: Builder, base: _Base, own: OwnPoints, warm: bool, random: Any) -> None:
        self.builder, self.base, self.skeleton = builder, base, own.skeleton
        self.kind, self.warm, self.random = own.head, warm, random
        self.count = own.skeleton.count
        self.size = builder.graph.inputs[0].shape[1]

    def build(self) -> list[int]:
        kinds = {"pool": [self.pool], "regression": [self.regression], "heatmap": [self.maps], "simcc": [self.simcc]}
        return [tensor for part in kinds.get(self.kind, [self.regression, self.maps]) for tensor in part()]

    def pool(self) -> list[int]:
        """Global average pooling and two dense layers."""
        side = self.builder.shape(self.base.deep)[1]
        pooled = self.builder.average_pool(self.base.deep, side, side, "posetune/pooled")
        hidden = self._dense(pooled, _POOLED_HIDDEN, "posetune/hidden", RELU6)
        _, _, _, channels = self.builder.shape(hidden)
        weight = np.zeros((self.count * _VALUES, 1, 1, channels), np.float32)
        x = self.builder.convolution(hidden, weight, self._middle(), "posetune/dense", valid=True)
        return [self.builder.reshape(x, (1, self.count * _VALUES), "posetune/points")]

    def regression(self) -> list[int]:
        """One dense layer on the flattened vector, as the stock points are regressed."""
        _, height, width, channels = self.builder.shape(self.base.vector)
        weight = np.zeros((self.count, _VALUES, height, width, channels), np.float32)
        bias = self._middle().reshape(self.count, _VALUES)
        if self.warm:
            graph = self.builder.graph
            stock = graph.constant(self.base.regression.inputs[1]).reshape(
                NETWORK_COUNT, _STOCK_VALUES, *weight.shape[2:]
            )
            stock_bias = graph.constant(self.base.regression.inputs[2]).reshape(NETWORK_COUNT, _STOCK_VALUES)
            for position, landmark in self.skeleton.body.items():
                weight[position] = stock[landmark][[0, 1, 3]]
                bias[position] = stock_bias[landmark][[0, 1, 3]]
        flat = weight.reshape(-1, height, width, channels)
        x = self.builder.convolution(self.base.vector, flat, bias.ravel(), "posetune/dense", valid=True)
        return [self.builder.reshape(x, (1, self.count * _VALUES), "posetune/points")]

    def maps(self) -> list[int]:
        """A map for each point: a linear one, which begins as stock's, plus one through layers of its own."""
        channels = self.builder.shape(self.base.map)[3]
        weight = np.zeros((self.count, 1, 1, channels), np.float32)
        bias = np.full(self.count, _QUIET, np.float32)
        if self.warm:
            graph = self.builder.graph
            stock, stock_bias = (graph.constant(t) for t in self.base.heatmap.inputs[1:3])
            for position, landmark in self.skeleton.body.items():
                weight[position], bias[position] = stock[landmark], stock_bias[landmark]
        linear = self.builder.convolution(self.base.map, weight, bias, "posetune/linear")
        zero = np.zeros((self.count, 1, 1, _HIDDEN), np.float32), np.zeros(self.count, np.float32)
        own = self.builder.convolution(self._hidden_map(), *zero, "posetune/own")
        return [self.builder.add(linear, own, "posetune/maps")]

    def simcc(self) -> list[int]:
        """Where along x and where along y, as two classifications (SimCC, Li et al., ECCV 2022), on pooled rows."""
        hidden = self._hidden_map()
        _, height, width, _ = self.builder.shape(hidden)
        made = []
        for name, window, shape in (
            ("columns", (height, 1), (1, 1, width * _BINS, self.count)),
            ("rows", (1, width), (1, height * _BINS, 1, self.count)),
        ):
            profile = self.builder.average_pool(hidden, *window, f"posetune/{name}/profile")
            profile = self._dense(profile, _HIDDEN, f"posetune/{name}/hidden", RELU6)
            bins = self._dense(profile, _BINS * self.count, f"posetune/{name}/bins")
            made.append(self.builder.reshape(bins, shape, f"posetune/{name}"))
        return made

    # --- layers ----------------------------------------------------------------------------------------------------

    def _hidden_map(self) -> int:
        spread = self._spread(self.base.map, "posetune/spread")
        return self._dense(spread, _HIDDEN, "posetune/hidden", RELU6)

    def _spread(self, x: int, name: str) -> int:
        """A depthwise 5×5 convolution that begins as the identity with a little noise."""
        channels = self.builder.shape(x)[3]
        weight = self.random.normal(0, 0.02, (1, 5, 5, channels)).astype(np.float32)
        weight[0, 2, 2] += 1
        return self.builder.depthwise(x, weight, np.zeros(channels, np.float32), name)

    def _dense(self, x: int, channels: int, name: str, activation: int = 0) -> int:
        """A 1×1 convolution with He's random weights."""
        into = self.builder.shape(x)[3]
        weight = self.random.normal(0, np.sqrt(2 / into), (channels, 1, 1, into)).astype(np.float32)
        return self.builder.convolution(x, weight, np.zeros(channels, np.float32), name, activation=activation)

    def _middle(self) -> np.ndarray:
        """(3 K,) a bias that says: in the middle of the crop, and visible."""
        return np.tile(np.array([self.size / 2, self.size / 2, _VISIBLE], np.float32), self.count)
