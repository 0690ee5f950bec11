"""Who may send a request that changes something: pages of this server and programs, never other pages."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.types import Scope

from posetune.serve.problem import Problem

_SAFE = ("GET", "HEAD", "OPTIONS")


def check_origin(scope: Scope) -> None:
    """Raises Problem for what another page sends.

    Browsers say where a request comes from in Sec-Fetch-Site, on https and this machine; in Origin, everywhere but in most GET.
    Programs say neither. What only reads may come from anywhere as long as it asks for a page: its answer stays unreadable (no
    CORS header, CORP).
    """
    headers: dict[bytes, list[bytes]] = {}
    for name, value in scope["headers"]:
        headers.setdefault(name, []).append(value)
    changes = scope["type"] == "websocket" or scope["method"] not in _SAFE
    if not changes and not scope["path"].startswith(("/api/v1/", "/predict")):
        return
    sites = headers.get(b"sec-fetch-site", [])
    origins = headers.get(b"origin", [])
    if any(site not in (b"same-origin", b"none") for site in sites) or len(sites) > 1:
        raise _foreign()
    if origins and (len(origins) > 1 or not _is_own(origins[0], headers.get(b"host", [b""])[0], scope)):
        raise _foreign()


def _is_own(origin: bytes, host: bytes, scope: Scope) -> bool:
    try:
        parts = urlsplit(origin.decode("ascii"))
        named, scheme = parts.netloc.lower(), parts.scheme
    except (UnicodeDecodeError, ValueError):
        return False
    secure = scope["scheme"] in ("https", "wss")
    return (
        scheme in (("https",) if secure else ("http", "https"))
        and bool(named)
        and named == host.decode("latin-1").lower()
    )


def _foreign() -> Problem:
    return Problem(403, "This came from another page, which may not use this server.")
