"""A part of what was learned: the straight way between the network that training began from and the one it ended with."""

from __future__ import annotations

import numpy as np

from posetune.errors import PosetuneError
from posetune.graph.flatbuffer import Graph

#: Shares of what was learned that are tried, the largest first, where all of it forgets too much (Wortsman et al. 2022, WiSE-FT: on
#: the way from the one to the other, more is kept than is lost).
SHARES = (0.7, 0.5, 0.35)


def softened(base: bytes, tuned: bytes, share: float) -> bytes:
    """The network whose weights lie ``share`` of the way from ``base`` to ``tuned``, both the content of a ``.tflite``.

    Raises PosetuneError where they are not of one layout.
    """
    first, last = Graph(base, "the base"), Graph(tuned, "the tuned network")
    count = len(last.subgraph.tensors)
    done: set[int] = set()
    if len(first.subgraph.tensors) != count:
        raise PosetuneError("The tuned network is not of its base's layout.")
    for tensor in range(count):
        stored = last.storage_tensor(tensor)
        if stored in done or not last.is_constant(tensor) or last.stored_dtype(tensor).kind != "f":
            continue
        if last.subgraph.tensors[stored].sparsity is not None and stored == tensor:
            continue  # its dense form, behind DENSIFY, is the one to set
        done.add(stored)
        before, after = first.constant(tensor), last.constant(tensor)
        if before.shape != after.shape:
            raise PosetuneError("The tuned network is not of its base's layout.")
        if not np.array_equal(before, after):
            last.set_constant(tensor, (before + np.float32(share) * (after - before)).astype(after.dtype))
    return last.to_bytes()
