"""One worker process, as the web process sees it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys

import msgspec

from posetune.serve.pool import messages
from posetune.serve.pool.messages import Ask, Reply
from posetune.serve.settings import Limits

#: What a worker needs of its surroundings. Not the token, not the database's password.
_KEPT = (
    "PATH", "HOME", "LANG", "LC_ALL", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "LD_LIBRARY_PATH", "TMPDIR", "TMP", "TEMP",
    "SYSTEMROOT", "LOCALAPPDATA", "XDG_CACHE_HOME", "POSETUNE_CACHE", "TF_CPP_MIN_LOG_LEVEL",
)  # fmt: skip
#: Videos that hold their own pictures, of the kinds that are taken; a list of other files (ffconcat, HLS, DASH) is none.
VIDEO_FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi"


class Died(Exception):
    """The worker is gone, and its answer with it."""


def environment(limits: Limits) -> dict[str, str]:
    """What a worker's variables are: OpenCV's limits must stand before it is loaded."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {
        "OPENCV_IO_MAX_IMAGE_PIXELS": str(limits.picture_pixels),
        "OPENCV_FFMPEG_CAPTURE_OPTIONS": f"format_whitelist;{VIDEO_FORMATS}",
        "OPENCV_FFMPEG_THREADS": "1",
        "OPENCV_FOR_THREADS_NUM": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


class Process:
    """Started at once; asked from one thread at a time. Answers come in the order of what was asked."""

    def __init__(self, limits: Limits) -> None:
        self._popen = subprocess.Popen(
            [sys.executable, "-m", "posetune.serve.pool.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # decoders write of the file, and the file is the user's
            env=environment(limits),
            start_new_session=True,  # Ctrl-C is the server's
        )
        with contextlib.suppress(OSError):
            messages.write(self._popen.stdin, Ask("limits", msgspec.to_builtins(limits)))  # type: ignore[arg-type]

    @property
    def pid(self) -> int:
        return self._popen.pid

    def send(self, ask: Ask) -> None:
        """Ask, and do not wait for the answer. Raises Died."""
        assert self._popen.stdin is not None
        try:
            messages.write(self._popen.stdin, ask)  # type: ignore[arg-type]
        except (OSError, ValueError) as error:
            raise Died from error

    def receive(self) -> Reply:
        """The next answer; waits for it. Raises Died."""
        assert self._popen.stdout is not None
        try:
            content = messages.read(self._popen.stdout)  # type: ignore[arg-type]
        except (OSError, ValueError) as error:
            raise Died from error
        if content is None:
            raise Died
        return msgspec.msgpack.decode(content, type=Reply)

    def wait(self) -> None:
        """Return when it has ended, however it did."""
        self._popen.wait()

    def kill(self) -> None:
        """End it, whatever it does; who waits for an answer gets Died."""
        with contextlib.suppress(OSError):
            self._popen.kill()

    def bury(self) -> None:
        """Kill it and wait until it is gone."""
        self.kill()
        self._popen.wait()
        for stream in (self._popen.stdin, self._popen.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
