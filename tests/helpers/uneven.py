"""Clips of variable frame rate that browsers play, whose frames say their number and show somebody who moves."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from posetune.serve.jobs.webm import Film, packets_in
from tests.helpers.clips import numbered, write_clip
from tests.helpers.figures import draw_person, room

WIDTH, HEIGHT = 320, 288
#: Like a phone's: mostly 30 a second, with frames that were left out and some that hurried.
GAPS_MS = (33, 33, 34, 20, 50, 100)


def moving(count: int) -> list[np.ndarray]:
    """(288, 320, 3) uint8 RGB each: somebody who walks and lifts their arms, below a strip that is the frame's number."""
    pictures = []
    for number in range(count):
        phase = 2 * np.pi * number / 30
        picture = draw_person(
            room(WIDTH, HEIGHT), (150 + 25 * np.sin(phase), 172), 0.72, arms=0.6 - 0.4 * np.cos(phase)
        )
        strip = WIDTH // 10
        picture[:strip] = numbered(number, WIDTH, HEIGHT)[:strip]
        pictures.append(picture)
    return pictures


def uneven_times(count: int, seed: int = 0) -> list[int]:
    """ms."""
    gaps = np.random.default_rng(seed).choice(GAPS_MS, count - 1)
    return [0, *np.cumsum(gaps).tolist()]


def write_uneven(path: Path, count: int, seed: int = 0) -> list[int]:
    """A WebM of :func:`moving`; returns its times, ms."""
    pictures, times = moving(count), uneven_times(count, seed)
    packets = packets_in(write_clip(path, pictures).read_bytes())
    film = Film(WIDTH, HEIGHT)
    content = bytearray(film.head() + film.cluster(packets, times) + film.tail())
    for place, patch in film.patches(GAPS_MS[0]):
        content[place : place + len(patch)] = patch
    path.write_bytes(bytes(content))
    return times
