"""A real server on a free port, in a thread of the tests: ``with running(tmp_path) as server``; and a client without a library."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from posetune.serve.run import listen, make_server
from posetune.serve.services import Services
from posetune.serve.settings import Settings


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Mapping[str, str]  # names in lower case
    content: bytes

    def json(self) -> Any:
        return json.loads(self.content)


@dataclass(frozen=True)
class RunningServer:
    """``url``: "http://127.0.0.1:PORT"; ``services``: those of the server, which runs in another thread."""

    port: int
    services: Services

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def ask(
        self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None, seconds: float = 30
    ) -> Answer:
        """One request on a connection of its own. ``body``: bytes, or an iterator of bytes (sent chunked)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=seconds)
        try:
            chunked = body is not None and not isinstance(body, bytes)
            connection.request(method, path, body, dict(headers or {}), encode_chunked=chunked)
            response = connection.getresponse()
            named = {name.lower(): value for name, value in response.getheaders()}
            return Answer(response.status, named, response.read())
        finally:
            connection.close()

    def get(self, path: str, **headers: str) -> Answer:
        return self.ask("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})

    def predict(self, picture: bytes, query: str = "", media: str = "image/jpeg") -> Answer:
        return self.ask("POST", f"/api/v1/predict{query}", picture, {"Content-Type": media})

    def put_json(self, path: str, content: Any) -> Answer:
        return self.ask("PUT", path, json.dumps(content).encode(), {"Content-Type": "application/json"})


@contextlib.contextmanager
def running(data_dir: Path, **settings: Any) -> Iterator[RunningServer]:
    """A server that is ready. ``settings``: as Settings has them; one worker and lite unless told otherwise."""
    chosen = Settings(data_dir=data_dir, **{"workers": 1, "models": ("lite",), "port": 0, **settings})
    failures: list[str] = []
    with listen("127.0.0.1", 0) as listener:
        port = listener.getsockname()[1]
        server = make_server(chosen, [], failures.append)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        services: Services = server.config.app.state.services  # type: ignore[union-attr]
        try:
            end = time.monotonic() + 30
            while not services.ready:
                assert not failures, failures
                assert thread.is_alive(), "the server ended"
                assert time.monotonic() < end, "the server did not become ready"
                time.sleep(0.01)
            yield RunningServer(port, services)
        finally:
            server.should_exit = True
            thread.join(20)
            assert not thread.is_alive(), "the server did not end"
