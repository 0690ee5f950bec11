"""By which names the server may be called: DNS rebinding comes under a stranger's, and nothing else tells it from a visitor."""

from __future__ import annotations

import re
from collections.abc import Collection

from starlette.types import Scope

from posetune.serve.problem import Problem

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:[0-9]{1,5})?")


def check_host(scope: Scope, allowed: Collection[str]) -> None:
    """Raises Problem unless the request, HTTP or WebSocket, names exactly one host, which is ``allowed`` or the address that
    was connected to.
    """
    named = [value for name, value in scope["headers"] if name == b"host"]
    if len(named) == 1:
        found = _HOST.fullmatch(named[0].decode("latin-1").lower())
        if found is not None and (found.group(1) in allowed or found.group(1).strip("[]") == _own_address(scope)):
            return
    raise Problem(400, "The server does not know itself by this name; its owner can allow it with --allowed-host.")


def _own_address(scope: Scope) -> str | None:
    """The address that was connected to: no name of a stranger's, and so no rebinding."""
    server = scope.get("server")
    return server[0] if server else None
