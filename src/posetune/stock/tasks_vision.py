"""Google's ``@mediapipe/tasks-vision``, as a page needs it: from the cache, an installed ``node_modules``, or the user's npm.

It is Apache-2.0 and not shipped with posetune: 13 MB of WebAssembly that only those need who write a page.
"""

from __future__ import annotations

import base64
import hashlib
import tarfile
import tempfile
from pathlib import Path

from posetune.errors import PosetuneError
from posetune.files import write_bytes
from posetune.stock import cache
from posetune.stock.fetch import pack_with_npm

VERSION = "1.1.0"
PACKAGE = f"@mediapipe/tasks-vision@{VERSION}"
#: The package's ``dist.integrity``, as npm writes it into lock files.
INTEGRITY = "sha512-ZJqh0wMKOINorfSffvDAxzyO1//c+FiG3IkzOdNDnLqvBB3DbMfj0bB/tys2SNf9S914sgoIbIpF4HTOi336cg=="
#: What a page loads: path inside the package → sha256. The WebAssembly wants SIMD, which browsers have since 2021 to 2023.
FILES = {
    "vision_bundle.mjs": "9d5fc9ef74b22329cf9aa88dc543956d192b8c254210b187271614713eb5b10c",
    "wasm/vision_wasm_internal.js": "7c652617b5bef832f42878ce8c5f752b0724bca6054e4bc1013a37d4b1949723",
    "wasm/vision_wasm_internal.wasm": "782eda3ec1f414fdb4f1d66a8b59093eb4d5ab437e06117796abf05962d68eef",
}
_MEGABYTES = 11  # of the package, packed
_INSTEAD = f"or install it where you are: npm install {PACKAGE}"


def files(beside: Path | None = None) -> dict[str, bytes]:
    """Path inside the package → content, of :data:`FILES`, verified to the byte.

    Looked for in the cache, then in ``node_modules`` of ``beside`` (default: the current folder) and of the folders above it,
    then fetched with ``npm pack`` and kept in the cache.

    Raises PosetuneError without npm or network, and where npm delivers something else than was pinned.
    """
    archive = cache.folder() / "npm" / f"mediapipe-tasks-vision-{VERSION}.tgz"
    if archive.is_file() and _integrity(archive.read_bytes()) == INTEGRITY:
        return _unpacked(archive)
    installed = _installed(beside or Path.cwd())
    if installed is not None:
        return installed
    with cache.one_writer():
        if not archive.is_file() or _integrity(archive.read_bytes()) != INTEGRITY:
            write_bytes(archive, _packed())
    return _unpacked(archive)


def _installed(folder: Path) -> dict[str, bytes] | None:
    """What ``npm install`` left in ``folder`` or above it, if it is this version and untouched."""
    for above in (folder.absolute(), *folder.absolute().parents):
        package = above / "node_modules" / "@mediapipe" / "tasks-vision"
        try:
            found = {name: (package / name).read_bytes() for name in FILES}
        except OSError:
            continue
        if all(cache.sha256(content) == FILES[name] for name, content in found.items()):
            return found
    return None


def _packed() -> bytes:
    with tempfile.TemporaryDirectory(prefix=".fetch-", dir=cache.folder()) as folder:
        content = pack_with_npm(PACKAGE, Path(folder), f"npm {PACKAGE}", _MEGABYTES, _INSTEAD).read_bytes()
    if _integrity(content) != INTEGRITY:
        raise PosetuneError(
            f"npm delivers something else as {PACKAGE} than Google published ({_integrity(content)[:20]}…): check its registry "
            "settings; nothing was kept."
        )
    return content


def _unpacked(archive: Path) -> dict[str, bytes]:
    with tarfile.open(archive) as packed:
        streams = {name: packed.extractfile(f"package/{name}") for name in FILES}
        return {name: stream.read() for name, stream in streams.items() if stream is not None}


def _integrity(content: bytes) -> str:
    return "sha512-" + base64.b64encode(hashlib.sha512(content).digest()).decode()
