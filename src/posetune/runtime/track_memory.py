"""What a tracker remembers, as bytes: another process goes on with the next frame as if it had seen all before it.

For work on long videos that is done in pieces, and for live frames that any of several workers may get. It is JSON, which can do
nothing but say numbers, so that a file or a network that changed it does no worse than spoil a result.
"""

from __future__ import annotations

import base64
import json
from typing import Any

import numpy as np

from posetune.errors import PosetuneError
from posetune.geometry import Crop
from posetune.runtime.rect import Rect
from posetune.runtime.smooth import OneEuro, OneEuroFilter, PoseSmoother
from posetune.runtime.track import Tracker, _Person
from posetune.runtime.video_looks import VideoLooks, _Lost

#: What is remembered, by name.
_KINDS: dict[str, type] = {
    kind.__name__: kind for kind in (_Person, Rect, Crop, PoseSmoother, OneEuroFilter, OneEuro, VideoLooks, _Lost)
}
#: What whoever goes on brings along, and what follows from the rest.
_LEFT_OUT = {"_landmarker", "_tiles", "_zones", "_axes", "_max_people", "_smoothing", "_look_every"}


def memory_of(tracker: Tracker) -> bytes:
    """All that ``tracker`` remembers of the frames so far."""
    content = {name: _plain(value) for name, value in vars(tracker).items() if name not in _LEFT_OUT}
    looks = tracker._landmarker
    if isinstance(looks, VideoLooks):
        content["looks"] = _plain(looks)
    return json.dumps(content, separators=(",", ":")).encode()


def remember(tracker: Tracker, memory: bytes) -> None:
    """Have ``tracker``, made as the one that ``memory`` is of, go on from there.

    Raises PosetuneError where that is no such memory.
    """
    try:
        content = {name: _object(value) for name, value in json.loads(memory).items()}
        looks = content.pop("looks", None)
        if content.keys() != vars(tracker).keys() - _LEFT_OUT:
            raise ValueError("of another version")
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise PosetuneError(f"This is no memory of a tracker: {error}.") from error
    vars(tracker).update(content)
    if looks is not None and isinstance(tracker._landmarker, VideoLooks):
        vars(tracker._landmarker).update(vars(looks))


def _plain(value: Any) -> Any:
    """``value`` as JSON has it. Numbers keep their last bit."""
    if isinstance(value, np.ndarray | np.generic):  # before float, which np.float64 is as well
        array = np.ascontiguousarray(value)
        return {"array": [array.dtype.str, list(np.shape(value)), base64.b64encode(array.tobytes()).decode()]}
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, list):
        return [_plain(v) for v in value]
    if isinstance(value, tuple):
        return {"tuple": [_plain(v) for v in value]}
    fields = {name: _plain(v) for name, v in vars(value).items() if name not in _LEFT_OUT}
    return {"is": type(value).__name__, "of": fields}


def _object(plain: Any) -> Any:
    if isinstance(plain, list):
        return [_object(v) for v in plain]
    if not isinstance(plain, dict):
        return plain
    if "tuple" in plain:
        return tuple(_object(v) for v in plain["tuple"])
    if "array" in plain:
        kind, shape, data = plain["array"]
        array = np.frombuffer(base64.b64decode(data), np.dtype(kind)).reshape(shape)
        return array.copy() if shape else array.reshape(())[()]
    made: Any = object.__new__(_KINDS[plain["is"]])
    vars(made).update({name: _object(v) for name, v in plain["of"].items()})
    return made
