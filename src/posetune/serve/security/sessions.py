"""Who is asking: on this machine alone everybody is its owner; beyond it, who knows a token.

A token is exchanged once for a session, which lives in this process: its cookie means nothing after a restart, or once the
token file has changed.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.types import Scope

from posetune.errors import PosetuneError
from posetune.serve.problem import Problem

ENVIRONMENT = "POSETUNE_TOKEN"
SESSION_SECONDS = 7 * 24 * 3600
_MOST_SESSIONS = 1000
#: Wrong tokens that one address may send a minute.
_MOST_TRIES = 10
_MAKE_ONE = 'python3 -c "import secrets; print(secrets.token_urlsafe(32))"'


@dataclass(frozen=True)
class Visitor:
    """``name``: whose the jobs are; ``admin``: may change networks and ranges, which are everybody's."""

    name: str
    admin: bool


#: Everybody, where no token is asked for.
LOCAL = Visitor("local", True)


def visitor_of(request: Request) -> Visitor:
    """Who sent ``request``, as the guard found out."""
    visitor: Visitor = request.scope["posetune.visitor"]
    return visitor


def require_admin(request: Request) -> None:
    """Raises Problem for a visitor who may not change what is everybody's."""
    if not visitor_of(request).admin:
        raise Problem(403, "Only an administrator may change this; ask the server's owner.")


def tokens_in(text: str, where: str) -> dict[str, Visitor]:
    """sha256 of a token → visitor. One a line: the token alone (an administrator named "owner"), or NAME TOKEN, or NAME TOKEN
    admin.

    Raises PosetuneError for a line that is neither, a short token, and for no token.
    """
    found: dict[str, Visitor] = {}
    for number, line in enumerate(text.splitlines(), 1):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) == 1:
            words = ["owner", words[0], "admin"]
        if len(words) > 3 or (len(words) == 3 and words[2] != "admin"):
            raise PosetuneError(f"{where}, line {number}: write TOKEN, NAME TOKEN, or NAME TOKEN admin.")
        if not is_long(words[1]):
            raise PosetuneError(
                f"{where}, line {number}: the token is shorter than 256 bit; make one with {_MAKE_ONE}."
            )
        found[_digest(words[1])] = Visitor(words[0], len(words) == 3)
    if not found:
        raise PosetuneError(f"{where} holds no token; make one with {_MAKE_ONE}.")
    return found


def is_long(token: str) -> bool:
    """Whether a token may hold 256 bit: 64 hexadecimal digits, or 43 of other letters, and not a few letters over and over."""
    least = 64 if re.fullmatch(r"[0-9a-fA-F]+", token) else 43
    return len(token) >= least and len(set(token)) >= 10


class Sessions:
    """Tokens and the sessions that they were exchanged for."""

    def __init__(self, token_file: Path | None, port: int, environment: Mapping[str, str] = os.environ) -> None:
        """``port``: part of the cookie's name, as browsers share cookies between ports. Raises PosetuneError for a bad token
        file.
        """
        self._file, self._state = token_file, 0
        self._tokens: dict[str, Visitor] = {}
        self._sessions: OrderedDict[str, tuple[Visitor, float]] = OrderedDict()
        self._tries: OrderedDict[str, list[float]] = OrderedDict()
        self.cookie = f"posetune_session_{port}"
        if token_file is not None:
            self._read()
        elif ENVIRONMENT in environment:
            self._tokens = tokens_in(environment[ENVIRONMENT], ENVIRONMENT)

    @property
    def asked_for(self) -> bool:
        """Whether visitors must show a token."""
        return bool(self._tokens) or self._file is not None

    def visitor(self, scope: Scope) -> Visitor | None:
        """Whose request ``scope`` is, by cookie or by ``Authorization: Bearer``; None: nobody's that is known."""
        if not self.asked_for:
            return LOCAL
        self._read_again()
        for name, value in scope["headers"]:
            if name == b"authorization" and value[:7].lower() == b"bearer ":
                return self._by_token(value[7:].decode("latin-1").strip(), scope)
        key = _cookie(scope, self.cookie)
        found = None if key is None else self._sessions.get(_digest(key))
        if found is None or found[1] < time.monotonic():
            return None
        return found[0]

    def open(self, token: str, scope: Scope) -> str:
        """Exchange ``token`` for a session; gives the value of its cookie. Raises Problem for a wrong one."""
        self._read_again()
        visitor = self._by_token(token, scope)
        if visitor is None:
            raise Problem(403, "This is not the token; the server's owner has it.")
        key = secrets.token_urlsafe(32)
        self._sessions[_digest(key)] = visitor, time.monotonic() + SESSION_SECONDS
        while len(self._sessions) > _MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return key

    def end(self, scope: Scope) -> None:
        """Forget the session of ``scope``, if there is one."""
        self._sessions.pop(_digest(_cookie(scope, self.cookie) or ""), None)

    def _by_token(self, token: str, scope: Scope) -> Visitor | None:
        address = (scope.get("client") or ("?",))[0]
        tries = [t for t in self._tries.get(address, ()) if t > time.monotonic() - 60]
        if len(tries) >= _MOST_TRIES:
            raise Problem(429, "Too many wrong tokens; wait a minute.", {"retry-after": "60"})
        digest, found = _digest(token), None
        for known, visitor in self._tokens.items():
            if hmac.compare_digest(known, digest):
                found = visitor
        if found is None:
            self._tries[address] = [*tries, time.monotonic()]
            while len(self._tries) > _MOST_SESSIONS:
                self._tries.popitem(last=False)
        return found

    def _read_again(self) -> None:
        """A token that was changed ends the sessions of the old one; a file that cannot be read lets nobody in."""
        if self._file is None:
            return
        try:
            if self._file.stat().st_mtime_ns != self._state:
                self._sessions.clear()
                self._read()
        except (OSError, PosetuneError):
            self._tokens, self._state = {}, -1
            self._sessions.clear()

    def _read(self) -> None:
        assert self._file is not None
        try:
            self._state = self._file.stat().st_mtime_ns
            text = self._file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            why = getattr(error, "strerror", None) or "it is no text"
            raise PosetuneError(f"Cannot read the token file {self._file}: {why}.") from error
        self._tokens = tokens_in(text, str(self._file))


def _digest(text: str) -> str:
    """What is kept of a secret. Equal digests mean equal secrets, and comparing them takes no longer for a near one."""
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _cookie(scope: Scope, name: str) -> str | None:
    for header, value in scope["headers"]:
        if header == b"cookie":
            for pair in value.decode("latin-1").split(";"):
                key, _, found = pair.strip().partition("=")
                if key == name:
                    return found
    return None
