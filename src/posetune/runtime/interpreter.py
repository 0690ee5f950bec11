"""A ``.tflite`` file as a function of arrays: through LiteRT, or another backend that agrees with it."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from typing import Protocol

import numpy as np

from posetune.errors import PosetuneError

#: What can run a network. LiteRT is what MediaPipe itself uses and what every figure is measured with.
BACKENDS = ("litert", "openvino")
#: More threads than this gain nothing at batch 1 (docs/speed.md).
MAX_THREADS = 4


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
    """One loaded ``.tflite`` network with one square image input. Not safe to call from several threads at once."""

    #: The side of the square input, px.
    size: int

    @property
    def output_shapes(self) -> list[tuple[int, ...]]:
        """The shapes of the outputs, in the file's order."""

    def run(self, image: np.ndarray) -> list[np.ndarray]:
        """``image``: (size, size, 3) float32, already normalised. Returns copies of the outputs in file order."""


def open_network(
    content: bytes, threads: int | None = None, what: str = "network", backend: str = "litert"
) -> RunnableNetwork:
    """A network ready to run. ``content``: the file's bytes; ``what`` names it in errors; ``backend``: one of BACKENDS.

    Raises PosetuneError if there is no such backend, it is not installed, or it refuses the file.
    """
    if backend == "litert":
        return Network(content, threads, what)
    if backend == "openvino":
        from posetune.runtime.openvino import OpenVinoNetwork

        return OpenVinoNetwork(content, threads, what)
    raise PosetuneError(f"There is no backend {backend!r}; there are {', '.join(BACKENDS)}.")


class Network:
    """A :class:`RunnableNetwork` under LiteRT."""

    def __init__(self, content: bytes, threads: int | None = None, what: str = "network") -> None:
        """``content``: the file's bytes; ``what`` names it in errors. Raises PosetuneError if LiteRT
        refuses it.
        """
        from ai_edge_litert.interpreter import Interpreter

        try:
            with _without_remarks():
                self._interpreter = Interpreter(
                    model_content=content, num_threads=default_threads() if threads is None else threads
                )
                self._interpreter.allocate_tensors()
        except (ValueError, RuntimeError) as error:
            raise PosetuneError(
                f"LiteRT cannot run this {what}: {first_line(error)}; posetune doctor FILE says more."
            ) from error
        inputs = self._interpreter.get_input_details()
        self._outputs = self._interpreter.get_output_details()
        shapes = [tuple(int(n) for n in i["shape"]) for i in inputs]
        self.size = image_side(shapes, [i["dtype"].__name__ for i in inputs], what)
        self._input = inputs[0]["index"]

    @property
    def output_shapes(self) -> list[tuple[int, ...]]:
        return [tuple(int(n) for n in output["shape"]) for output in self._outputs]

    def run(self, image: np.ndarray) -> list[np.ndarray]:
        self._interpreter.set_tensor(self._input, image[None])
        self._interpreter.invoke()
        return [self._interpreter.get_tensor(output["index"]) for output in self._outputs]


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


@contextlib.contextmanager
def _without_remarks() -> Iterator[None]:
    """Keep LiteRT's "INFO: Created TensorFlow Lite XNNPACK delegate for CPU." off the user's terminal.

    It has no switch for that and writes past Python, so stderr itself is turned aside; what is not a mere
    remark is passed on afterwards.
    """
    try:
        sys.stderr.flush()
        kept = os.dup(2)
    except (OSError, AttributeError, ValueError):  # no stderr at all
        yield
        return
    with tempfile.TemporaryFile() as aside:
        os.dup2(aside.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            aside.seek(0)
            for line in aside.read().decode(errors="replace").splitlines():
                if line.strip() and not line.startswith("INFO:"):
                    print(line, file=sys.stderr)
