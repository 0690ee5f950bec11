"""The shortest way from a picture to its people."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from posetune.errors import PosetuneError
from posetune.runtime.detector import DEFAULT_MAX_PEOPLE
from posetune.runtime.images import read_image
from posetune.runtime.load import load
from posetune.runtime.media import kind_of
from posetune.runtime.pose import Pose
from posetune.runtime.tiles import Tiles
from posetune.runtime.zones import Zones


def predict(
    image: str | Path | np.ndarray,
    model: str | Path = "full",
    *,
    max_people: int = DEFAULT_MAX_PEOPLE,
    tiles: str | int | Tiles | None = "off",
    zones: str | Path | Zones | None = None,
    boxes: Any = None,
    **options: Any,
) -> list[Pose]:
    """The people in one picture, best detection first.

    ``image``: an image file, or RGB (H, W, 3), grayscale (H, W) or RGBA (H, W, 4), uint8. ``model`` and ``options``: as
    :func:`posetune.load` takes them; the others as :meth:`Landmarker.predict` does.

    Loads the networks anew (a fraction of a second): for more than a few pictures, and for
    videos, load them once and call ``predict`` or ``track`` of what :func:`posetune.load` gives.

    Raises PosetuneError for what is no image, and as :func:`posetune.load` does.
    """
    if isinstance(image, str | Path):
        path = Path(image)
        if path.is_dir():
            raise PosetuneError(
                f"{path} is a folder: predict takes one picture; on a command line, posetune predict {path}."
            )
        if path.is_file() and kind_of(path) == "video":
            raise PosetuneError(f"{path} is a video: follow its people with posetune.load(…).track({str(path)!r}).")
        image = read_image(path)
    with load(model, **options) as landmarker:
        return landmarker.predict(image, max_people, tiles=tiles, zones=zones, boxes=boxes)
