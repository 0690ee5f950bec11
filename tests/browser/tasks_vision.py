"""``@mediapipe/tasks-vision`` for the tests: fetched by the user's own npm, verified, kept in posetune's cache folder."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from posetune.files import write_bytes
from posetune.stock import cache

PACKAGE = "@mediapipe/tasks-vision@1.1.0"
#: The package's ``dist.integrity``, as npm writes it into lock files.
INTEGRITY = "sha512-ZJqh0wMKOINorfSffvDAxzyO1//c+FiG3IkzOdNDnLqvBB3DbMfj0bB/tys2SNf9S914sgoIbIpF4HTOi336cg=="
_FILES = ("vision_bundle.mjs", "wasm/vision_wasm_internal.js", "wasm/vision_wasm_internal.wasm")


class Unavailable(Exception):
    """Why the package is not there, in words."""


def files() -> dict[str, bytes]:
    """What a page loads of the package: path inside it -> content. Raises Unavailable without npm or network."""
    folder = cache.folder() / "npm"
    archive = folder / (PACKAGE.strip("@").replace("/", "-").replace("@", "-") + ".tgz")
    if not archive.is_file() or _integrity(archive) != INTEGRITY:
        with cache.one_writer():
            write_bytes(archive, _packed())
    with tarfile.open(archive) as packed:
        found = {name: packed.extractfile(f"package/{name}") for name in _FILES}
        return {name: member.read() for name, member in found.items() if member is not None}


def _packed() -> bytes:
    npm = shutil.which("npm")
    if npm is None:
        raise Unavailable("npm is not installed")
    with tempfile.TemporaryDirectory() as folder:
        settings = {"npm_config_fetch_retries": "1", "npm_config_update_notifier": "false", **os.environ}
        command = [npm, "pack", PACKAGE, "--loglevel", "error"]
        result = subprocess.run(command, cwd=folder, env=settings, capture_output=True, text=True, timeout=120)
        made = list(Path(folder).glob("*.tgz"))
        if result.returncode != 0 or len(made) != 1:
            raise Unavailable(f"npm cannot fetch {PACKAGE}: {result.stderr.strip()[-300:]}")
        if _integrity(made[0]) != INTEGRITY:
            raise Unavailable(f"{PACKAGE} has another content than was pinned ({_integrity(made[0])[:20]}…)")
        return made[0].read_bytes()


def _integrity(file: Path) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(file.read_bytes()).digest()).decode()
