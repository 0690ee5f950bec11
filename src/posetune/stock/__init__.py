"""Where Google's networks come from: fetched, verified, cached; or taken out of an official ``.task``."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path

from posetune.errors import PosetuneError
from posetune.files import read_bytes
from posetune.graph import bundle
from posetune.stock import cache
from posetune.stock.fetch import fetch
from posetune.stock.pins import LANDMARK_NAMES, PINS, Pin

__all__ = [
    "LANDMARK_NAMES", "PINS", "RUN_CORRECTOR", "RUN_DETECTOR", "RUN_NETWORK", "Networks", "Pin", "detector_of", "fetch", "path",
    "pin", "resolve",
]  # fmt: skip

#: The file of a run folder that holds the finished network.
RUN_NETWORK = "model.tflite"
#: The file of a run folder that holds the corrector behind that network, if it is a corrector's run.
RUN_CORRECTOR = "corrector.npz"
#: The file of a run folder that holds the tuned detector, if it is a detector's run.
RUN_DETECTOR = "detector.tflite"
_ASSETS = resources.files("posetune.stock").joinpath("assets")
_SURER_IN_TILES = 0.6


@dataclass(frozen=True)
class Networks:
    """A landmark network and the detector that goes with it.

    ``landmarks`` and ``detector`` are the bytes of ``.tflite`` files; ``name`` is for tables; ``path`` is
    where the landmark network was found; ``sha256`` is that of ``landmarks``; ``corrector`` is the content of
    a corrector's file to run behind it (``runtime.corrector``), or None.
    """

    landmarks: bytes
    name: str
    path: Path
    sha256: str
    _detector: bytes | None = field(default=None, repr=False)
    corrector: bytes | None = field(default=None, repr=False)

    @property
    def detector(self) -> bytes:
        """The bundle's detector, or the stock one, fetched on first use: measuring crops needs none."""
        if self._detector is None:
            object.__setattr__(self, "_detector", path("detector").read_bytes())
        assert self._detector is not None
        return self._detector

    def with_detector(self, detector: bytes) -> Networks:
        """The same landmark network behind another detector, the bytes of a ``.tflite``."""
        return replace(self, _detector=detector)

    @property
    def is_stock(self) -> bool:
        """True if the landmark network is one of the pinned files, and nothing stands behind it."""
        return self.corrector is None and any(self.sha256 == pinned.sha256 for pinned in PINS.values())


def path(name: str) -> Path:
    """The verified file of a stock network ("detector", "lite", "full", "heavy"), fetched if missing.

    A file imported from an official bundle serves where the pinned one is not in the cache.

    Raises PosetuneError for another name, and when it is missing and cannot be fetched.
    """
    return cache.available(pin(name).name) or fetch([name])[name]


def pin(name: str) -> Pin:
    """The facts of a stock network. Raises PosetuneError for another name."""
    if name not in PINS:
        raise PosetuneError(f"There is no stock network {name!r}; there are {', '.join(PINS)}.")
    return PINS[name]


def resolve(model: str | Path | Networks) -> Networks:
    """The networks that ``model`` means.

    ``model``: "lite", "full" or "heavy"; a run folder (with a ``model.tflite`` in it, and the ``corrector.npz``
    behind it, if there is one); a landmark network (``.tflite``); or a ``.task`` bundle. Anything but a bundle
    goes with the stock detector. A stock name wins over a file or folder of that name: write ``./full`` for the
    latter. Networks come back as they are.

    Raises PosetuneError if it is none of these or cannot be read.
    """
    if isinstance(model, Networks):
        return model
    if not isinstance(model, (str, os.PathLike)) or not os.fspath(model):
        raise PosetuneError(
            f"A model is {', '.join(LANDMARK_NAMES)}, a run folder, a .tflite or a .task, given as text or a path, not {model!r}."
        )
    if isinstance(model, str) and model in LANDMARK_NAMES:
        found = path(model)
        return _networks(found.read_bytes(), model, found)
    given = Path(os.path.expanduser(model))
    if given.is_dir():
        network = given / RUN_NETWORK
        if not network.is_file() and (given / RUN_DETECTOR).is_file():
            raise PosetuneError(
                f"{given} is a detector's run; give a landmark network, and this as --detector {given}."
            )
        if not network.is_file():
            raise PosetuneError(
                f"{given} holds no {RUN_NETWORK}: it is not a run folder, or its training has not finished "
                "(posetune train --resume finishes one)."
            )
        networks = _networks(read_bytes(network), given.resolve().name, network)
        behind = given / RUN_CORRECTOR
        return replace(networks, corrector=read_bytes(behind)) if behind.is_file() else networks
    if not given.exists():
        hint = f"; the stock networks are {', '.join(LANDMARK_NAMES)}" if given.suffix == "" else ""
        raise PosetuneError(f"There is no network {model}: no such file or run folder{hint}.")
    content = read_bytes(given)
    if content[:2] == b"PK":
        parts = bundle.unpack(content, str(given))
        return Networks(parts.landmarks, given.stem, given, cache.sha256(parts.landmarks), parts.detector)
    if content[4:8] != b"TFL3":
        raise PosetuneError(
            f"{given} is neither a .tflite network nor a .task bundle; posetune doctor {given} says more."
        )
    return _networks(content, given.stem, given)


def surer_in_tiles(detector: bytes) -> float:
    """How much surer ``detector`` (a ``.tflite``) must be of somebody in a tile than in the whole picture, of its logit: for the
    one that comes with posetune what was measured with it, else what was with stock's (docs/lab/results/tiles.md).
    """
    many = _ASSETS.joinpath("many.tflite")
    if not many.is_file() or many.read_bytes() != detector:
        return _SURER_IN_TILES
    return float(json.loads(_ASSETS.joinpath("many.json").read_text(encoding="utf-8"))["surer_in_tiles"])


def detector_of(name: str | Path) -> bytes:
    """The detector that ``name`` means, the bytes of a ``.tflite``.

    ``name``: "stock"; "many", posetune's own for people who are many, small or bent, where the package has it; the run folder
    of a detector; a detector (``.tflite``); or a ``.task`` bundle, whose detector it is.

    Raises PosetuneError if it is none of these or cannot be read.
    """
    if name == "stock":
        return path("detector").read_bytes()
    if name == "many":
        own = _ASSETS.joinpath("many.tflite")
        if not own.is_file():
            raise PosetuneError("This copy of posetune has no detector named many; scripts/make_many.py trains it.")
        return own.read_bytes()
    given = Path(os.path.expanduser(name))
    if given.is_dir():
        if not (given / RUN_DETECTOR).is_file():
            raise PosetuneError(
                f"{given} holds no {RUN_DETECTOR}: it is not a detector's run (posetune train --detector), or its training has "
                "not finished."
            )
        return read_bytes(given / RUN_DETECTOR)
    if not given.exists():
        raise PosetuneError(
            f"There is no detector {name}: give stock, many, a detector's run folder, a .tflite or a .task."
        )
    content = read_bytes(given)
    if content[:2] == b"PK":
        return bundle.unpack(content, str(given)).detector
    from posetune.graph import contract  # reading a graph takes the schema, which no other start needs
    from posetune.graph.flatbuffer import Graph

    if content[4:8] != b"TFL3" or contract.kind_of(Graph(content, str(given))) != "detector":
        raise PosetuneError(f"{given} is no detector; posetune doctor {given} says more.")
    return content


def _networks(landmarks: bytes, name: str, where: Path) -> Networks:
    return Networks(landmarks, name, where, cache.sha256(landmarks))
