"""What every backend agrees on: which there are, how many threads, what a loaded network can do."""

from __future__ import annotations

import os
from typing import Protocol

import numpy as np

from posetune.errors import PosetuneError

#: What can run a network. LiteRT is what MediaPipe itself uses and what every figure is measured with.
BACKENDS = ("litert", "openvino")
#: More threads than this gain nothing at batch 1 (docs/lab/results/speed.md).
MAX_THREADS = 4


def checked_threads(threads: int | None) -> int:
    """``threads``, or as many as there are processors for None. Raises PosetuneError for what is no number of threads."""
    if threads is None:
        return default_threads()
    if not isinstance(threads, int) or isinstance(threads, bool) or threads < 1:
        raise PosetuneError(
            f"threads must be a whole number of at least 1, or None for all processors, not {threads!r}."
        )
    return threads


def default_threads() -> int:
    """The number of processors this process may use, at most MAX_THREADS."""
    return min(processors(), MAX_THREADS)


def processors() -> int:
    """The number of processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        return os.cpu_count() or 1


class RunnableNetwork(Protocol):
    """One loaded ``.tflite`` network with one square image input. Threads may share it: they wait for one another."""

    #: The side of the square input, px.
    size: int

    @property
    def output_shapes(self) -> list[tuple[int, ...]]:
        """The shapes of the outputs, in the file's order."""

    def run(self, image: np.ndarray) -> list[np.ndarray]:
        """``image``: (size, size, 3) float32, already normalised. Returns copies of the outputs in file order."""


def image_side(shapes: list[tuple[int, ...]], types: list[str], what: str) -> int:
    """The side of the one square float32 image that a network with these inputs takes. Raises PosetuneError if it takes
    anything else.
    """
    shape = shapes[0] if len(shapes) == 1 else ()
    if len(shape) != 4 or shape[0] != 1 or shape[1] != shape[2] or shape[3] != 3:
        raise PosetuneError(
            f"This {what} does not take one square RGB image: its inputs have the shapes {shapes}; posetune doctor FILE "
            "says more."
        )
    if types[0] != "float32":
        raise PosetuneError(
            f"This {what} takes {types[0]} input, where MediaPipe wants float32; export it with float input and output."
        )
    return shape[1]


def first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0].rstrip(".") if lines else type(error).__name__
