"""A bucket as a store: s3://, gs:// and az:// through obstore, which reads keys and regions from the environment as the providers'
own tools do.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar

import obstore
from obstore import exceptions

from posetune.scale.store import Entry, StoreError, StoreRefused

Result = TypeVar("Result")

#: Seconds before each further attempt, each drawn up to so much more: a minute in all, in which most stores are back.
PAUSES = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
_REFUSALS = (exceptions.PermissionDeniedError, exceptions.UnauthenticatedError)
# Where a cloud's own machines ask for keys, which is tried when none are given. It may be slow there, and is nowhere else.
_KEY_SERVICES = ("169.254.169.254", "metadata.google.internal")
_KEY_ATTEMPTS = 3
#: What S3, Google and Azure answer where a list of what is not there is asked for.
_NO_BUCKET = ("NoSuchBucket", "bucket does not exist", "ContainerNotFound")
_CLIENT = {"timeout": "30s", "connect_timeout": "10s"}
# obstore would try again itself, and not say whether what a second try of `create` finds may be its own.
_RETRY = {"max_retries": 0}


class Bucket:
    """A bucket's folder. Every request that a store, or the way to it, failed is made again after a pause that grows."""

    def __init__(self, url: str, pauses: tuple[float, ...] = PAUSES) -> None:
        """``url``: s3://BUCKET/FOLDER, gs://… or az://…; s3 of another provider by the variable AWS_ENDPOINT_URL."""
        self.url, self._pauses = url.rstrip("/"), pauses
        try:
            if url.startswith("memory://"):
                self._store: Any = obstore.store.MemoryStore()
            else:
                self._store = obstore.store.from_url(self.url, **_options())
        except (exceptions.BaseError, ValueError) as error:
            raise StoreRefused(f"{url} is no bucket that can be opened: {_line(error)}") from error

    def create(self, name: str, content: bytes, lasting: bool = True) -> bool:
        """See Store.create; of two attempts of one call, the second may find what the first wrote, though it seemed to fail."""
        attempts = 0

        def write() -> bool:
            nonlocal attempts
            attempts += 1
            try:
                obstore.put(self._store, name, content, mode="create", use_multipart=False)
            except exceptions.AlreadyExistsError:
                return False
            return True

        if self._again(name, write):
            return True
        return attempts > 1 and self.get(name) == content

    def put(self, name: str, content: bytes, lasting: bool = True) -> None:
        """See Store.put."""
        self._again(name, lambda: obstore.put(self._store, name, content))

    def put_file(self, name: str, path: Path) -> None:
        """See Store.put_file; in pieces, where it is large."""
        self._again(name, lambda: obstore.put(self._store, name, path))

    def get(self, name: str) -> bytes | None:
        """See Store.get."""

        def read() -> bytes | None:
            try:
                return bytes(obstore.get(self._store, name).bytes())
            except (exceptions.NotFoundError, FileNotFoundError):
                return None

        return self._again(name, read)

    def list(self, prefix: str) -> Iterator[Entry]:
        """See Store.list; a page that fails is asked for again from where the last one ended."""
        last: str | None = None
        while True:
            page = self._again(prefix, lambda after=last: self._page(prefix, after))  # type: ignore[misc]
            if not page:
                return
            yield from page
            last = page[-1].name

    def delete(self, name: str) -> None:
        """See Store.delete."""

        def remove() -> None:
            try:
                obstore.delete(self._store, name)
            except (exceptions.NotFoundError, FileNotFoundError):
                return

        self._again(name, remove)

    def _page(self, prefix: str, after: str | None) -> Sequence[Entry]:
        stream = obstore.list(self._store, prefix or None, offset=after, chunk_size=1000)
        for chunk in stream:
            # Without the folder's own mark, which a provider's pages put there: its name here is none.
            found = [Entry(m["path"], m["size"], m["last_modified"].timestamp()) for m in chunk if m["path"]]
            if found:
                return sorted(found, key=lambda entry: entry.name)
        return []

    def _again(self, name: str, request: Callable[[], Result]) -> Result:
        for attempt, pause in enumerate((*self._pauses, None), 1):
            try:
                return request()
            except _REFUSALS as error:
                raise StoreRefused(
                    f"{self.url}/{name}: the store forbids it ({_line(error)}): the rights to read, write and list are needed."
                ) from error
            except (exceptions.NotFoundError, FileNotFoundError) as error:
                raise StoreRefused(f"{self.url}: there is no such bucket ({_line(error)}).") from error
            except (exceptions.BaseError, OSError) as error:
                if any(word in str(error) for word in _NO_BUCKET):
                    raise StoreRefused(f"{self.url}: there is no such bucket ({_line(error)}).") from error
                if _is_full(error):
                    raise StoreRefused(f"{self.url}/{name}: the store is full ({_line(error)}).") from error
                if attempt >= _KEY_ATTEMPTS and any(service in str(error) for service in _KEY_SERVICES):
                    raise StoreRefused(
                        f"{self.url}: no keys were given, and this machine has none of its own; set {_keys(self.url)}."
                    ) from error
                if pause is None:
                    raise StoreError(
                        f"{self.url}/{name}: the store does not answer after {len(self._pauses) + 1} attempts ({_line(error)}); "
                        "what is done is kept, run the command again."
                    ) from error
                time.sleep(pause * random.uniform(1, 2))
        raise AssertionError


def _options() -> dict[str, Any]:
    endpoint = os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("AWS_ENDPOINT") or ""
    client = {**_CLIENT, **({"allow_http": True} if endpoint.startswith("http://") else {})}
    return {"client_options": client, "retry_config": _RETRY}


def _keys(url: str) -> str:
    """The variables that a provider's keys are read from."""
    return {
        "gs": "GOOGLE_APPLICATION_CREDENTIALS",
        "az": "AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY",
    }.get(url.split(":")[0], "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")


def _is_full(error: Exception) -> bool:
    return any(word in str(error) for word in ("QuotaExceeded", "InsufficientStorage", "507 "))


def _line(error: Exception) -> str:
    """The first line of what may be pages of a debug format."""
    lines = str(error).strip().splitlines()
    return lines[0].split(": <?xml")[0][:300] if lines else type(error).__name__
