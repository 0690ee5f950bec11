"""A worker: what it makes of errors, and that it goes when the server does."""

from __future__ import annotations

import signal
import subprocess
import sys

import msgspec
import pytest

from posetune.errors import PosetuneError
from posetune.serve.pool import messages, worker
from posetune.serve.pool.context import Context, Refused
from posetune.serve.pool.messages import Ask
from posetune.serve.pool.process import environment
from posetune.serve.settings import Limits


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (Refused(415, "No."), 415, "No."),
        (PosetuneError("Bad."), 422, "Bad."),
        (MemoryError(), 413, "memory"),
        (ValueError("secret"), 422, "could not be processed"),
    ],
)
def test_whatever_goes_wrong_is_an_answer(monkeypatch, error, status, said):
    def fail(context: Context, payload: dict) -> None:
        raise error

    monkeypatch.setattr(worker, "_work", lambda kind: fail)
    reply = worker.answer(Context(Limits()), Ask("x", {}))
    assert reply.status == status
    assert said in reply.detail
    assert "secret" not in reply.detail + reply.trace


def test_what_nobody_foresaw_says_where(monkeypatch):
    monkeypatch.setattr(worker, "_work", lambda kind: lambda context, payload: payload["nix"])
    reply = worker.answer(Context(Limits()), Ask("x", {}))
    assert reply.trace.startswith("KeyError test_worker.py:")


def test_what_takes_too_much_of_a_processor_ends_the_worker():
    code = "from posetune.serve.pool.worker import allow\nallow(0)\nwhile True:\n    pass"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == -signal.SIGXCPU


def test_a_worker_ends_with_its_server():
    process = subprocess.Popen(
        [sys.executable, "-m", "posetune.serve.pool.worker"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        env=environment(Limits()),
    )  # fmt: skip
    messages.write(process.stdin, Ask("limits", msgspec.to_builtins(Limits())))
    messages.write(process.stdin, Ask("nix", {}))
    reply = msgspec.msgpack.decode(messages.read(process.stdout), type=messages.Reply)
    assert reply.trace.startswith("KeyError")
    process.stdin.close()
    assert process.wait(10) == 0
    process.stdout.close()
