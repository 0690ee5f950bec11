"""What goes between the web process and a worker: MessagePack behind four bytes of length."""

from __future__ import annotations

import struct
from typing import Any, BinaryIO

import msgspec

#: No answer is larger: the drawn masks of a picture's people are some MB.
MAX_BYTES = 256 * 2**20
_LENGTH = struct.Struct("<I")


class Ask(msgspec.Struct, array_like=True):
    """``kind``: what is to be done, a key of ``worker.KINDS``; ``payload``: what with; ``processor``: seconds of one that it
    may take, or the worker is ended.
    """

    kind: str
    payload: dict[str, Any]
    processor: int = 60


class Reply(msgspec.Struct, array_like=True):
    """``value``: what was asked for; or ``status`` (an HTTP status, not 0) and ``detail``, why there is none; ``trace``: where in
    the code an error arose that nobody foresaw, without anything of the input; ``line``: of a text in the input, 0 where none.
    """

    value: Any = None
    status: int = 0
    detail: str = ""
    trace: str = ""
    line: int = 0


def write(stream: BinaryIO, message: Ask | Reply) -> None:
    """Raises OSError if the other side is gone."""
    content = msgspec.msgpack.encode(message)
    stream.write(_LENGTH.pack(len(content)) + content)
    stream.flush()


def read(stream: BinaryIO) -> bytes | None:
    """The next message, to be decoded; None if the other side is gone."""
    head = _exactly(stream, _LENGTH.size)
    if head is None:
        return None
    (length,) = _LENGTH.unpack(head)
    return None if length > MAX_BYTES else _exactly(stream, length)


def _exactly(stream: BinaryIO, count: int) -> bytes | None:
    parts, missing = [], count
    while missing:
        part = stream.read(missing)
        if not part:
            return None
        parts.append(part)
        missing -= len(part)
    return b"".join(parts)
