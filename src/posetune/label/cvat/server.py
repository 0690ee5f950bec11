"""Talking to a CVAT server: one request after another, each answered, refused, or lost.

The connection, the credentials and their headers are cvat-sdk's; answers are read as plain JSON, for a server of another
version has keys and words that the SDK's models refuse.

A request that changes something is *lost* where nobody knows whether it was done: the connection broke, no answer came in
time, or a proxy gave up (5xx). It is never sent again before the server was asked what is there (``push``).
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import urllib3
from cvat_sdk.api_client.exceptions import ApiException
from cvat_sdk.core.client import AccessTokenCredentials, Client, PasswordCredentials
from cvat_sdk.core.exceptions import CvatSdkException
from cvat_sdk.core.helpers import make_request_headers
from cvat_sdk.version import VERSION

from posetune.errors import PosetuneError
from posetune.progress import Say

#: Where the access token is looked for without --token-file; CVAT's own tools read the same.
ENVIRONMENT = "CVAT_ACCESS_TOKEN"
#: No token file is larger.
_LARGEST_TOKEN = 4096
#: A server that asks for patience (429) is given as much, up to this many seconds at once.
_LONGEST_PAUSE = 120.0


class Lost(Exception):
    """Nobody knows whether the server did what it was asked. ``str``: what happened, as the rest of a sentence."""


class NotThere(PosetuneError):
    """404: there is no such thing, or it is not this user's to see."""


@dataclass(frozen=True)
class Patience:
    """``answer_s``: how long an answer may take; ``pauses_s``: before each new look at what failed; ``tries``: so often is sent
    what is never done; ``poll_s``: between two looks at work that goes on on the server, which may take ``work_s`` in all.
    """

    answer_s: float = 120.0
    pauses_s: tuple[float, ...] = (1, 2, 5, 10, 20)
    tries: int = 3
    poll_s: float = 1.0
    work_s: float = 3600.0


def read_token(path: Path | None) -> str:
    """The access token, or "user:password": what the file holds, else what the environment has. Never a word of the command
    line, which every user of the machine can read.

    Raises PosetuneError if there is none.
    """
    if path is None:
        token = os.environ.get(ENVIRONMENT, "").strip()
        if not token:
            raise PosetuneError(
                f"No access token for CVAT: make one there (Profile, Security), and put it into a file for --token-file or into "
                f"the environment as {ENVIRONMENT}."
            )
        return token
    try:
        if path.stat().st_size > _LARGEST_TOKEN:
            raise PosetuneError(f"--token-file {path} is no token: it has {path.stat().st_size} bytes.")
        token = path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise PosetuneError(f"Cannot read --token-file {path}: {getattr(error, 'strerror', error)}.") from error
    if not token or len(token.splitlines()) != 1:
        raise PosetuneError(f"--token-file {path}: write one line, an access token or user:password.")
    return token


class Server:
    """A CVAT server, signed in to. ``say`` is told what takes patience.

    Raises PosetuneError where it is none, does not know the token, or does not answer.
    """

    def __init__(
        self, url: str, token: str, say: Say, *, organization: str | None = None, patience: Patience | None = None
    ) -> None:
        self.say, self.patience = say, patience or Patience()
        try:
            client = Client(url, check_server_version=False)
        except CvatSdkException as error:
            raise PosetuneError(f"--url {url}: {error}.") from error
        self.url = client.api_map.host
        host = urlsplit(self.url)
        if not host.hostname or (host.path or host.query):
            raise PosetuneError(f"--url {url}: give the server's address alone, such as https://app.cvat.ai.")
        # A request that may have been done is asked about, never sent again by the machinery; no token follows a redirection.
        client.api_client.rest_client.pool_manager.connection_pool_kw["retries"] = False
        if organization is not None:
            client.organization_slug = organization
        self._client = client
        if host.scheme == "http" and host.hostname not in ("localhost", "127.0.0.1", "::1"):
            say(f"{self.url} is not encrypted: the token and the pictures can be read on the way; use https.")
        self._check_version()
        self._sign_in(token)

    def close(self) -> None:
        self._client.api_client.rest_client.pool_manager.clear()

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _check_version(self) -> None:
        about = self.get("/api/server/about")
        version = str(about.get("version", "")) if isinstance(about, dict) else ""
        if not version:
            raise PosetuneError(f"{self.url} does not answer as a CVAT server does; give its address as --url.")
        if version.split(".")[0] != VERSION.split(".")[0]:
            raise PosetuneError(
                f"{self.url} is CVAT {version}, and this speaks with CVAT {VERSION.split('.')[0]}.x; use the files instead: "
                "posetune data convert --to cvat."
            )
        if version.split(".")[:2] != VERSION.split(".")[:2]:
            self.say(
                f"{self.url} is CVAT {version}; this was made for {VERSION}. What the other lacks will be refused by it."
            )

    def _sign_in(self, token: str) -> None:
        user, colon, password = token.partition(":")
        if not colon:
            self._client.login(AccessTokenCredentials(token))
        else:
            try:
                self._client.login(PasswordCredentials(user, password))
            except ApiException as error:
                raise PosetuneError(f"{self.url} refuses this user and password ({error.status}).") from error
            except (urllib3.exceptions.HTTPError, AssertionError) as error:
                raise PosetuneError(f"{self.url} does not let anybody sign in ({_said(error)}).") from error
        self.user = str(self.get("/api/users/self").get("username", ""))

    def get(self, path: str, **query: Any) -> Any:
        """What lies at ``path``; asked for again where the answer is lost.

        Raises NotThere, and PosetuneError where the server refuses or keeps silent.
        """
        for pause in (*self.patience.pauses_s, None):
            try:
                return self.send("GET", path, query=query)
            except Lost as lost:
                if pause is None:
                    self.give_up(lost)
                self.say(f"{self.url}: {lost}; asking again in {pause:g} s.")
                time.sleep(pause)
        raise AssertionError("unreachable")

    def give_up(self, lost: Lost) -> NoReturn:
        raise PosetuneError(
            f"{self.url} does not answer ({lost}); what is done is done: run the same command again."
        ) from lost

    def list(self, path: str, **query: Any) -> list[Any]:
        """All that a listing has, over its pages."""
        found: list[Any] = []
        page = 1
        while True:
            answer = self.get(path, **query, page=page, page_size=100)
            if not isinstance(answer, dict) or not isinstance(answer.get("results"), list):
                raise PosetuneError(f"{self.url}{path} does not answer as a CVAT server does.")
            found += answer["results"]
            if not answer.get("next") or not answer["results"]:
                return found
            page += 1

    def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        files: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        """One request, and its answer as JSON (None where it is empty). ``files``: fields of a form, in place of ``body``.

        Where the server says that it is busy (429), which means that it did nothing, it is given time. Raises Lost;
        NotThere and other PosetuneErrors where the server refuses.
        """
        for tries in range(len(self.patience.pauses_s) + 1):
            response = self._once(method, path, query, body, files, headers)
            if response.status != 429 or tries == len(self.patience.pauses_s):
                break
            pause = _retry_after(response, self.patience.pauses_s[tries])
            self.say(f"{self.url} is busy; going on in {pause:g} s.")
            time.sleep(pause)
        return self._answer(response, f"{method} {path}")

    def _once(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None,
        body: Any,
        files: Mapping[str, Any] | None,
        headers: Mapping[str, str] | None,
    ) -> urllib3.BaseHTTPResponse:
        api = self._client.api_client
        kind = {"Content-Type": "multipart/form-data"} if files else {}
        pairs = [(key, value) for key, value in (query or {}).items() if value is not None]
        try:
            return api.rest_client.request(
                method,
                self.url + path,
                query_params=pairs,
                headers={**make_request_headers(api), "Accept": "application/vnd.cvat+json", **kind, **(headers or {})},
                body=body,
                post_params=dict(files) if files else None,
                _request_timeout=(min(30.0, self.patience.answer_s), self.patience.answer_s),
                _check_status=False,
            )
        except urllib3.exceptions.HTTPError as error:
            raise Lost(_said(error)) from error
        except ApiException as error:  # what the SDK makes of an error of TLS: nothing was sent
            raise PosetuneError(
                f"{self.url}: no safe connection ({' '.join(str(error.reason).split())[:200]})."
            ) from error

    def _answer(self, response: urllib3.BaseHTTPResponse, what: str) -> Any:
        status, data = response.status, response.data or b""
        if 200 <= status < 300:
            try:
                return json.loads(data) if data.strip() else None
            except ValueError:
                if data.lstrip()[:1] in (b"<", b""):
                    raise PosetuneError(
                        f"{self.url} answers with a page, not as CVAT's API does; give the server's address as --url."
                    ) from None
                return data.decode("utf-8", "replace")
        if status >= 500:
            raise Lost(f"it answers {status} {response.reason or ''}".strip())
        raise _refusal(status, self.url, what, _text(data), response.headers.get("Location"))


def _refusal(status: int, url: str, what: str, said: str, location: str | None) -> PosetuneError:
    if status == 401:
        return PosetuneError(f"{url} does not know this token (401); make a new one there: Profile, Security.")
    if status == 403:
        return PosetuneError(f"{url} does not allow {what} to this user (403{said}); ask who owns it, or give --org.")
    if status == 404:
        return NotThere(
            f"{url} has no such thing, or not for this user (404 for {what}); look at the number, or give --org."
        )
    if status == 429:
        return PosetuneError(f"{url} is still busy (429 for {what}); run the same command again later.")
    if 300 <= status < 400:
        return PosetuneError(f"{url} sends elsewhere ({status}, to {location}); give that server's address as --url.")
    return PosetuneError(f"{url} refuses {what} ({status}{said}).")


def _text(data: bytes) -> str:
    """What an answer says, short, behind a colon; nothing where it is a page."""
    text = " ".join(data.decode("utf-8", "replace").split())
    return f": {text[:300]}" if text and not text.startswith("<") else ""


def _retry_after(response: urllib3.BaseHTTPResponse, pause: float) -> float:
    said = response.headers.get("Retry-After", "")
    return min(float(said), _LONGEST_PAUSE) if said.isascii() and said.isdigit() else pause


def _said(error: Exception) -> str:
    if isinstance(error, urllib3.exceptions.NameResolutionError):
        return "there is no server of that name"
    if isinstance(error, urllib3.exceptions.NewConnectionError):
        return "it takes no connection"
    if isinstance(error, urllib3.exceptions.ConnectTimeoutError | urllib3.exceptions.ReadTimeoutError):
        return "it does not answer in time"
    return "the connection broke"


#: Looks whether something was done that may have been; None where not.
Ask = Callable[[], Any]


def do_once(server: Server, act: Callable[[], Any], ask: Ask) -> Any:
    """What ``act`` gives, a request that must not be done twice. Where its answer is lost, ``ask`` looks after each of the
    server's pauses whether it was done, for what a proxy gave up on may still be going on, and gives what ``act`` would have
    given; only where it never finds anything is ``act`` done again.

    Raises PosetuneError where the server keeps silent.
    """
    for _ in range(server.patience.tries):
        try:
            return act()
        except Lost as error:
            lost = error
        server.say(f"{server.url}: {lost}; looking whether it was done.")
        for pause in server.patience.pauses_s or (0,):
            time.sleep(pause)
            found = ask()
            if found is not None:
                return found
    server.give_up(lost)
