"""The same ``.tflite`` files under OpenVINO (extra ``openvino``): faster than LiteRT on some x86-64 processors.

Always in float32: in bfloat16, which OpenVINO would choose by itself where a processor has it, landmarks move by many px.
"""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import Any

import numpy as np

from posetune.backends.base import checked_threads, first_line, image_side
from posetune.errors import PosetuneError, pip_install


class OpenVinoNetwork:
    """A :class:`~posetune.backends.base.RunnableNetwork` under OpenVINO. Takes about half a second to load."""

    def __init__(self, content: bytes, threads: int | None = None, what: str = "network") -> None:
        """``content``: the file's bytes; ``what`` names it in errors. Raises PosetuneError if OpenVINO is missing or
        refuses it.
        """
        try:
            import openvino
        except ImportError:
            raise PosetuneError(
                f"The backend openvino needs the package of this name: {pip_install('openvino')}."
            ) from None
        options = {
            "INFERENCE_NUM_THREADS": checked_threads(threads),
            "INFERENCE_PRECISION_HINT": "f32",
            "PERFORMANCE_HINT": "LATENCY",
            # Several landmarkers of one thread each would all be pinned to the first processor.
            "ENABLE_CPU_PINNING": False,
        }
        core = openvino.Core()
        try:
            with tempfile.TemporaryDirectory(prefix="posetune-") as folder:
                # Its reader of this format takes no bytes, only files.
                file = Path(folder) / "network.tflite"
                file.write_bytes(content)
                compiled = core.compile_model(core.read_model(file), "CPU", options)
        except (RuntimeError, OSError) as error:
            raise PosetuneError(
                f"OpenVINO cannot run this {what}: {first_line(error)}; the default backend, litert, may."
            ) from error
        self.size = image_side([tuple(i.shape) for i in compiled.inputs], [_type(i) for i in compiled.inputs], what)
        self._shapes = [tuple(o.shape) for o in compiled.outputs]
        self._request = compiled.create_infer_request()
        self._lock = threading.Lock()

    @property
    def output_shapes(self) -> list[tuple[int, ...]]:
        return list(self._shapes)

    def run(self, image: np.ndarray) -> list[np.ndarray]:
        with self._lock:
            self._request.infer([image[None]])
            return [np.array(tensor.data) for tensor in self._request.output_tensors]


def _type(port: Any) -> str:
    return str(np.dtype(port.get_element_type().to_dtype()).name)
