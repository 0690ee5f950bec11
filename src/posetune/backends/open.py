"""A ``.tflite`` file as a function of arrays: through LiteRT, or another backend that agrees with it."""

from __future__ import annotations

from posetune.backends.base import BACKENDS, RunnableNetwork
from posetune.backends.litert import Network
from posetune.errors import PosetuneError


def open_network(
    content: bytes, threads: int | None = None, what: str = "network", backend: str = "litert"
) -> RunnableNetwork:
    """A network ready to run. ``content``: the file's bytes; ``what`` names it in errors; ``backend``: one of BACKENDS.

    Raises PosetuneError if there is no such backend, it is not installed, or it refuses the file.
    """
    if backend == "litert":
        return Network(content, threads, what)
    if backend == "openvino":
        from posetune.backends.openvino import OpenVinoNetwork

        return OpenVinoNetwork(content, threads, what)
    raise PosetuneError(f"There is no backend {backend!r}; there are {', '.join(BACKENDS)}.")
