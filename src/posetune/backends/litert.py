"""A ``.tflite`` file under LiteRT, which MediaPipe itself uses and every figure is measured with."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import threading
from collections.abc import Iterator

import numpy as np

from posetune.backends.base import checked_threads, first_line, image_side
from posetune.errors import PosetuneError


class Network:
    """A :class:`~posetune.backends.base.RunnableNetwork` under LiteRT."""

    def __init__(self, content: bytes, threads: int | None = None, what: str = "network") -> None:
        """``content``: the file's bytes; ``what`` names it in errors. Raises PosetuneError if LiteRT
        refuses it.
        """
        from ai_edge_litert.interpreter import Interpreter

        count = checked_threads(threads)
        try:
            with _without_remarks():
                self._interpreter = Interpreter(model_content=content, num_threads=count)
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
        # Between setting the input and reading the outputs nobody else may come in.
        self._lock = threading.Lock()

    @property
    def output_shapes(self) -> list[tuple[int, ...]]:
        return [tuple(int(n) for n in output["shape"]) for output in self._outputs]

    def run(self, image: np.ndarray) -> list[np.ndarray]:
        with self._lock:
            self._interpreter.set_tensor(self._input, image[None])
            self._interpreter.invoke()
            return [self._interpreter.get_tensor(output["index"]) for output in self._outputs]


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
