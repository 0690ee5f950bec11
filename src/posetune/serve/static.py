"""The pages, from a fixed table: nothing else of the disk can be reached, whatever a path says."""

from __future__ import annotations

import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

from posetune.serve.problem import Problem

FOLDER = Path(__file__).parent / "pages"

#: Path of a page → its file. A new page is a file and a line here.
PAGES = {
    "/": "analyse.html",
    "/video": "video.html",
    "/webcam": "webcam.html",
    "/compare": "compare.html",
    "/annotate": "annotate.html",
    "/exercises": "exercises.html",
    "/ranges": "ranges.html",
    "/networks": "networks.html",
    "/learning": "learning.html",
    "/api/docs": "docs.html",
}
#: Below it, every file of the folder.
STATIC = "/static/"

# Not the system's tables, which differ.
_TYPES = mimetypes.MimeTypes(filenames=())
for _suffix, _type in {
    ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".html": "text/html", ".json": "application/json",
    ".svg": "image/svg+xml", ".webp": "image/webp", ".woff2": "font/woff2", ".webm": "video/webm", ".wasm": "application/wasm",
    ".txt": "text/plain", ".md": "text/plain",
}.items():  # fmt: skip
    _TYPES.add_type(_type, _suffix)


@dataclass(frozen=True)
class File:
    path: Path
    media_type: str


def table(folder: Path = FOLDER) -> dict[str, File]:
    """Path of a URL → file, of what there is when the server starts. Links are not followed out of the folder."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.resolve().is_relative_to(folder.resolve()):
            media_type = _TYPES.guess_type(path.name)[0] or "application/octet-stream"
            found[STATIC + path.relative_to(folder).as_posix()] = File(path, media_type)
    return found | {page: found[STATIC + name] for page, name in PAGES.items() if STATIC + name in found}


async def answer(request: Request) -> Response:
    """The file of a path of the table; 304 where the browser has it. Raises Problem (404)."""
    file: File | None = request.app.state.files.get(request.scope["path"])
    if file is None:
        raise Problem(404, "There is no such page.")
    content = file.path.read_bytes()
    tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    headers = {"etag": tag, "cache-control": "no-cache"}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return Response(content, headers=headers, media_type=file.media_type)
