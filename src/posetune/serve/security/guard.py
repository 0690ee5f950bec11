"""What every request passes before anything else looks at it, and what every answer carries."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
import traceback
from collections.abc import Iterable
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from posetune.errors import PosetuneError
from posetune.serve import problem
from posetune.serve.pool.pool import Busy, Failed, Poisoned
from posetune.serve.problem import Problem
from posetune.serve.security.hosts import check_host
from posetune.serve.security.origins import check_origin
from posetune.serve.security.rates import Rates
from posetune.serve.security.sessions import Sessions
from posetune.serve.static import PAGES, STATIC

log = logging.getLogger("posetune.serve")

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; connect-src 'self'; "
    "worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; require-trusted-types-for 'script'"
)
HEADERS = (
    (b"content-security-policy", CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(self), microphone=(), geolocation=()"),
)
#: What is there for everybody, beside the pages, which hold nothing of anybody and ask for the token.
_OPEN = ("/healthz", "/readyz")
#: Seconds during which the rest of a refused body is read and thrown away, so that its sender gets to read why.
LINGER = 5.0


class Guard:
    """The outermost layer. Whatever goes wrong inside becomes a problem that its sender can read; never a 500."""

    def __init__(self, app: ASGIApp, hosts: Iterable[str], sessions: Sessions) -> None:
        self._app, self._hosts, self._sessions = app, frozenset(host.lower() for host in hosts), sessions
        self._rates = Rates()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, receive, send)
        try:
            check_host(scope, self._hosts)
            check_origin(scope)
            self._let_in(scope)
            await self._app(scope, answer.receive, answer.send)
        except Exception as error:
            await answer.refuse(as_problem(error))
        finally:
            answer.count()

    def _let_in(self, scope: Scope) -> None:
        """Find out who is asking. Raises Problem for a stranger who wants more than the pages, which ask for the token."""
        visitor = self._sessions.visitor(scope)
        path = scope["path"]  # never the URL, of which the Host header is a part
        scope["posetune.visitor"] = visitor
        if visitor is not None:
            if self._sessions.asked_for:
                self._rates.take(visitor.name)
            return
        if path in _OPEN or path in PAGES or path.startswith(STATIC):
            return
        if path == "/api/v1/session" and scope.get("method") == "POST":
            return
        raise Problem(401, "Show the server's token: Authorization: Bearer TOKEN.", {"www-authenticate": "Bearer"})


def as_problem(error: Exception) -> Problem:
    """What the sender is told of ``error``; what nobody foresaw goes to the log, without what it was about."""
    if isinstance(error, Problem):
        return error
    if isinstance(error, Busy):
        return Problem(503, "All workers are busy; try again in a moment.", {"retry-after": str(error.retry_after)})
    if isinstance(error, Poisoned):
        return Problem(422, "This file ended the program that reads it, twice, or took too long; it is refused.")
    if isinstance(error, Failed):
        if error.trace:
            log.error("a worker met what nobody foresaw: %s", error.trace)
        return Problem(error.status, error.detail, line=error.line)
    if isinstance(error, PosetuneError):  # of the store: its sentence names files and hosts, which are the owner's
        log.error("%s", error)
        return Problem(503, "The server's database or disk cannot be used now; try again later.", {"retry-after": "5"})
    frames = traceback.extract_tb(error.__traceback__)[-8:]
    where = " < ".join(f"{os.path.basename(f.filename)}:{f.lineno} {f.name}" for f in reversed(frames))
    log.error("what nobody foresaw: %s %s", type(error).__name__, where)
    return Problem(503, "Something went wrong in the server; try again, and tell its owner to look into the log.")


class _Answer:
    """The two directions of one request, as the app sees them."""

    def __init__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self._scope, self._receive, self._send = scope, receive, send
        self._began, self._status, self._body_ended = time.monotonic(), 0, scope["type"] == "websocket"

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect" or (
            message["type"] == "http.request" and not message.get("more_body", False)
        ):
            self._body_ended = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] in ("http.response.start", "websocket.http.response.start"):
            self._status = message["status"]
            message = {**message, "headers": self._with_headers(message.get("headers", ()))}
            if not self._body_ended and not _has_no_body(self._scope):
                message["headers"].append((b"connection", b"close"))
        ends = message["type"] == "http.response.body" and not message.get("more_body", False)
        if ends and not self._body_ended and not _has_no_body(self._scope):
            await self._send({**message, "more_body": True})
            await self._drain()
            message = {"type": "http.response.body", "body": b"", "more_body": False}
        await self._send(message)

    async def refuse(self, what: Problem) -> None:
        """Answer with a problem, if nothing has been said yet."""
        if self._status:
            if self._scope["type"] == "http":
                raise ConnectionAbortedError  # the answer is cut off, and looks so
            return
        response = problem.response(what)
        if self._scope["type"] == "websocket":
            extensions = self._scope.get("extensions") or {}
            if "websocket.http.response" in extensions:
                await response(self._scope, self.receive, self.send)
            else:
                await self._send({"type": "websocket.close", "code": 1008})
            self._status = what.status
            return
        await response(self._scope, self.receive, self.send)

    async def _drain(self) -> None:
        """A sender that is cut off in the middle does not read the answer: hear the rest out for a while, if it comes."""
        end = time.monotonic() + LINGER
        with contextlib.suppress(TimeoutError):
            while not self._body_ended and time.monotonic() < end and self._status != 408:
                await asyncio.wait_for(self.receive(), LINGER / 5)

    def _with_headers(self, headers: Iterable[tuple[bytes, bytes]]) -> list[Any]:
        given = list(headers)
        names = {name.lower() for name, _ in given}
        return given + [pair for pair in HEADERS if pair[0] not in names]

    def count(self) -> None:
        seconds = time.monotonic() - self._began
        route = self._scope.get("posetune.route", "other")
        method = self._scope.get("method", "WS")
        meters = getattr(getattr(self._scope.get("app"), "state", None), "services", None)
        if meters is not None:
            meters.meters.count(method if method in _METHODS else "other", route, self._status, seconds)
        log.info("%s %s %d %.0f ms", method if method in _METHODS else "other", route, self._status, seconds * 1000)


_METHODS = {"GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS", "WS"}


def _has_no_body(scope: Scope) -> bool:
    """Whether the head of a request says that nothing follows."""
    names = {name: value for name, value in scope["headers"] if name in (b"content-length", b"transfer-encoding")}
    return names.get(b"content-length", b"0").strip() == b"0" and b"transfer-encoding" not in names
