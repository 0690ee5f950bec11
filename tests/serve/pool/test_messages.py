"""Messages between the web process and a worker."""

from __future__ import annotations

import io

import msgspec

from posetune.serve.pool import messages
from posetune.serve.pool.messages import Ask, Reply


def test_messages_come_back():
    stream = io.BytesIO()
    messages.write(stream, Ask("picture", {"text": b"\xff", "n": 1}))
    messages.write(stream, Reply({"json": b"{}"}))
    stream.seek(0)
    ask = msgspec.msgpack.decode(messages.read(stream), type=Ask)
    assert (ask.kind, ask.payload) == ("picture", {"text": b"\xff", "n": 1})
    assert msgspec.msgpack.decode(messages.read(stream), type=Reply).value == {"json": b"{}"}
    assert messages.read(stream) is None


def test_what_is_cut_off_or_too_long_is_the_end():
    assert messages.read(io.BytesIO(b"\x05\0\0\0abc")) is None
    assert messages.read(io.BytesIO(b"\xff\xff\xff\xff" + bytes(100))) is None
