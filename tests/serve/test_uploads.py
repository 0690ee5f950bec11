"""Raw bodies: counted, bounded in size and time, and gone afterwards."""

from __future__ import annotations

import asyncio
import errno
import shutil
import socket
from collections import namedtuple
from pathlib import Path

import pytest
from starlette.requests import Request
from tests.helpers.server import running

from posetune.serve import uploads as uploads_module
from posetune.serve.problem import Problem
from posetune.serve.settings import Limits
from posetune.serve.uploads import Uploads, bytes_below


def _request(*parts: bytes, length: str | None = None, wait: float = 0.0, gone: bool = False) -> Request:
    """A request whose body comes in ``parts``, ``wait`` seconds before each; ``gone``: the sender is lost before the end."""
    left = list(parts)

    async def receive() -> dict:
        await asyncio.sleep(wait)
        if not left and gone:
            return {"type": "http.disconnect"}
        part = left.pop(0) if left else b""
        return {"type": "http.request", "body": part, "more_body": bool(left) or gone}

    headers = [] if length is None else [(b"content-length", length.encode())]
    return Request({"type": "http", "headers": headers}, receive)


def _received(uploads: Uploads, request: Request, most: int = 1000) -> tuple[bytes, int, Path]:
    async def receive() -> tuple[bytes, int, Path]:
        async with uploads.receive(request, most) as upload:
            return upload.path.read_bytes(), upload.path.stat().st_mode & 0o777, upload.path

    return asyncio.run(receive())


@pytest.fixture
def uploads(tmp_path):
    found = Uploads(tmp_path, Limits(body_silence=0.2, body_rate=1000, disk_bytes=10_000))
    yield found
    assert [p.name for p in found.folder.iterdir()] == ["lock"]  # nothing stays, whatever happened
    found.close()
    assert not found.folder.exists()


def test_a_body_lies_in_a_file_that_nobody_else_reads_and_is_removed(uploads):
    content, mode, path = _received(uploads, _request(b"ab", b"c"))
    assert (content, mode) == (b"abc", 0o600)
    assert not path.exists()


@pytest.mark.parametrize("length", [None, "3", "-5", "0", "nonsense", "1001"])
def test_bytes_are_counted_whatever_the_head_says(uploads, length):
    with pytest.raises(Problem) as caught:
        _received(uploads, _request(*[bytes(100)] * 11, length=length))
    assert caught.value.status == 413


@pytest.mark.parametrize("size", [0, 10, 20, 21, 100])
def test_a_small_body_needs_no_file(uploads, monkeypatch, size):
    monkeypatch.setattr(uploads_module, "IN_MEMORY", 20)
    content = bytes(range(size))

    async def receive() -> bytes | str:
        async with uploads.receive_small(_request(*[content[i : i + 7] for i in range(0, size, 7)]), 1000) as found:
            return found if isinstance(found, bytes) else Path(found).read_bytes()

    assert asyncio.run(receive()) == content


def test_a_small_body_is_counted_too(uploads):
    async def receive() -> None:
        async with uploads.receive_small(_request(bytes(2000)), 1000):
            pass

    with pytest.raises(Problem) as caught:
        asyncio.run(receive())
    assert caught.value.status == 413


def test_a_body_of_the_greatest_length_is_taken(uploads):
    assert len(_received(uploads, _request(bytes(1000)))[0]) == 1000


def test_silence_ends_it(uploads):
    with pytest.raises(Problem) as caught:
        _received(uploads, _request(b"a", wait=1.0))
    assert caught.value.status == 408


def test_a_byte_at_a_time_is_too_slow(uploads):
    with pytest.raises(Problem) as caught:
        _received(uploads, _request(*[b"a"] * 100, wait=0.02))
    assert caught.value.status == 408


def test_a_connection_that_is_lost_ends_it(uploads):
    with pytest.raises(Problem) as caught:
        _received(uploads, _request(b"a", gone=True))
    assert caught.value.status == 400


def test_a_full_disk_is_told_and_leaves_nothing(uploads, monkeypatch):
    usage = namedtuple("usage", "free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1000))
    with pytest.raises(Problem) as caught:
        _received(uploads, _request(b"a"))
    assert caught.value.status == 503

    def no_room(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.undo()
    monkeypatch.setattr(uploads_module, "open", no_room, raising=False)
    with pytest.raises(Problem) as caught:
        _received(uploads, _request(b"a"))
    assert caught.value.status == 503


def test_the_quota_counts_all_files_of_the_data_folder(uploads, tmp_path):
    (tmp_path / "jobs").mkdir()
    (tmp_path / "jobs" / "video").write_bytes(bytes(9_999))
    assert bytes_below(tmp_path) == 9_999
    with pytest.raises(Problem) as caught:
        _received(uploads, _request(b"ab"))
    assert caught.value.status == 503


def test_what_a_killed_server_left_is_removed_and_what_a_living_one_has_is_not(tmp_path):
    left = tmp_path / "uploads" / "left"
    left.mkdir(parents=True)
    (left / "lock").touch()
    (left / "body").write_bytes(b"old")
    first = Uploads(tmp_path, Limits())
    assert not left.exists()
    second = Uploads(tmp_path, Limits())
    assert first.folder.exists()
    first.close()
    second.close()


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A server of little patience."""
    limits = Limits(picture_bytes=100_000, body_silence=0.3)
    with running(tmp_path_factory.mktemp("small"), limits=limits) as server:
        yield server


def _raw(server, text: str, *more: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", server.port), 10) as connection:
        connection.sendall(text.replace("\n", "\r\n").replace("HOST", f"Host: 127.0.0.1:{server.port}").encode())
        for part in more:
            connection.sendall(part)
        found = b""
        while part := connection.recv(4096):
            found += part
        return found


POST = "POST /api/v1/predict HTTP/1.1\nHOST\nContent-Type: image/jpeg\n"


def test_lengths_that_cannot_be_are_no_requests(small):
    for length in ("-1", "1e9", "0x10", "99999999999999999999999999", "5, 6"):
        assert _raw(small, f"{POST}Content-Length: {length}\n\n").startswith(b"HTTP/1.1 400 Bad Request")
    assert _raw(small, f"{POST}Content-Length: 5\nTransfer-Encoding: chunked\n\n").startswith(b"HTTP/1.1 400")


def test_a_length_that_is_not_kept_is_too_slow(small):
    answer = _raw(small, f"{POST}Connection: close\nContent-Length: 5000\n\n", b"abc")
    assert answer.startswith(b"HTTP/1.1 408")
    assert b"application/problem+json" in answer


def test_a_body_in_chunks_is_counted(small):
    answer = small.ask("POST", "/api/v1/predict", iter([bytes(30_000)] * 5), {"Content-Type": "image/jpeg"})
    assert answer.status == 413
    assert [p.name for p in small.services.uploads.folder.iterdir()] == ["lock"]
