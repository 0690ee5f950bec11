"""Where besides at the whole picture the detector looks: half-overlapping square tiles, or as few as promise somebody."""

from __future__ import annotations

import math
from dataclasses import dataclass

from posetune.errors import PosetuneError
from posetune.geometry import Crop

#: How many tiles "auto" spends on a picture, at most: with choosing them less than six times the whole picture's time.
MOST_LOOKS = 4
#: Tiles along the long side, at most: a tile is then an eighth of it.
MOST_ALONG = 15


@dataclass(frozen=True)
class Tiles:
    """``along``: half-overlapping tiles along the long side, with coarser ones between them and the whole picture; None: "auto",
    as few as promise somebody (:mod:`posetune.runtime.search`), at most ``most`` of them and, if ``budget_ms`` is set, none begun
    after so many milliseconds of a picture, the look at the whole of it counted.

    Raises PosetuneError for numbers that mean nothing.
    """

    along: int | None = None
    most: int = MOST_LOOKS
    budget_ms: float | None = None

    def __post_init__(self) -> None:
        if self.along is not None and not 2 <= self.along <= MOST_ALONG:
            raise PosetuneError(
                f'tiles={self.along}: say "auto", "off", or how many half-overlapping tiles shall lie along the long side of a '
                f"picture, 2 to {MOST_ALONG} (2: two thirds of it wide, 3: a half, 4: two fifths)."
            )
        if self.most < 1:
            raise PosetuneError(f"At least one tile must be allowed for, not {self.most}.")
        if self.budget_ms is not None and not (math.isfinite(self.budget_ms) and self.budget_ms > 0):
            raise PosetuneError(f"The budget for tiles must be above 0 ms, not {self.budget_ms:g}.")

    @property
    def auto(self) -> bool:
        return self.along is None

    @classmethod
    def of(cls, tiles: str | int | Tiles | None, budget_ms: float | None = None) -> Tiles | None:
        """What ``tiles`` stands for: "auto", "off" or None (then None), a number along the long side, or Tiles as they are.

        Raises PosetuneError for anything else, and for a ``budget_ms`` without "auto".
        """
        if isinstance(tiles, Tiles):
            return tiles
        if isinstance(tiles, str) and tiles.isdecimal():
            tiles = int(tiles)
        if budget_ms is not None and tiles != "auto":
            raise PosetuneError(f'A budget for tiles goes with tiles="auto", not with {tiles!r}.')
        if tiles is None or tiles == "off":
            return None
        if tiles == "auto":
            return cls(budget_ms=budget_ms)
        if isinstance(tiles, int) and not isinstance(tiles, bool):
            return cls(along=tiles)
        return cls(along=_nonsense(tiles))

    def levels(self) -> list[int]:
        """Tiles along the long side, level by level from coarse to fine: each about twice as fine as the one before."""
        levels = []
        along = self.along or 0
        while along >= 2:
            levels.append(along)
            along = (along + 1) // 2 if along > 3 else 0
        return levels[::-1]


def _nonsense(tiles: object) -> int:
    raise PosetuneError(
        f'tiles={tiles!r}: say "auto", "off", or how many half-overlapping tiles shall lie along the long side of a picture.'
    )


def whole(width: int, height: int) -> Crop:
    """The square that MediaPipe's detector is shown: the whole picture of ``width`` × ``height`` px."""
    return Crop(width / 2, height / 2, float(max(width, height)))


def side_of(along: int, width: int, height: int) -> float:
    """How wide a tile is, px, if ``along`` of them lie half-overlapping along the long side."""
    return 2 * max(width, height) / (along + 1)


def grid(along: int, width: int, height: int) -> list[Crop]:
    """Tiles that overlap by half or more and cover a picture of ``width`` × ``height`` px, row by row, ``along`` of them along its
    long side. Tiles are as tall as wide: where the picture is less tall, they reach beyond it and stand in one row.
    """
    side = side_of(along, width, height)
    return [Crop(x, y, side) for y in _middles(height, side) for x in _middles(width, side)]


def _middles(length: int, side: float) -> list[float]:
    if length <= side:
        return [length / 2]
    count = math.ceil((length - side) / (side / 2) - 1e-6) + 1
    return [side / 2 + (length - side) * k / (count - 1) for k in range(count)]
