"""Where in a picture people are looked for, and where not: polygons that a user draws."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from posetune.errors import PosetuneError
from posetune.opencv import cv2

#: Pictures whose sides' ratio differs by no more than this from that of the picture the zones were drawn on are the same view.
_SAME_VIEW = 0.02
_KEYS = ("units", "size", "look", "ignore")


@dataclass(frozen=True, eq=False)
class Zones:
    """``look``, ``ignore``: polygons (K, 2), ``size``: width and height of the picture they were drawn on, px; None: shares, 0…1 of
    any picture. Somebody belongs to a zone whose hips' middle lies in it. Without ``look`` people are looked for everywhere.
    """

    look: tuple[np.ndarray, ...] = ()
    ignore: tuple[np.ndarray, ...] = ()
    size: tuple[float, float] | None = None

    @classmethod
    def of(cls, zones: str | Path | Zones | None) -> Zones | None:
        """Zones as they are, or read from a file."""
        return cls.read(zones) if isinstance(zones, str | Path) else zones

    @classmethod
    def read(cls, path: str | Path) -> Zones:
        """A YAML or JSON file (docs/reference/runtime.md#zones). Raises PosetuneError if it is none."""
        import yaml

        path = Path(path)
        try:
            content = yaml.safe_load(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise PosetuneError(f"Cannot read the zones {path}: {error.strerror}.") from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            first = str(error).splitlines()[0]
            raise PosetuneError(f"The zones {path} are neither YAML nor JSON: {first}.") from error
        return cls.from_dict(content, str(path))

    @classmethod
    def from_dict(cls, content: Any, where: str = "zones") -> Zones:
        """What the file holds. Raises PosetuneError, naming ``where``, for anything else."""
        if not isinstance(content, dict) or not (content.get("look") or content.get("ignore")):
            raise PosetuneError(f"{where} holds no zones: give polygons under look: or under ignore:.")
        other = next((key for key in content if key not in _KEYS), None)
        if other is not None:
            raise PosetuneError(f"{where}: there is no key {other!r}; there are {', '.join(_KEYS)}.")
        size = None
        if content.get("units", "px") == "px":
            size = _size(content.get("size"), where)
        elif content["units"] != "share":
            raise PosetuneError(
                f"{where}: units are px (with size: [width, height]) or share, not {content['units']!r}."
            )
        elif content.get("size") is not None:
            raise PosetuneError(f"{where}: shares go without size.")
        look, ignore = (
            tuple(
                _polygon(p, f"{where}: {kind} {n}", size)
                for n, p in enumerate(_list(content.get(kind), where, kind), 1)
            )
            for kind in ("look", "ignore")
        )
        return cls(look, ignore, size)

    def holds(self, points_px: np.ndarray, image_size: tuple[int, int]) -> np.ndarray:
        """(N,) bool: at which of ``points_px`` (N, 2), px of a picture of ``image_size`` (width, height), people are looked for.

        Raises PosetuneError if the zones were drawn on a picture of another shape.
        """
        scale = np.array(image_size, float)
        if self.size is not None:
            ratio = (image_size[0] / image_size[1]) / (self.size[0] / self.size[1])
            if abs(math.log(ratio)) > _SAME_VIEW:
                raise PosetuneError(
                    f"The zones were drawn on a picture of {self.size[0]:g} × {self.size[1]:g} px, which has another shape than "
                    f"this one of {image_size[0]} × {image_size[1]} px: they do not say where they lie in it."
                )
            scale = scale / self.size
        points = np.asarray(points_px, float).reshape(-1, 2)
        looked_at = _inside(self.look, points, scale) if self.look else np.ones(len(points), bool)
        return looked_at & ~_inside(self.ignore, points, scale)


def _inside(polygons: Sequence[np.ndarray], points: np.ndarray, scale: np.ndarray) -> np.ndarray:
    inside = np.zeros(len(points), bool)
    for polygon in polygons:
        outline = np.float32(polygon * scale)
        inside |= np.array([cv2.pointPolygonTest(outline, p, False) >= 0 for p in points.tolist()], bool)
    return inside


def _size(size: Any, where: str) -> tuple[float, float]:
    if not (isinstance(size, list) and len(size) == 2 and all(_is_number(v) and v > 0 for v in size)):
        raise PosetuneError(
            f"{where}: say size: [width, height] of the picture that the polygons were drawn on, px; or units: share."
        )
    return float(size[0]), float(size[1])


def _list(polygons: Any, where: str, kind: str) -> list[Any]:
    if polygons is None:
        return []
    if not isinstance(polygons, list):
        raise PosetuneError(f"{where}: {kind} must be a list of polygons.")
    return polygons


def _polygon(points: Any, where: str, size: tuple[float, float] | None) -> np.ndarray:
    if isinstance(points, dict):  # with a name
        points = points.get("points")
    good = isinstance(points, list) and len(points) >= 3
    good = good and all(isinstance(p, list) and len(p) == 2 and all(map(_is_number, p)) for p in points)
    if not good:
        raise PosetuneError(f"{where} is no polygon: give three or more points [x, y].")
    polygon = np.array(points, float)
    if size is None and (np.abs(polygon) > 1.5).any():
        raise PosetuneError(f"{where} reaches beyond 0…1, and units are shares: did you mean px?")
    return polygon


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
