"""Start the server: workers first, for they take longest, then the port, then the rest."""

from __future__ import annotations

import contextlib
import errno
import logging
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from posetune.errors import PosetuneError
from posetune.lock import locked
from posetune.serve.pool.process import Process
from posetune.serve.settings import Settings

if TYPE_CHECKING:
    import uvicorn

#: Seconds that requests in progress have after SIGTERM.
GRACE = 7


def run(settings: Settings, say: Callable[[str], None]) -> None:
    """Serve until SIGTERM or Ctrl-C, then finish what runs. ``say``: is told where, once the port is open.

    Raises PosetuneError: the port is taken, another server has the data folder, a network cannot be loaded.
    """
    _check_certificate(settings)
    _make(settings.data_dir)
    with locked(settings.data_dir / "server.lock") as alone:
        if not alone:
            raise PosetuneError(
                f"Another posetune serve uses {settings.data_dir}: end it, or give this one another --data-dir."
            )
        with listen(settings.host, settings.port) as listener:
            settings = replace(settings, port=listener.getsockname()[1])
            processes = [Process(settings.limits) for _ in range(settings.workers)]
            failures: list[str] = []
            try:
                server = make_server(settings, processes, failures.append)
                say(address(settings, listener))
                server.run(sockets=[listener])
            finally:
                for process in processes:
                    process.bury()
        if failures:
            raise PosetuneError(failures[0])


def make_server(settings: Settings, processes: list[Process], on_failure: Callable[[str], None]) -> uvicorn.Server:
    """The server, which also ends if the networks cannot be loaded; ``on_failure`` is told why."""
    import uvicorn

    from posetune.serve.app import build
    from posetune.serve.protocol import PatientProtocol

    def fail(sentence: str) -> None:
        on_failure(sentence)
        server.should_exit = True

    config = uvicorn.Config(
        build(settings, started=processes, on_failure=fail),
        http=PatientProtocol,
        ws="websockets-sansio",
        ws_max_size=2**20,
        ws_per_message_deflate=False,
        lifespan="on",
        loop="asyncio",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=20,
        timeout_graceful_shutdown=GRACE,
        ssl_certfile=settings.tls_cert,
        ssl_keyfile=settings.tls_key,
    )
    server = uvicorn.Server(config)
    return server


def _make(data_dir: Path) -> None:
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=data_dir):
            pass
    except OSError as error:
        raise PosetuneError(
            f"Cannot write to the data folder {data_dir}: {error.strerror}; give another --data-dir."
        ) from error


def _check_certificate(settings: Settings) -> None:
    if settings.tls_cert is None:
        return
    import ssl

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(settings.tls_cert, settings.tls_key)
    except OSError as error:  # SSLError is one
        raise PosetuneError(
            f"The certificate {settings.tls_cert} and its key cannot be used: {error.strerror or error}."
        ) from error


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens; what connects waits until the server takes it. Raises PosetuneError if the port is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host.strip("[]"), port))
        listener.listen(512)
        listener.setblocking(False)
    except (OSError, OverflowError) as error:
        listener.close()
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        why = "the port is taken: end what uses it, or give another --port" if taken else f"{error}"
        raise PosetuneError(f"Cannot listen on {host}:{port}: {why}.") from error
    return listener


def address(settings: Settings, listener: socket.socket) -> str:
    """Where a browser finds the server."""
    host = settings.host if settings.host not in ("0.0.0.0", "::") else "localhost"
    scheme = "https" if settings.tls_cert else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{listener.getsockname()[1]}/"


@contextlib.contextmanager
def logging_to_stderr(verbose: bool) -> Iterator[None]:
    """posetune's own log on standard error, requests included if ``verbose``; nothing of uvicorn's, which has addresses."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    log = logging.getLogger("posetune.serve")
    log.addHandler(handler)
    log.propagate = False
    log.setLevel(logging.INFO if verbose else logging.WARNING)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access", "asyncio", "websockets"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        log.removeHandler(handler)
