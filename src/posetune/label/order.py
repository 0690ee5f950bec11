"""In which order images are looked at: frames of one clip one after the other, whenever they came into the set."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

T = TypeVar("T")


def in_time(images: Sequence[T], footage: Callable[[T], tuple[object, object]]) -> list[T]:
    """``images``, frames of one clip together in their order in it, where its first stands; all others as they stand.

    ``footage``: of an image, ``(clip, frame)``; what is no text and no whole number counts as no clip.
    """
    first: dict[str, int] = {}
    keys = []
    for position, image in enumerate(images):
        clip, frame = footage(image)
        if isinstance(clip, str) and isinstance(frame, int) and not isinstance(frame, bool):
            keys.append((first.setdefault(clip, position), frame, position))
        else:
            keys.append((position, 0, position))
    return [images[position] for *_, position in sorted(keys)]
