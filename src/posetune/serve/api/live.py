"""``WS /api/v1/live``: a camera's frames in, people out, one frame at a time; of those that come meanwhile the newest counts."""

from __future__ import annotations

import asyncio
import contextlib
import math
import struct
import time
from collections import Counter
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from posetune.serve.operations import query_of
from posetune.serve.pool.pool import Busy, Failed, Poisoned
from posetune.serve.problem import Problem
from posetune.serve.security.guard import as_problem
from posetune.serve.services import Services

#: Little endian: the frame's number, uint32; when it was taken, ms by the sender's clock, float64.
HEAD = struct.Struct("<Id")
MOST_BYTES = 2**20
MOST_PIXELS = 2_100_000
#: A client that sends nothing for so long, seconds, is gone; one that reads nothing, too.
SILENCE = 60.0
#: Seconds that a worker may take for one frame.
_FRAME_SECONDS = 10.0
#: Frames in a row that were refused.
_MOST_REFUSED = 20


class Query(msgspec.Struct, forbid_unknown_fields=True):
    model: Annotated[str, Meta(description="name or sha256 of a network; empty: the current one", max_length=200)] = ""
    max_people: Annotated[int, Meta(description="follow at most so many people", ge=1, le=50)] = 1
    smooth: Annotated[Literal["mediapipe", "steady", "none"], Meta(description="how points are smoothed")] = "mediapipe"


class _Newest:
    """Holds the frame that came last."""

    def __init__(self) -> None:
        self._frame: bytes | None = None
        self._there = asyncio.Event()
        self.ended = False

    def put(self, frame: bytes) -> None:
        self._frame = frame
        self._there.set()

    def end(self) -> None:
        self.ended = True
        self._there.set()

    async def take(self) -> bytes | None:
        """None at the end."""
        await self._there.wait()
        self._there.clear()
        frame, self._frame = self._frame, None
        return None if self.ended else frame


_open: Counter[str] = Counter()


async def live(socket: WebSocket) -> None:
    """One camera. Who may come, and from which pages, the guard has found out."""
    services: Services = socket.app.state.services
    if not services.opened:
        raise Problem(503, "The server is starting; try again in a second.", {"retry-after": "1"})
    query = query_of(socket, Query)  # type: ignore[arg-type]
    owner = socket.scope["posetune.visitor"].name
    services.networks.named(query.model or None)  # there is such a network
    most = services.settings.limits.sockets_an_owner
    key = f"{id(services)}-{owner}"
    if _open[key] >= most:
        raise Problem(
            429, f"You have {most} cameras connected, the most there can be; close one.", {"retry-after": "5"}
        )
    _open[key] += 1
    newest = _Newest()
    try:
        await socket.accept()
        hearing = asyncio.create_task(_hear(socket, newest))
        try:
            await _answer(socket, services, newest, query)
        finally:
            hearing.cancel()
            await asyncio.gather(hearing, return_exceptions=True)
    finally:
        _open[key] -= 1
        if not _open[key]:
            del _open[key]


async def _hear(socket: WebSocket, newest: _Newest) -> None:
    try:
        while True:
            message = await asyncio.wait_for(socket.receive(), SILENCE)
            if message["type"] != "websocket.receive":
                return
            frame = message.get("bytes")
            if frame is None or not HEAD.size < len(frame) <= MOST_BYTES:
                await _close(socket, 1003 if frame is None else 1009 if len(frame) > MOST_BYTES else 1007)
                return
            newest.put(frame)
    except (TimeoutError, WebSocketDisconnect):
        await _close(socket, 1001)
    finally:
        newest.end()


async def _answer(socket: WebSocket, services: Services, newest: _Newest, query: Query) -> None:
    memory: bytes | None = None
    network: dict[str, Any] = {}
    refused = 0
    begin: float | None = None
    while (frame := await newest.take()) is not None:
        if socket.app.state.sessions.visitor(socket.scope) is None:  # the token was changed meanwhile
            await _close(socket, 1008)
            return
        number, taken_ms = HEAD.unpack_from(frame)
        if not math.isfinite(taken_ms) or not 0 <= taken_ms < 1e15:
            await _close(socket, 1007)
            return
        began = time.monotonic()
        if begin is None or taken_ms / 1000 < begin or taken_ms / 1000 - begin > 1e6:
            begin, memory = taken_ms / 1000 - 1, None
        before, network = network, _network(services, query, network)
        if network != before:
            memory = None  # another network sees other points
        payload = {
            "jpeg": frame[HEAD.size :],
            "seconds": taken_ms / 1000 - begin,
            "network": network,
            "max_people": query.max_people,
            "tiles": "off",
            "smooth": query.smooth,
            "ranges": services.ranges,
            "memory": memory,
            "most_pixels": MOST_PIXELS,
        }
        head: dict[str, Any] = {"seq": number, "capture_ms": taken_ms}
        try:
            found = await services.pool.submit("live", payload, seconds=_FRAME_SECONDS)
            memory, refused = found["memory"], 0
            head |= {"width": found["width"], "height": found["height"]}
            head["network"] = {"name": network["name"], "sha256": network["sha256"]}
            people = found["people"]
        except (Busy, Failed, Poisoned) as error:
            problem = as_problem(error)
            refused += 0 if isinstance(error, Busy) else 1
            memory, people = None, b"[]"
            head["error"] = {"status": problem.status, "detail": problem.detail}
            if isinstance(error, Busy):
                await asyncio.sleep(0.2)
        head["server_ms"] = round((time.monotonic() - began) * 1000, 1)
        text = (msgspec.json.encode(head)[:-1] + b',"people":' + people + b"}").decode()
        try:
            await asyncio.wait_for(socket.send_text(text), SILENCE)
        except (TimeoutError, WebSocketDisconnect, RuntimeError):
            return
        if refused >= _MOST_REFUSED:
            await _close(socket, 1008)
            return


def _network(services: Services, query: Query, before: dict[str, Any]) -> dict[str, Any]:
    """The network that was asked for, or the current one of now; ``before`` where that was deleted meanwhile."""
    try:
        return dict(msgspec.to_builtins(services.networks.named(query.model or None).network))
    except Problem:
        if not before:
            raise
        return before


#: What the other side is told with the code of the end.
_WHY = {
    1003: "Send binary messages: 12 bytes of head and a JPEG.",
    1007: "This is no frame: 12 bytes of head (uint32 number, float64 ms, little endian) and a JPEG.",
    1009: "A frame has at most 1 MB.",
}


async def _close(socket: WebSocket, code: int) -> None:
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        if socket.application_state is WebSocketState.CONNECTED and socket.client_state is WebSocketState.CONNECTED:
            await socket.close(code, _WHY.get(code, ""))
