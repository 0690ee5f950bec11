"""64 clients for a minute: what is answered, how fast, with how much memory, and how that is beside the plain pipeline.

    python benchmarks/serve/load.py photo.jpg --model full

Each client posts the picture, waits for the answer, and posts again; on 503 it waits as long as Retry-After says. The plain
pipeline is as many processes as the server has workers, each with a landmarker on one thread, decoding and predicting in a loop; it
is measured before and after. Everything runs on this machine: the clients take processors, too.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import statistics
import time
from collections import Counter
from pathlib import Path

from served import Server, cpu_seconds, memory_mb, serving

from posetune.serve.settings import processors


def plain(path: str, model: str, seconds: float, answers: multiprocessing.Queue) -> None:
    """Pictures a second of one process."""
    import posetune

    content = Path(path).read_bytes()
    landmarker = posetune.load(model, threads=1)
    landmarker.predict(posetune.read_image(content))
    count, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        landmarker.predict(posetune.read_image(content))
        count += 1
    answers.put(count / (time.perf_counter() - began))


def plain_rate(path: str, model: str, seconds: float) -> float:
    context = multiprocessing.get_context("spawn")
    answers = context.Queue()
    runs = [context.Process(target=plain, args=(path, model, seconds, answers)) for _ in range(processors())]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    return sum(answers.get() for _ in runs)


async def client(port: int, request: bytes, end: float, statuses: Counter[str], seconds: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < end:
        began = time.perf_counter()
        writer.write(request)
        await writer.drain()
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, OSError):
            statuses["lost"] += 1
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            continue
        lines = dict(line.partition(b": ")[::2] for line in head.lower().split(b"\r\n")[1:])
        await reader.readexactly(int(lines[b"content-length"]))
        statuses[head.split(b" ", 2)[1].decode()] += 1
        if head.split(b" ", 2)[1] == b"503":
            await asyncio.sleep(float(lines.get(b"retry-after", 1)))
        else:
            seconds.append(time.perf_counter() - began)
        if lines.get(b"connection") == b"close":
            writer.close()
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.close()


async def load(server: Server, content: bytes, clients: int, seconds: float) -> None:
    request = (
        f"POST /api/v1/predict HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nContent-Type: image/jpeg\r\n"
        f"Content-Length: {len(content)}\r\n\r\n"
    ).encode() + content
    statuses: Counter[str] = Counter()
    took: list[float] = []
    began, cpu, own = time.perf_counter(), cpu_seconds(server.pid), time.process_time()
    most = [0.0, 0.0]
    asks = asyncio.gather(*(client(server.port, request, began + seconds, statuses, took) for _ in range(clients)))
    while not asks.done():
        await asyncio.sleep(0.5)
        most = [max(pair) for pair in zip(most, memory_mb(server.pid), strict=True)]
    await asks
    length = time.perf_counter() - began
    took.sort()
    p50, p99 = statistics.median(took), took[int(len(took) * 0.99)]
    print(f"{clients} clients, {length:.0f} s: {dict(statuses)}; {len(took) / length:.1f} answers/s")
    print(f"median {p50 * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, longest {took[-1] * 1000:.0f} ms")
    web, workers = (1000 * (b - a) / len(took) for a, b in zip(cpu, cpu_seconds(server.pid), strict=True))
    own = 1000 * (time.process_time() - own) / len(took)
    print(f"processor time an answer: workers {workers:.1f} ms, web process {web:.1f} ms, clients {own:.1f} ms")
    print(f"server {most[0]:.0f} MB, workers {most[1]:.0f} MB together, at most", flush=True)
    load.rate = len(took) / length  # type: ignore[attr-defined]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("image")
    parser.add_argument("--model", default="full")
    parser.add_argument("--clients", type=int, default=64)
    parser.add_argument("--seconds", type=float, default=60.0)
    args = parser.parse_args()
    before = plain_rate(args.image, args.model, args.seconds / 6)
    with serving("--model", args.model) as server:
        asyncio.run(load(server, Path(args.image).read_bytes(), args.clients, args.seconds))
    after = plain_rate(args.image, args.model, args.seconds / 6)
    alone = (before + after) / 2
    print(f"plain pipeline {before:.1f} and {after:.1f} pictures/s; the server gave {load.rate / alone:.0%} of it")  # type: ignore[attr-defined]


if __name__ == "__main__":
    main()
