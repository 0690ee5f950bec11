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
        number = frame_of(frame)
        if isinstance(clip, str) and number is not None:
            keys.append((first.setdefault(clip, position), number, position))
        else:
            keys.append((position, 0, position))
    return [images[position] for *_, position in sorted(keys)]


def frame_of(said: object) -> int | None:
    """What a label file says of an image's frame, if it is one."""
    return said if isinstance(said, int) and not isinstance(said, bool) else None
