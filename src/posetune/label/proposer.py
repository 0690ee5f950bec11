"""Who says where people are: our networks, or predictions that another program made."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from posetune import stock
from posetune.data.predictions import Predictions
from posetune.errors import PosetuneError
from posetune.graph.points import has_own_points
from posetune.label.footage import Footage
from posetune.label.prelabel import Proposal, found_in, proposal, proposals
from posetune.runtime.by_picture import Ids, no_ids
from posetune.runtime.detector import Detection
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.load import load
from posetune.runtime.pose import MIN_VISIBILITY
from posetune.runtime.tiles import Tiles

#: A detector is asked for faces with less than its usual confidence: one too many blurred does no harm.
_FACE_CONFIDENCE = 0.3
#: The network that looks at all candidates: for how a pose differs from others it is good enough.
_QUICK = "lite"
#: Raised when the same network would say something else than before.
_VERSION = 1


class Proposer(Protocol):
    """``network``: sha256 of the network that proposes, for the origin, None for predictions from elsewhere, which ``source``
    names; ``most``: people that are looked for in an image. ``looks_by``, ``made_by``: names of what looks and proposes and how,
    in file names.
    """

    network: str | None
    source: str | None
    most: int
    looks_by: str
    made_by: str

    def frames_of(self, footage: Footage) -> frozenset[int] | None:
        """The frames of a video that something can be said of; None for all."""

    def find(self, rgb: np.ndarray, footage: Footage, frame: int | None) -> list[np.ndarray]:
        """(33, 2) image px of the people in a frame, NaN where not known: a quick look."""

    def propose(self, rgb: np.ndarray, footage: Footage, frame: int | None) -> list[Proposal]:
        """The people in a frame as labels."""

    def heads(self, rgb: np.ndarray) -> Sequence[Detection]:
        """Where else somebody may be."""


class NetworkProposer:
    """Our detector and landmark networks."""

    def __init__(
        self,
        model: str = "heavy",
        *,
        detector: str | None = None,
        tiles: Tiles | None = None,
        most: int = 10,
        threads: int | None = None,
    ) -> None:
        """``model``, ``detector``: as for ``runtime.load``.

        Raises PosetuneError if there is no such network, or it has points of its own.
        """
        if most < 1:
            raise PosetuneError(f"--people wants 1 or more, not {most}.")
        networks = stock.resolve(model)
        if has_own_points(networks.landmarks):
            raise PosetuneError(f"{model} has points of its own; prelabels are MediaPipe's 33: give another --model.")
        if detector is not None:
            networks = networks.with_detector(stock.detector_of(detector))
        self.network: str | None = networks.sha256
        self.source: str | None = None
        self.most = most
        self._tiles = tiles
        self._landmarker = load(networks, threads=threads, crowd=True)
        quick = stock.resolve(_QUICK).with_detector(networks.detector)
        self._quick = load(quick, threads=threads, crowd=True)
        how = repr((hashlib.sha256(networks.detector).hexdigest(), tiles, most, _VERSION))
        self.looks_by = _short(quick.sha256 + how)
        self.made_by = _short(networks.sha256 + hashlib.sha256(networks.corrector or b"").hexdigest() + how)

    def frames_of(self, footage: Footage) -> frozenset[int] | None:
        return None

    def find(self, rgb: np.ndarray, footage: Footage, frame: int | None) -> list[np.ndarray]:
        return [pose.landmarks_px[:, :2] for pose in found_in(self._quick, rgb, self.most, self._tiles)]

    def propose(self, rgb: np.ndarray, footage: Footage, frame: int | None) -> list[Proposal]:
        return proposals(self._landmarker, rgb, found_in(self._landmarker, rgb, self.most, self._tiles))

    def heads(self, rgb: np.ndarray) -> Sequence[Detection]:
        return self._landmarker.detect(rgb, self._tiles, min_score=_FACE_CONFIDENCE)


class PredictionProposer:
    """Predictions that another program made."""

    def __init__(self, path: Path, names: Sequence[str] | None = None, ids: Ids = no_ids, most: int = 10) -> None:
        """As for ``Predictions.read``, which raises PosetuneError for what is none."""
        self.network: str | None = None
        self.source: str | None = path.name
        self.most = most
        self._predictions = Predictions.read(path, names, ids)
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        self.looks_by = self.made_by = _short(repr((content, tuple(names or ()), most, _VERSION)))
        self._heads: Landmarker | None = None

    @property
    def unused(self) -> int:
        """How many pictures the predictions are of that were not among the footage, or not looked at."""
        return len(self._predictions.people.unused)

    def frames_of(self, footage: Footage) -> frozenset[int] | None:
        return self._predictions.frames_of(footage.name) if footage.is_video else None

    def find(self, rgb: np.ndarray, footage: Footage, frame: int | None) -> list[np.ndarray]:
        return [p.points_px for p in self._predictions.of(footage.name, frame)[: self.most]]

    def propose(self, rgb: np.ndarray, footage: Footage, frame: int | None) -> list[Proposal]:
        size = (rgb.shape[1], rgb.shape[0])
        people = self._predictions.of(footage.name, frame)[: self.most]
        made = (proposal(p.points_px, p.confidence >= MIN_VISIBILITY, p.confidence, p.score, size) for p in people)
        return [one for one in made if one is not None]

    def heads(self, rgb: np.ndarray) -> Sequence[Detection]:
        self._heads = self._heads or load(_QUICK, crowd=True)
        return self._heads.detect(rgb, min_score=_FACE_CONFIDENCE)


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:10]
