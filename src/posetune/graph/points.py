"""What a network with its own keypoint set says of itself: a JSON inside the file, beside the TFLite metadata.

Such a network is a landmark network with a new head: of the stock outputs it keeps the 39 points, presence, heatmap and
world landmarks, which carry the tracking, and the new head's outputs stand behind them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from posetune.errors import PosetuneError
from posetune.skeleton import Skeleton

if TYPE_CHECKING:  # the runtime asks only whether there is such an entry: the schema would double its start-up
    from posetune.graph.flatbuffer import Graph

ENTRY = "POSETUNE_KEYPOINTS"  # the name of the Model.metadata entry whose buffer holds the JSON
_FORMAT = 1
#: The stock outputs that stay, in this order, under MediaPipe's names in ``contract.LANDMARK_OUTPUTS``.
KEPT_OUTPUTS = ("landmarks", "presence", "heatmap", "world landmarks")
#: What the outputs of the new head are called, by kind of head.
#: points: (1, 3 K) x, y in crop px and a visibility logit. maps: (1, h, w, K) logits, a cell stands at its index.
#: columns, rows: (1, 1, n, K) and (1, n, 1, K) logits of x and of y in n bins across the crop.
HEAD_OUTPUTS: dict[str, tuple[str, ...]] = {
    "pool": ("points",),
    "regression": ("points",),
    "heatmap": ("maps",),
    "simcc": ("columns", "rows"),
    "both": ("points", "maps"),
}
HEADS = tuple(HEAD_OUTPUTS)


@dataclass(frozen=True, eq=False)
class OwnPoints:
    """``skeleton``: the keypoint set. ``head``: which of HEADS. ``base``: the network whose backbone it is, for people."""

    skeleton: Skeleton
    head: str
    base: str

    @property
    def output_names(self) -> tuple[str, ...]:
        """Of the whole file, in order."""
        return KEPT_OUTPUTS + HEAD_OUTPUTS[self.head]


def has_own_points(content: bytes) -> bool:
    """Whether a ``.tflite`` is such a network, without reading it all."""
    return ENTRY.encode() in content


def read(content: bytes | Graph, source: str = "network") -> OwnPoints | None:
    """The keypoint set inside a network; None for MediaPipe's own.

    Raises PosetuneError if there is one but it is damaged or of a later posetune.
    """
    if isinstance(content, bytes) and not has_own_points(content):
        return None
    from posetune.graph.flatbuffer import Graph

    graph = content if isinstance(content, Graph) else Graph(content, source)
    for entry in graph.model.metadata or []:
        if _text(entry.name) == ENTRY:
            data = graph.model.buffers[entry.buffer].data
            return _parse(b"" if data is None else bytes(data), graph.source)
    return None


def _parse(data: bytes, source: str) -> OwnPoints:
    try:
        content: dict[str, Any] = json.loads(data)
        if content["format"] > _FORMAT:
            raise PosetuneError(f"{source} was made by a later posetune; install that to use it.")
        if content["head"] not in HEADS:
            raise ValueError(f"unknown head {content['head']}")
        return OwnPoints(Skeleton.from_json(content), content["head"], str(content["base"]))
    except (ValueError, KeyError, TypeError) as error:
        raise PosetuneError(f"{source}: what it says of its keypoints is damaged ({error}).") from error


def write(graph: Graph, points: OwnPoints) -> None:
    """Put ``points`` into a network; ``to_bytes`` then packs the file anew."""
    from posetune.graph.flatbuffer import schema

    content = {"format": _FORMAT, "head": points.head, "base": points.base, **points.skeleton.as_json()}
    buffer, entry = schema.BufferT(), schema.MetadataT()
    buffer.data = np.frombuffer(json.dumps(content).encode(), np.uint8)
    entry.name, entry.buffer = ENTRY, len(graph.model.buffers)
    graph.model.buffers.append(buffer)
    others = [e for e in graph.model.metadata or [] if _text(e.name) != ENTRY]
    graph.model.metadata = [*others, entry]
    graph.mark_restructured()


def _text(name: Any) -> str:
    return name.decode("utf-8", "replace") if isinstance(name, bytes) else str(name or "")
