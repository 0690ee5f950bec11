"""A server for the benchmarks: started as a user starts it, ended as a container ends it."""

from __future__ import annotations

import contextlib
import http.client
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Server:
    port: int
    pid: int
    data_dir: Path


@contextlib.contextmanager
def serving(*options: str) -> Iterator[Server]:
    """``posetune serve`` with ``options`` on a free port, once it is ready."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="posetune-serve-") as folder:
        command = [sys.executable, "-m", "posetune", "serve", "--port", str(port), "--data-dir", folder, *options]
        process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        try:
            while not is_ready(port):
                if process.poll() is not None:
                    raise SystemExit(f"the server ended with {process.returncode}")
                time.sleep(0.005)
            yield Server(port, process.pid, Path(folder))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(15)


def is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def memory_mb(pid: int) -> tuple[float, float]:
    """Resident memory of a process, and of its children together (Linux)."""
    return _resident(str(pid)), sum(map(_resident, children_of(pid)))


def children_of(pid: int) -> list[str]:
    """The processes that any thread of a process started (Linux)."""
    return [child for task in Path(f"/proc/{pid}/task").glob("*/children") for child in task.read_text().split()]


def cpu_seconds(pid: int) -> tuple[float, float]:
    """Processor time of a process so far, and of its children together (Linux)."""
    return _cpu(str(pid)), sum(map(_cpu, children_of(pid)))


def _cpu(pid: str) -> float:
    with contextlib.suppress(OSError):
        user, system = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]
        return (int(user) + int(system)) / 100
    return 0.0


def _resident(pid: str) -> float:
    with contextlib.suppress(OSError):
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6
    return 0.0
