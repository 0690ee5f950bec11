"""Where a registry lies: a folder, or a bucket of an S3-compatible store. Files are made once and never changed."""

from __future__ import annotations

from typing import Protocol

from posetune.errors import PosetuneError


class Place(Protocol):
    """Names are paths with "/", below the registry. All raise PosetuneError, one sentence, where the place cannot be used."""

    @property
    def name(self) -> str:
        """For messages; without secrets."""
        ...

    def create(self, name: str, content: bytes) -> bool:
        """Write a file that nobody has written, whole and on the disk when it returns; False, and nothing is changed, where
        there is one already.
        """
        ...

    def check_writable(self) -> None:
        """Find out before hours of work that its result has no place; a bucket cannot tell without leaving something behind."""
        ...

    def read(self, name: str) -> bytes | None:
        """The content of a file; None if there is none."""
        ...

    def names(self, folder: str, after: str = "") -> list[str]:
        """The names of the files in ``folder``, without those in folders of its own, that sort behind ``after``; in order."""
        ...

    def folders(self, folder: str) -> list[str]:
        """The names of the folders in ``folder``, in order."""
        ...


def place_of(url: str, make: bool = False) -> Place:
    """The place of ``url``: a folder's path, file:///…, or s3://BUCKET/PREFIX. ``make``: a folder that is not there is made.

    Raises PosetuneError for another URL, a folder that is not there, and where obstore is missing.
    """
    if url.startswith("s3://"):
        from posetune.store.registry.bucket import Bucket

        return Bucket(url)
    from posetune.store.registry.folder import Folder

    path = url.removeprefix("file://")
    if "://" in path or not path:
        raise PosetuneError(f"A registry is a folder or s3://BUCKET/PREFIX; {url!r} is neither.")
    return Folder(path, make)
