"""Which networks are measured: those that were asked for, and the stock networks that stand beside them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posetune import stock
from posetune.errors import PosetuneError
from posetune.graph.flatbuffer import Graph
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.load import of_networks

#: Convolution weights of the stock networks, to tell what a tuned file was made of.
_STOCK_WEIGHTS = {"lite": 1.36e6, "full": 3.17e6, "heavy": 13.75e6}


@dataclass(frozen=True)
class Entry:
    """One line of the tables. ``kind``: "stock", "offset" or "model"; ``base``: the stock network it is held against.

    ``trained_on``, ``chosen_on``: how many of the people measured a model was trained on, and how many it held out and chose
    its result on; None: nobody wrote it down.
    """

    name: str
    kind: str
    base: str
    trained_on: int | None = None
    chosen_on: int | None = None


@dataclass(frozen=True, eq=False)
class Beside:
    """``networks``: name → what answers; ``sources``: name → the files behind it; ``entries``: in the order of the tables;
    ``skipped``: name of a stock network → why it is not there.
    """

    networks: dict[str, Landmarker]
    sources: dict[str, stock.Networks]
    entries: list[Entry]
    skipped: dict[str, str]


def named(models: Sequence[str | Path]) -> dict[str, stock.Networks]:
    """Name in the tables → what ``stock.resolve`` makes of a model, without those that are stock networks."""
    found: dict[str, stock.Networks] = {}
    for networks in map(stock.resolve, models):
        if not networks.is_stock:
            found[_unused(networks.name, list(found))] = networks
    return found


def behind_detector(models: Sequence[str | Path], detector: str | Path) -> dict[str, stock.Networks]:
    """Name in the tables → a model (stock full without one) behind another detector, as in ``stock.detector_of``."""
    content = stock.detector_of(detector)
    found: dict[str, stock.Networks] = {}
    for networks in map(stock.resolve, models or ["full"]):
        name = (
            f"{networks.name} + {Path(detector).expanduser().resolve().stem if Path(detector).exists() else detector}"
        )
        found[_unused(name, list(found))] = networks.with_detector(content)
    return found


def networks_beside(models: Mapping[str, stock.Networks], stock_names: Sequence[str], threads: int | None) -> Beside:
    """Load ``models`` (see :func:`named`) and the stock networks: those in ``stock_names``, full, and the models' bases.

    Raises PosetuneError if full or a base cannot be had; other stock networks are skipped.
    """
    given = [(name, found, stock_base(found.landmarks)) for name, found in models.items()]
    needed = {base for _, _, base in given} | {"full"}
    beside = Beside({}, {}, [], {})
    for name in (n for n in stock.LANDMARK_NAMES if n in stock_names or n in needed):
        try:
            found = stock.resolve(name)
        except PosetuneError as error:
            if name in needed:
                raise
            beside.skipped[name] = str(error)
            continue
        given.append((name, found, name))
    given.sort(key=lambda one: one[0] != one[2])  # stock first
    for name, found, base in given:
        beside.networks[name] = of_networks(found, name=name, threads=threads)
        beside.sources[name] = found
        beside.entries.append(Entry(name, "stock" if name == base else "model", base))
    return beside


def stock_base(landmarks: bytes) -> str:
    """ "lite", "full" or "heavy": which stock network a landmark network was made of, by the number of its
    weights.
    """
    model = Graph.read(landmarks).model
    weights = sum(
        math.prod(int(n) for n in tensor.shape)
        for tensor in model.subgraphs[0].tensors
        if tensor.shape is not None and len(tensor.shape) == 4 and _has_data(model.buffers[tensor.buffer])
    )
    return min(_STOCK_WEIGHTS, key=lambda name: abs(math.log(max(weights, 1) / _STOCK_WEIGHTS[name])))


def _has_data(buffer: Any) -> bool:
    return (buffer.data is not None and len(buffer.data) > 0) or bool(getattr(buffer, "size", 0))


def _unused(name: str, used: Sequence[str]) -> str:
    """A name for a table that is neither a stock network's nor taken."""
    taken = {*used, *stock.LANDMARK_NAMES}
    candidates = [name, *(f"{name} ({n})" for n in range(2, len(taken) + 3))]
    return next(c for c in candidates if c not in taken)
