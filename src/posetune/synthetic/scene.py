"""What a scene is: someone's movement with the things it needs. Concrete ones live in ``scenes/``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from posetune.synthetic.mesh import Mesh
from posetune.synthetic.pose import Poser


@dataclass(frozen=True)
class Motion:
    """One person's movement. ``move(poser, t)`` poses at phase t: 0 is the start, 1 the far end of a repetition
    (a sequence runs 0 → 1 → 0, or on and on for ``cyclic`` ones). Things come with ``things(poser, t)``, made after
    the pose; ``floor`` m: what the lowest point of the body stands on, None if ``move`` has placed it itself.
    """

    move: Callable[[Poser, float], None]
    things: Callable[[Poser, float], list[Mesh]] = lambda poser, t: []
    floor: float | None = 0.0
    cyclic: bool = False


@dataclass(frozen=True)
class Scene:
    """``draw(rng, poser)``: a random variant of the movement for that person, facing -y near the origin.

    ``style``: what is worn (see ``wardrobe``). ``places``: rooms it happens in. ``elevation``: degrees of the camera above
    the horizon, from-to. ``azimuth``: where the camera may stand around the person (0 in front, 90 at its left), from-to.
    ``fov``: its angle of view in degrees, from-to. ``nearest``: how near it may come, m.
    ``company``: how often others are about. ``moment``: part of the phase that single images show.
    """

    draw: Callable[[np.random.Generator, Poser], Motion]
    style: tuple[str, ...] = ("sport", "casual")
    places: tuple[str, ...] = ("gym", "room", "outdoor", "studio")
    elevation: tuple[float, float] = (-3, 30)
    azimuth: tuple[float, float] = (-180, 180)
    fov: tuple[float, float] = (32, 72)
    nearest: float = 0.9
    company: float = 0.4
    moment: tuple[float, float] = (0.0, 1.0)
    ordinary: bool = False


def mix(a, b, t: float):
    """Between ``a`` and ``b`` with a soft start and end."""
    s = t * t * (3 - 2 * t)
    return np.asarray(a, float) * (1 - s) + np.asarray(b, float) * s


def jitter(rng: np.random.Generator, size, count: int = 3) -> np.ndarray:
    return rng.normal(0, size, count)
