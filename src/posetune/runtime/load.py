"""A landmarker of a name, a run folder or a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from posetune import stock
from posetune.graph.points import has_own_points
from posetune.runtime.corrector import Corrector
from posetune.runtime.detector import MIN_DETECTION_CONFIDENCE
from posetune.runtime.landmarker import MIN_PRESENCE_CONFIDENCE, Landmarker
from posetune.runtime.own_points import OwnLandmarker
from posetune.stock import Networks


def load(
    model: str | Path | Networks = "full",
    *,
    detector: str | Path | None = None,
    threads: int | None = None,
    min_detection_confidence: float = MIN_DETECTION_CONFIDENCE,
    min_presence_confidence: float = MIN_PRESENCE_CONFIDENCE,
    segmentation: bool = False,
    backend: str = "litert",
    crowd: bool = False,
) -> Landmarker:
    """A landmarker for "lite", "full", "heavy", a run folder, a ``.tflite`` landmark network or a
    ``.task`` bundle (or the Networks of ``stock.resolve``).

    ``detector``: what finds the people: "stock", a tuned detector's run folder, a detector's ``.tflite``, or a ``.task`` bundle,
    whose detector it is; None: that of ``model`` if it is a bundle, else stock's. ``threads``: None for as many as there are
    processors (at most 4). ``segmentation``: give every pose a mask, for a third to three quarters more of the network's time.
    ``backend``: "litert", or "openvino" (an extra), which is faster on some processors and starts half a second later.
    ``crowd``: tell people apart whose chests are close, whom MediaPipe takes for one. Raises PosetuneError if there is no such
    network and it cannot be fetched, or it cannot run.
    """
    networks = stock.resolve(model)
    return of_networks(
        networks if detector is None else networks.with_detector(stock.detector_of(detector)),
        threads=threads,
        min_detection_confidence=min_detection_confidence,
        min_presence_confidence=min_presence_confidence,
        segmentation=segmentation,
        backend=backend,
        crowd=crowd,
    )


def of_networks(networks: Networks, *, name: str | None = None, **options: Any) -> Landmarker:
    """The landmarker that ``networks`` (of ``stock.resolve``) make up, with the corrector that stands behind them; for
    a network with points of its own, a ``runtime.own_points.OwnLandmarker``.

    ``name``: another than theirs; ``options``: as for :class:`Landmarker`.
    """
    if has_own_points(networks.landmarks):
        return OwnLandmarker(networks.landmarks, networks.detector, name=name or networks.name, **options)
    corrector = None
    if networks.corrector is not None:
        corrector = Corrector.from_bytes(networks.corrector, f"the corrector beside {networks.path}")
    name = networks.name if name is None else name
    return Landmarker(networks.landmarks, networks.detector, name=name, corrector=corrector, **options)
