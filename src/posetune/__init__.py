"""posetune: fine-tune MediaPipe Pose on your own footage and put the result back into unmodified MediaPipe.

From labels to a file for MediaPipe, as the verbs of the command line do it:

    train      tune a network, by any method
    evaluate   measure networks beside the stock ones
    compare    several networks and methods in one table
    export     a run as .task or .tflite

and in a program:

    predict         the people in one picture, a file or an array
    load            a Landmarker: landmarker.predict(image), landmarker.track(video)
    LandmarkerPool  several of the same, for threads (docs/guide/serving.md)
    Predictor       for map_batches of Ray Data, Daft or Spark (docs/guide/scale.md)
    read_image      a file as an array, turned as EXIF says
    draw            poses on an image
    Pose            what is found: pose["left_knee"], pose.angle("left_knee"), pose.to_json()
    Corrector       a small model behind MediaPipe's own result
    PosetuneError   what is raised for bad input: one sentence

Importing the package costs nothing: each name is imported on first use, and only training needs torch.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from posetune._version import __version__

if TYPE_CHECKING:
    from posetune.errors import PosetuneError
    from posetune.export.file import export
    from posetune.measure.compare import compare
    from posetune.measure.evaluate import evaluate
    from posetune.runtime.corrector import Corrector
    from posetune.runtime.draw import draw_poses as draw
    from posetune.runtime.images import read_image
    from posetune.runtime.landmarker import Landmarker
    from posetune.runtime.load import load
    from posetune.runtime.pool import LandmarkerPool
    from posetune.runtime.pose import Pose
    from posetune.runtime.predict import predict
    from posetune.runtime.predictor import Predictor
    from posetune.tune.train import train

__all__ = [
    "Corrector", "Landmarker", "LandmarkerPool", "Pose", "PosetuneError", "Predictor", "__version__", "compare", "draw", "evaluate",
    "export", "load", "predict", "read_image", "train",
]  # fmt: skip

# name -> where it stands; "" for a package that can be called
_WHERE = {
    "Corrector": ("posetune.runtime.corrector", "Corrector"),
    "Landmarker": ("posetune.runtime.landmarker", "Landmarker"),
    "LandmarkerPool": ("posetune.runtime.pool", "LandmarkerPool"),
    "Pose": ("posetune.runtime.pose", "Pose"),
    "PosetuneError": ("posetune.errors", "PosetuneError"),
    "Predictor": ("posetune.runtime.predictor", "Predictor"),
    "compare": ("posetune.measure.compare", "compare"),
    "draw": ("posetune.runtime.draw", "draw_poses"),
    "evaluate": ("posetune.measure.evaluate", "evaluate"),
    "export": ("posetune.export", ""),
    "load": ("posetune.runtime.load", "load"),
    "predict": ("posetune.runtime.predict", "predict"),
    "read_image": ("posetune.runtime.images", "read_image"),
    "train": ("posetune.tune.train", "train"),
}


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'posetune' has no attribute {name!r}")
    import importlib

    module, attribute = _WHERE[name]
    found = importlib.import_module(module)
    return getattr(found, attribute) if attribute else found


def __dir__() -> list[str]:
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
