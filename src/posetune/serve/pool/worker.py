"""A worker process: ``python -m posetune.serve.pool.worker``, asked on standard input, answering on standard output.

It decodes what strangers sent and may die of it: whoever asked sees the stream end, and starts another.
"""

from __future__ import annotations

import contextlib
import importlib
import math
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO

import msgspec

from posetune.errors import PosetuneError
from posetune.serve.pool import messages
from posetune.serve.pool.context import Context, Refused
from posetune.serve.pool.messages import Ask, Reply
from posetune.serve.settings import Limits

#: What a worker does → where: functions of (context, payload) that give what MessagePack knows. Imported when first asked for.
KINDS = {
    "load": ("posetune.serve.pool.network", "load"),
    "drop": ("posetune.serve.pool.network", "drop"),
    "inspect": ("posetune.serve.pool.network", "inspect"),
    "facts": ("posetune.serve.pool.facts", "facts"),
    "keep_ranges": ("posetune.serve.pool.facts", "keep_ranges"),
    "picture": ("posetune.serve.pool.picture", "people"),
    "picture_size": ("posetune.serve.pool.picture", "size"),
    "exercises": ("posetune.serve.pool.exercises", "exercises"),
    "exercise": ("posetune.serve.pool.exercises", "exercise"),
    "tolerances": ("posetune.serve.pool.exercises", "tolerances"),
    **{kind: ("posetune.serve.jobs.coaching", kind) for kind in ("clip_take", "coach", "postures", "faces")},
    "one_person": ("posetune.serve.pool.one_person", "one_person"),
    **{
        kind: ("posetune.serve.jobs.work", kind)
        for kind in ("probe", "track", "live", "frame", "clip", "flags", "forget")
    },
}
_Work = Callable[[Context, dict[str, Any]], Any]


def main() -> None:
    """Answer until standard input ends."""
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints must not land among the replies
    asks: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(sys.stdin.buffer, asks), daemon=True).start()
    limits = msgspec.convert(msgspec.msgpack.decode(asks.get(), type=Ask).payload, Limits)
    restrict(limits)
    context = Context(limits)
    with contextlib.suppress(BrokenPipeError):
        while True:
            ask = msgspec.msgpack.decode(asks.get(), type=Ask)
            allow(ask.processor)
            messages.write(replies, answer(context, ask))


def _listen(stream: BinaryIO, asks: queue.SimpleQueue[bytes]) -> None:
    while (message := messages.read(stream)) is not None:
        asks.put(message)
    os._exit(0)  # the server is gone: whatever runs here, runs for nobody


def restrict(limits: Limits) -> None:
    """Bound what this process may take, as far as the system knows how to."""
    os.umask(0o077)
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # no picture of the user in a dump
        resource.setrlimit(resource.RLIMIT_AS, (limits.worker_bytes, limits.worker_bytes))
        resource.setrlimit(resource.RLIMIT_NOFILE, (256, 256))


def allow(seconds: int) -> None:
    """End this process once it has had so many more seconds of a processor (SIGXCPU), as far as the system knows how to."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        had = resource.getrusage(resource.RUSAGE_SELF)
        resource.setrlimit(
            resource.RLIMIT_CPU, (math.ceil(had.ru_utime + had.ru_stime) + seconds, resource.RLIM_INFINITY)
        )


def answer(context: Context, ask: Ask) -> Reply:
    """What there is to say to ``ask``; whatever goes wrong is an answer too."""
    try:
        return Reply(_work(ask.kind)(context, ask.payload))
    except Refused as error:
        return Reply(status=error.status, detail=error.detail, line=error.line)
    except PosetuneError as error:
        return Reply(status=422, detail=str(error))
    except MemoryError:
        return Reply(status=413, detail="This takes more memory than one request may have; send a smaller one.")
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)[-6:]
        trace = " < ".join(f"{os.path.basename(f.filename)}:{f.lineno} {f.name}" for f in reversed(frames))
        return Reply(
            status=422, detail="This could not be processed; try another file.", trace=f"{type(error).__name__} {trace}"
        )


def _work(kind: str) -> _Work:
    module, name = KINDS[kind]
    return getattr(importlib.import_module(module), name)


if __name__ == "__main__":
    main()
