"""HTTP on a connection, with patience that ends: heads that do not come, and answers that nobody reads."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from posetune.serve.problem import MEDIA_TYPE, ProblemDetails

#: Connections at a time, of everybody together.
MOST_CONNECTIONS = 512
#: Bytes of the largest head: request line and headers.
HEAD_BYTES = 64_000
#: Seconds for a head to come, and for an answer to be read on.
HEAD_SECONDS, READ_SECONDS = 10.0, 60.0


class PatientProtocol(HttpToolsProtocol):
    """uvicorn's, which would wait for ever for a head, keep one of any length, and wait for ever for a reader."""

    _head_timer: asyncio.TimerHandle | None = None
    _read_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _in_head = True

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            self._refuse(503, "There are too many connections; try again in a moment.")
            return
        self.access_log = False  # it has addresses and queries; the guard's has neither
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop("_head_timer")
        self._stop("_read_timer")
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._in_head:
            self._head_bytes += len(data)
            if self._head_timer is None:
                self._expect_head()
        super().data_received(data)
        if self._in_head and self._head_bytes > HEAD_BYTES:
            self._refuse(431, "The head of the request is too large.")

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head, self._head_bytes = False, 0
        self._stop("_head_timer")
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._stop("_read_timer")
        self._read_timer = self.loop.call_later(READ_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        self._stop("_read_timer")
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:
        self._refuse(400, "This is no HTTP request that is understood.")

    def _expect_head(self) -> None:
        self._head_timer = self.loop.call_later(HEAD_SECONDS, self._refuse, 408, "The request came too slowly.")

    def _refuse(self, status: int, detail: str) -> None:
        if self.transport.is_closing():
            return
        title = STATUS_LINE[status].decode().strip().partition(" ")[2].partition(" ")[2]
        content = msgspec.json.encode(ProblemDetails("about:blank", title, status, detail))
        head = "retry-after: 1\r\n" if status == 503 else ""
        head += f"content-type: {MEDIA_TYPE}\r\ncontent-length: {len(content)}\r\nconnection: close\r\n\r\n"
        self.transport.write(STATUS_LINE[status] + head.encode() + content)
        self.transport.close()

    def _stop(self, name: str) -> None:
        timer: asyncio.TimerHandle | None = getattr(self, name)
        if timer is not None:
            timer.cancel()
            setattr(self, name, None)
