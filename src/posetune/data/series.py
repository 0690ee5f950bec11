"""Frames of one video that nobody says are such: images of one numbered series whose neighbours look alike."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from posetune.data.people import ImageRecord
from posetune.opencv import cv2

#: Images are alike if the brightness of so many cells a side correlates beyond this: neighbours in a video do.
_CELLS, _ALIKE = 16, 0.8
#: So many images are all looked at; of more, pairs are sampled, and a series is one if most of its pairs are alike.
_MOST_LOOKED_AT, _SAMPLED_PAIRS = 5000, 500
#: Neighbours whose numbers are farther apart are no frames of one clip, and not looked at.
_WIDEST_GAP = 1000

#: What Roboflow makes of "a.jpg": "a_jpg.rf.<hash>.jpg", with another hash for each augmented copy.
_ROBOFLOW = re.compile(r"[_.-](?:jpe?g|png|bmp|webp)\.rf\.[0-9A-Za-z]+$")


def place_in_series(file: Path) -> tuple[str, int, str]:
    """What an image shares with others of its series (its path without the last number), its place in it, and its name."""
    stem = _ROBOFLOW.sub("", file.stem)
    match = re.fullmatch(r"(.*?)(\d+)(\D*)", stem, re.ASCII)
    if match is None:
        return str(file.with_name(stem)), 0, file.name
    before, number, behind = match.groups()
    return str(file.with_name(f"{before}#{behind}")), int(number), file.name


def look_alike(first: Path, second: Path) -> bool:
    """Whether two images show the same to the squint eye."""
    a, b = _thumbnail(*_state(first)), _thumbnail(*_state(second))
    return a is not None and b is not None and float((a * b).mean()) > _ALIKE


def series_groups(images: Sequence[ImageRecord]) -> dict[Path, str]:
    """Path → group, for the images that are not alone in theirs.

    Images of one folder whose names differ in their last number alone stand in the order of that number; neighbours that look
    alike share a group. So do the copies that Roboflow's augmentation makes of one image.
    """
    order = sorted({image.path for image in images}, key=place_in_series)
    pairs = [(a, b) for a, b in itertools.pairwise(order) if _neighbours(a, b)]
    if len(pairs) > _MOST_LOOKED_AT:
        alike = _sampled(pairs)
    else:
        alike = {pair for pair in pairs if _copies(*pair) or look_alike(*pair)}
    groups: dict[Path, str] = {}
    for a, b in pairs:
        if (a, b) in alike:
            groups[b] = groups.setdefault(a, f"series:{a.with_suffix('')}")
    return groups


def _neighbours(a: Path, b: Path) -> bool:
    (series, number, _), (other, next_number, _) = place_in_series(a), place_in_series(b)
    return series == other and next_number - number <= _WIDEST_GAP


def _copies(a: Path, b: Path) -> bool:
    return place_in_series(a)[:2] == place_in_series(b)[:2] and _ROBOFLOW.search(a.stem) is not None


def _sampled(pairs: Sequence[tuple[Path, Path]]) -> set[tuple[Path, Path]]:
    """The pairs of the series in which most of a sample of pairs are alike."""
    votes: dict[str, list[bool]] = {}
    for a, b in pairs[:: max(1, len(pairs) // _SAMPLED_PAIRS)]:
        votes.setdefault(place_in_series(a)[0], []).append(look_alike(a, b))
    every = [vote for of_series in votes.values() for vote in of_series]
    usual = sum(every) > len(every) / 2  # of a series that no pair was taken from
    like = {series: sum(v) > len(v) / 2 for series, v in votes.items()}
    return {(a, b) for a, b in pairs if like.get(place_in_series(a)[0], usual) or _copies(a, b)}


def _state(file: Path) -> tuple[str, int]:
    try:
        return str(file), file.stat().st_mtime_ns
    except OSError:
        return str(file), 0


@functools.lru_cache(maxsize=20_000)
def _thumbnail(file: str, _changed: int) -> np.ndarray | None:
    """A few grey cells, standardised; None for a damaged file and for one of a single brightness."""
    try:
        content = np.fromfile(file, np.uint8)
        image = cv2.imdecode(content, cv2.IMREAD_REDUCED_GRAYSCALE_4) if content.size else None
    except (OSError, cv2.error):
        return None
    if image is None:
        return None
    cells = cv2.resize(image, (_CELLS, _CELLS), interpolation=cv2.INTER_AREA).astype(np.float64)
    return (cells - cells.mean()) / cells.std() if cells.std() > 1 else None
