"""A static folder that finds poses in the browser: the bundle, the page of the web app, and MediaPipe's own runtime for the web.

No server, no upload: any web server hands the folder out, and the page's policy lets it talk to nobody else.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path, PurePosixPath

from posetune._version import __version__
from posetune.coach.drawn import drawn_skeleton
from posetune.coach.errors import stock_errors
from posetune.coach.exercise import library
from posetune.coach.plain import plain
from posetune.coach.ranges import default_ranges, to_content
from posetune.errors import PosetuneError
from posetune.runtime.pose import MIN_VISIBILITY
from posetune.stock import tasks_vision

#: What tells a folder that this module wrote, which may be written anew, from one that holds something else.
MARK = "device.json"
BUNDLE = "pose.task"
_PAGE = "device.html"
#: What the page asks for by name; what these scripts import comes along, and so do the style sheets and the icon of the page.
_SCRIPTS = ("js/theme.js", "js/pages/device.js")
_TEXTS = ("i18n/en.json", "i18n/zh.json")
_SAMPLE = "samples/warrior.webp"
_LINK = re.compile(r'<link rel="(?:stylesheet|icon)" href="([^"]+)"')
_IMPORT = re.compile(r'^\s*(?:import|export)\b[^;]*?from\s+"(\.[^"]+)"|^\s*import\s+"(\.[^"]+)"', re.MULTILINE)
_NOTICE = f"""\
This folder was written by posetune {__version__} (Apache-2.0).

tasks-vision/ holds files of {tasks_vision.PACKAGE}, Copyright Google, Apache-2.0, unchanged but for the ending of
vision_bundle.mjs, for servers that do not know it: https://www.apache.org/licenses/LICENSE-2.0
That package reports to Google once a minute how it is used (https://goo.gle/mediapipe-privacy). The Content-Security-Policy of
index.html does not let it: leave the policy in place, or ask your visitors for their consent.

Look at it: python -m http.server, here, and http://localhost:8000 in a browser. A camera needs https or localhost.
ranges in device.json: the degrees that each joint may have; coach: exercises, their limits and what is said. Change them as you
like.
"""


@dataclass(frozen=True)
class NetworkName:
    """As the web app names a network. ``sha256``: of the landmark network alone, as in every answer of the server."""

    name: str
    sha256: str


def checked(folder: str | Path) -> Path:
    """Where to write. Raises PosetuneError for a folder that holds something else than an earlier export, and for a file."""
    folder = Path(folder)
    if folder.is_file():
        raise PosetuneError(f"Cannot export to {folder}: it is a file; give a new or empty folder.")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise PosetuneError(f"Cannot export to {folder}: it holds something else; give a new or empty folder.")
    return folder


def write(
    folder: str | Path,
    task: bytes,
    network: NetworkName,
    package: dict[str, bytes],
    errors: Mapping[str, float] | None = None,
) -> int:
    """Write everything that a browser needs; returns how many bytes that is.

    ``task``: a bundle; ``package``: what ``stock.tasks_vision.files`` gives; ``errors``: joint → how far the network's angles are
    off there, degrees, for the coach (None: stock's). A folder of an earlier export is replaced as a
    whole: whoever looks finds the old one or the new one.

    Raises PosetuneError as :func:`checked`, and if it cannot be written.
    """
    folder = checked(folder).absolute()
    files = {
        **_page(),
        **_vendored(package),
        BUNDLE: task,
        MARK: _facts(network, errors or stock_errors()),
        "NOTICE.txt": _NOTICE.encode(),
    }
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        beside = Path(tempfile.mkdtemp(prefix=f".{folder.name[:40]}-", suffix=".tmp-posetune", dir=folder.parent))
        try:
            for name, content in files.items():
                (beside / name).parent.mkdir(parents=True, exist_ok=True)
                (beside / name).write_bytes(content)
            beside.chmod(0o755)  # mkdtemp's own is for nobody else, and web servers are somebody else
            _replace(folder, beside)
        finally:
            shutil.rmtree(beside, ignore_errors=True)
    except OSError as error:
        raise PosetuneError(
            f"Cannot write {folder}: {error.strerror or error}. Choose another place to write to."
        ) from error
    return sum(map(len, files.values()))


def _replace(folder: Path, beside: Path) -> None:
    """``beside`` takes the place of ``folder``; the folder itself may be empty, an earlier export, or not there."""
    old = beside.with_name(f"{beside.name}-old")
    if folder.is_dir() and any(folder.iterdir()):
        folder.rename(old)
        try:
            beside.rename(folder)
        except OSError:
            old.rename(folder)
            raise
        shutil.rmtree(old, ignore_errors=True)
    else:
        beside.replace(folder)


def _page() -> dict[str, bytes]:
    """The page of the web app and what it asks for, at the same paths below the folder."""
    pages = resources.files("posetune").joinpath("serve", "pages")
    html = pages.joinpath(_PAGE).read_text("utf-8")
    linked = _LINK.findall(html)
    names = [*linked, *_closure(pages, _SCRIPTS), *_TEXTS, _SAMPLE]
    return {"index.html": html.encode(), **{name: _read(pages, name) for name in names}}


def _closure(pages: Traversable, entry: Iterable[str]) -> list[str]:
    """The scripts ``entry`` and all that they import, paths below the pages."""
    found: list[str] = []
    ahead = list(entry)
    while ahead:
        name = ahead.pop()
        if name in found:
            continue
        found.append(name)
        for first, second in _IMPORT.findall(_read(pages, name).decode("utf-8")):
            ahead.append(_joined(PurePosixPath(name).parent, first or second))
    return sorted(found)


def _joined(folder: PurePosixPath, target: str) -> str:
    parts = list(folder.parts)
    for part in PurePosixPath(target).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _read(pages: Traversable, name: str) -> bytes:
    return pages.joinpath(*name.split("/")).read_bytes()


def _vendored(package: dict[str, bytes]) -> dict[str, bytes]:
    """Older web servers do not know .mjs as a script, and browsers refuse it then."""
    return {f"tasks-vision/{name.replace('.mjs', '.js')}": content for name, content in package.items()}


def _facts(network: NetworkName, errors: Mapping[str, float]) -> bytes:
    facts = {
        "posetune": __version__,
        "network": asdict(network),
        "skeleton": drawn_skeleton(),
        "ranges": to_content(default_ranges())["ranges"],
        "min_visibility": MIN_VISIBILITY,
        "coach": {"exercises": [plain(e) for e in library().values()], "errors": dict(errors)},
    }
    return (json.dumps(facts, indent=1) + "\n").encode()
