"""The store that a URL means."""

from __future__ import annotations

from pathlib import Path

from posetune.errors import PosetuneError, pip_install
from posetune.scale.folder import Folder
from posetune.scale.store import Store, is_bucket


def store_of(url: str | Path) -> Store:
    """The store that ``url`` means: a folder, or s3://BUCKET/…, gs://…, az://….

    Raises PosetuneError for another kind of URL, and for a bucket where obstore is not installed.
    """
    text = str(url)
    if is_bucket(text):
        try:
            from posetune.scale.bucket import Bucket
        except ModuleNotFoundError as error:
            raise PosetuneError(
                f"A bucket needs {error.name}, which is not installed: {pip_install('scale')}"
            ) from error

        return Bucket(text)
    path = text.removeprefix("file://")
    if "://" in path:
        raise PosetuneError(f"{text} is no place for a job: a folder, or s3://BUCKET/…, gs://… or az://….")
    return Folder(path)
