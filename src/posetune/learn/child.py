"""The process of a training: ``posetune`` that ends with the pass that began it, however that dies."""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading


def main() -> None:
    threading.Thread(target=_end_with_the_pass, daemon=True).start()
    runpy.run_module("posetune", run_name="__main__", alter_sys=True)


def _end_with_the_pass() -> None:
    """Standard input is a pipe that nobody writes to: it ends when the pass has."""
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()
