"""posetune: fine-tune MediaPipe Pose on your own footage and put the result back into unmodified MediaPipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from posetune._version import __version__

__all__ = ["Landmarker", "Pose", "__version__", "evaluate", "export", "load", "train"]

if TYPE_CHECKING:
    from posetune.export.file import export
    from posetune.measure.evaluate import evaluate
    from posetune.runtime.landmarker import Landmarker
    from posetune.runtime.load import load
    from posetune.runtime.pose import Pose
    from posetune.tune.training.loop import train

_WHERE = {
    "load": "posetune.runtime.load",
    "Landmarker": "posetune.runtime.landmarker",
    "Pose": "posetune.runtime.pose",
    "evaluate": "posetune.measure.evaluate",
    "train": "posetune.tune.training.loop",
    "export": "posetune.export",
}


def __getattr__(name: str) -> Any:
    """Import the public names on first use, so that ``import posetune`` costs nothing and needs no torch."""
    if name not in _WHERE:
        raise AttributeError(f"module 'posetune' has no attribute {name!r}")
    import importlib

    found = importlib.import_module(_WHERE[name])
    return found if name == "export" else getattr(found, name)  # posetune.export is a package that can be called
