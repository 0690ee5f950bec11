"""A registry in a bucket of an S3-compatible store, through obstore: a put that only creates is one request."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from posetune.errors import PosetuneError, pip_install

try:
    from obstore.exceptions import AlreadyExistsError, BaseError, NotFoundError
    from obstore.store import S3Store
except ModuleNotFoundError as missing:
    raise PosetuneError(f"A registry in a bucket needs obstore: {pip_install('learn')}") from missing

#: Seconds that a store may take for one answer, and for all tries of one request.
_PATIENCE, _TRIES = timedelta(seconds=10), timedelta(seconds=20)
#: Where a machine of AWS keeps its keys.
_METADATA = "169.254.169.254"


class Bucket:
    """See :class:`posetune.store.registry.place.Place`. Keys, region and endpoint are those of AWS's environment variables
    (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_ENDPOINT_URL); s3://BUCKET/PREFIX?endpoint=URL&region=R names
    the last two as well.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        query = {key: values[-1] for key, values in parse_qs(parts.query).items()}
        unknown = query.keys() - {"endpoint", "region"}
        if not parts.netloc or unknown or "@" in parts.netloc:
            raise PosetuneError(
                f"A bucket is named by s3://BUCKET/PREFIX?endpoint=URL&region=R, keys by AWS's environment variables; "
                f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path} is not."
            )
        self.name = f"s3://{parts.netloc}{parts.path}".rstrip("/")
        endpoint = query.get("endpoint") or os.environ.get("AWS_ENDPOINT_URL")
        config: dict[str, Any] = {"region": query.get("region") or os.environ.get("AWS_REGION") or "us-east-1"}
        if endpoint:
            config["endpoint"] = endpoint
        self._store = S3Store(
            parts.netloc,
            prefix=parts.path.strip("/") or None,
            config=config,  # type: ignore[arg-type]
            client_options={"allow_http": bool(endpoint and endpoint.startswith("http://")), "timeout": _PATIENCE},
            retry_config={"max_retries": 3, "retry_timeout": _TRIES},
        )

    def create(self, name: str, content: bytes) -> bool:
        with self._explained("written"):
            try:
                self._store.put(name, content, mode="create", use_multipart=False)
            except AlreadyExistsError:
                # Ours, where the answer to a first try was lost and it was tried again.
                return self._bytes(name) == content
        return True

    def check_writable(self) -> None:
        pass

    def read(self, name: str) -> bytes | None:
        with self._explained("read"):
            return self._bytes(name)

    def names(self, folder: str, after: str = "") -> list[str]:
        with self._explained("read"):
            found = [
                meta["path"].removeprefix(f"{folder}/")
                for chunk in self._store.list(folder, offset=f"{folder}/{after}" if after else None)
                for meta in chunk
            ]
        return sorted(name for name in found if "/" not in name and name > after)

    def folders(self, folder: str) -> list[str]:
        with self._explained("read"):
            found = self._store.list_with_delimiter(folder)["common_prefixes"]
        return sorted(prefix.rstrip("/").rpartition("/")[2] for prefix in found)

    def _bytes(self, name: str) -> bytes | None:
        try:
            return bytes(self._store.get(name).bytes())
        except (NotFoundError, FileNotFoundError):
            return None

    @contextlib.contextmanager
    def _explained(self, done: str) -> Iterator[None]:
        try:
            yield
        except (BaseError, OSError, ValueError) as error:
            text = " ".join(str(error).split("\n")[0].split())[:200]
            if _METADATA in text:  # asked of the machine, where nobody gave any
                text = "it wants keys, and AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are not set"
            raise PosetuneError(
                f"The registry {self.name} cannot be {done}: {text.rstrip('.')}. Is the store there, and are its keys right?"
            ) from error
