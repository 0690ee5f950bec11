"""Programs for the tests that are npm packages: fetched by the user's own npm, verified, kept in posetune's cache folder."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import tarfile
import tempfile
from pathlib import Path

import pytest

from posetune.errors import PosetuneError
from posetune.stock import cache
from posetune.stock.fetch import pack_with_npm

#: name@version → ``dist.integrity``, as npm writes it into lock files.
PINNED = {
    # Apache-2.0. 7 comes as a program for each platform; the last of the one that is JavaScript alone.
    "typescript@5.9.3": "sha512-jl1vZzPDinLr9eUt3J/t7V6FgNEw9QjvBPdysz9KfQDD41fQrC2Y4vKQdiaUpFT4bXlb1RHhLpp8wtm6M5TgSw==",
    "axe-core@4.14.0": "sha512-9WTZxEjsZ7b13TH8JPmbV2z8CHbl80/2hm3XPEG4JgNdQLK81IBRXmSxHfMAOkSqQeRxT/0dwNDz2GOm3zzpcQ==",  # MPL-2.0
}


def unpacked(package: str) -> Path:
    """The folder of ``package`` (``name@version``, of PINNED). Skips without npm or network, unless CI is set."""
    folder = cache.folder() / "npm" / package.replace("@", "-")
    if not (folder / "package.json").is_file():
        try:
            _fetch(package, folder)
        except PosetuneError as error:
            if os.environ.get("CI"):
                raise
            pytest.skip(str(error))
    return folder


def _fetch(package: str, folder: Path) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True)
    with cache.one_writer(), tempfile.TemporaryDirectory(prefix=".fetch-", dir=folder.parent) as scratch:
        if (folder / "package.json").is_file():
            return  # another process was first
        content = pack_with_npm(
            package, Path(scratch), f"npm {package}", 30, f"or run npm install {package}"
        ).read_bytes()
        digest = "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
        assert digest == PINNED[package], f"npm delivers something else as {package}"
        (archive := Path(scratch) / "package.tgz").write_bytes(content)
        with tarfile.open(archive) as packed:
            packed.extractall(scratch, filter="data")
        shutil.rmtree(folder, ignore_errors=True)
        (Path(scratch) / "package").rename(folder)
