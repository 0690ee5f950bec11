"""A task of pictures on a CVAT server: made once, and of all its pictures or not at all.

CVAT appends a file that is sent again to what it has of it: what was sent in part cannot be gone on with, and cannot be told from
what was sent whole. So a task that never got all its pictures is deleted, which costs nobody anything, and made anew.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from posetune.errors import PosetuneError
from posetune.files import read_bytes
from posetune.label.cvat.server import Ask, Lost, NotThere, Server, do_once
from posetune.progress import Reporter

#: Of the copies that annotators see; the pictures themselves stay on the server as they are.
_QUALITY = 90
_MOST_BYTES, _MOST_FILES = 20 << 20, 100

#: A picture's name on the server, and the file.
File = tuple[str, Path]


def make_task(server: Server, body: Mapping[str, Any], files: Sequence[File], find: Ask, report: Reporter) -> int:
    """A task with ``files`` as its frames, in that order; its number. ``body``: what it is to be, as the API takes it; ``find``
    looks for it, by a name that no other has.

    Raises PosetuneError where the server refuses, cannot make frames of the pictures, or keeps silent.
    """
    lost = Lost("its tasks stay empty")
    for _ in range(server.patience.tries):
        row = do_once(server, lambda: server.send("POST", "/api/tasks", body=body), find)
        number, request = int(row["id"]), None
        try:
            request = _upload(server, number, files, report)
        except Lost as error:
            lost = error
            report.say(f"{server.url}: {lost}, while pictures were sent; looking what is there.")
        if settle(server, number, request):
            return number
    server.give_up(lost)


def _upload(server: Server, number: int, files: Sequence[File], report: Reporter) -> str | None:
    """Send the pictures; the number of the request by which the server makes frames of them. Raises Lost."""
    path = f"/api/tasks/{number}/data/"
    server.send("POST", path, headers={"Upload-Start": "true"})
    with report.counting("images uploaded", len(files)) as counter:
        for batch in _batches(files):
            sent = {f"client_files[{i}]": file for i, file in enumerate(batch)}
            fields = {"image_quality": str(_QUALITY), **sent}
            server.send("POST", path, files=fields, headers={"Upload-Multiple": "true"})
            counter.step(by=len(batch))
    body = {
        "image_quality": _QUALITY,
        "sorting_method": "predefined",
        "upload_file_order": [name for name, _ in files],
        "use_zip_chunks": True,
        "use_cache": True,
    }
    answer = server.send("POST", path, body=body, headers={"Upload-Finish": "true"})
    return str(answer["rq_id"]) if isinstance(answer, dict) and answer.get("rq_id") else None


def settle(server: Server, number: int, request: str | None, patient: bool = True) -> bool:
    """Wait until the server has made frames of a task's pictures. Where it makes none, for it did not get them all, the
    task, which is empty, is deleted; returns whether it is there. ``request``: as :func:`make_task` was answered; None where the
    answer was lost. ``patient``: what was asked may come late.

    Raises PosetuneError where the server could not make them, or takes too long.
    """
    pauses = list(server.patience.pauses_s) if patient else []
    end = time.monotonic() + server.patience.work_s
    while time.monotonic() < end:
        try:
            row = server.get(f"/api/tasks/{number}")
        except NotThere:
            return False
        if row.get("size"):
            return True
        state, said = _state(server, number, request)
        if state == "failed":
            _delete(server, number)
            raise PosetuneError(
                f"{server.url} could not make a task of the pictures ({' '.join(said.split())[:300]}); what it made is "
                "deleted."
            )
        if state not in ("queued", "started"):
            if not pauses:
                _delete(server, number)
                server.say(f"Task {number} on {server.url} got no pictures; it is deleted, and made anew.")
                return False
            time.sleep(pauses.pop(0))
            continue
        time.sleep(server.patience.poll_s)
    raise PosetuneError(
        f"{server.url} still makes task {number} of its pictures; run the same command again when it is done."
    )


def _state(server: Server, number: int, request: str | None) -> tuple[str, str]:
    """How the making of a task stands, "" where nobody makes it, and what the server says of it."""
    if request is not None:
        try:
            row = server.get(f"/api/requests/{quote(request, safe='')}")
        except NotThere:
            row = None
        return (str(row.get("status", "")), str(row.get("message", ""))) if row else ("", "")
    rows = server.list("/api/requests", task_id=number)
    making = [r for r in rows if (r.get("operation") or {}).get("type", "create:task").startswith("create")]
    newest = max(making, key=lambda r: str(r.get("created_date", "")), default=None)
    return (str(newest.get("status", "")), str(newest.get("message", ""))) if newest else ("", "")


def _delete(server: Server, number: int) -> None:
    """Delete a task that has no pictures, and so nobody's work."""

    def is_gone() -> bool | None:
        try:
            server.get(f"/api/tasks/{number}")
        except NotThere:
            return True
        return None

    def delete() -> bool:
        with contextlib.suppress(NotThere):
            server.send("DELETE", f"/api/tasks/{number}")
        return True

    do_once(server, delete, is_gone)


def _batches(files: Sequence[File]) -> Iterator[list[tuple[str, bytes]]]:
    """(name, content) of the files, in requests of a size that servers take."""
    batch: list[tuple[str, bytes]] = []
    size = 0
    for name, path in files:
        content = read_bytes(path, "the image")
        if batch and (size + len(content) > _MOST_BYTES or len(batch) == _MOST_FILES):
            yield batch
            batch, size = [], 0
        batch.append((name, content))
        size += len(content)
    if batch:
        yield batch
