"""What a candidate costs and what it is worth: megabytes, milliseconds, error, people found."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from posetune.export.int8.crops import Calibration
from posetune.geometry import SIZE
from posetune.landmarks import AUX_CENTER, AUX_CIRCLE, COUNT
from posetune.runtime.landmark_network import LandmarkNetwork
from posetune.tune.crop_protocol import file_answers, plain_crop
from posetune.tune.people.samples import ImageCache

#: The mean error of stock networks on labelled people is 6 to 11 crop px (docs/lab/results/stock-networks.md).
#: Without labels, a distance d to the
#: float network is taken for an independent error on top of one of this size: √(e² + d²).
TYPICAL_ERROR_PX = 7.0
_PRESENT = 0.5
_ROUNDS = 15


@dataclass(frozen=True, eq=False)
class Answers:
    """A network's answers on N crops, in px of a 256 px crop. ``points``: (N, 33, 2) refined; ``aux``: (N, 2, 2);
    ``present``: (N,) bool, whether MediaPipe would report the pose.
    """

    points: np.ndarray
    aux: np.ndarray
    present: np.ndarray


@dataclass(frozen=True)
class Row:
    """One line of the trade-off table.

    ``error_px``: mean crop px, against the labels where there are any, else the distance to the float network;
    ``distance_px``: mean distance to the float network; ``increase``: of the error, 0.02 for 2 %.
    """

    name: str
    size: int
    megabytes: float
    ms: float
    error_px: float
    distance_px: float
    increase: float
    found: int
    people: int


def answer(network: bytes, calibration: Calibration) -> Answers:
    """The crop protocol on the people to measure on."""
    net, cache = LandmarkNetwork(network, threads=1), ImageCache()
    crops = np.stack([plain_crop(subject, cache, net.size).pixels for subject in calibration.check])
    points, presence = file_answers(net, crops)
    points = points * (SIZE / net.size)
    return Answers(points[:, :COUNT], points[:, [AUX_CENTER, AUX_CIRCLE]], presence > _PRESENT)


def labels(calibration: Calibration) -> tuple[np.ndarray, np.ndarray]:
    """(N, 33, 2) true points in px of a 256 px crop, and (N, 33) whether they are known."""
    points = [subject.crop.to_crop(subject.keypoints, SIZE) for subject in calibration.check]
    return np.stack(points), np.stack([subject.weight for subject in calibration.check]) > 0


def distance(a: Answers, b: Answers) -> float:
    """Mean over people and points, crop px."""
    return float(np.linalg.norm(a.points - b.points, axis=-1).mean())


def errors(found: Answers, reference: Answers, truth: tuple[np.ndarray, np.ndarray] | None) -> tuple[float, float]:
    """The error in crop px and its increase over the reference's."""
    if truth is None:
        d = distance(found, reference)
        return d, float(np.hypot(1.0, d / TYPICAL_ERROR_PX) - 1)
    points, known = truth
    mine, theirs = (np.linalg.norm(a.points - points, axis=-1)[known].mean() for a in (found, reference))
    return float(mine), float(mine / theirs - 1)


def milliseconds(networks: Mapping[str, bytes], threads: int | None) -> dict[str, float]:
    """Median time of one crop, in turns, so that what else the machine does hits all alike."""
    loaded = {name: LandmarkNetwork(content, threads) for name, content in networks.items()}
    random = np.random.default_rng(0)
    crops = {name: random.integers(0, 256, (n.size, n.size, 3), dtype=np.uint8) for name, n in loaded.items()}
    times: dict[str, list[float]] = {name: [] for name in loaded}
    for turn in range(_ROUNDS + 1):
        for name, network in loaded.items():
            begun = time.perf_counter()
            network(crops[name])
            if turn:  # the first one warms up
                times[name].append(time.perf_counter() - begun)
    return {name: float(np.median(t)) * 1e3 for name, t in times.items()}


def table(rows: Sequence[Row], labelled: bool, chosen: str | None) -> list[str]:
    """The trade-off as lines of text."""
    error = "error px" if labelled else "to float px"
    lines = [f"{'':2}{'network':16}{'MB':>7}{'ms':>8}{'speed':>8}{error:>13}{'more error':>12}{'found':>9}"]
    first = rows[0]
    for row in rows:
        mark = "→ " if row.name == chosen else "  "
        lines.append(
            f"{mark}{row.name:16}{row.megabytes:7.1f}{row.ms:8.1f}{first.ms / row.ms:7.2f}×{row.error_px:13.2f}"
            f"{row.increase:+12.1%}{row.found:5}/{row.people}"
        )
    return lines
