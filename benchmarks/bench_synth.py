"""How fast synthetic people are made: images a second for one process and for all cores, and where the time goes.

    python benchmarks/bench_synth.py [--size 512] [--n 48] [--renderer egl]

Start-up of the processes (about two seconds) is left out; run it on a machine that does nothing else.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time

from posetune.synthetic import scenes, sensor, take
from posetune.synthetic.generate import make_renderer, one_thread

_state: dict = {}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=int, default=512)
    parser.add_argument("--n", type=int, default=48, help="images a process")
    parser.add_argument("--renderer", choices=("egl", "software"), default="egl")
    args = parser.parse_args()
    print(f"{args.size} x {args.size} px, all scenes in turn, {args.renderer}, load {os.getloadavg()[0]:.1f}")
    for workers in sorted({1, os.cpu_count() or 1}):
        context = multiprocessing.get_context("spawn")
        with one_thread(), context.Pool(workers, start, (args.size, args.renderer)) as pool:
            pool.map(warm_up, range(workers), chunksize=1)
            begun = time.monotonic()
            seconds = pool.map(make, range(workers * args.n), chunksize=1)
            wall = time.monotonic() - begun
        print(f"{workers} process{'es' if workers > 1 else ''}: {workers * args.n / wall:.2f} images/s")
    total = sum(s["all"] for s in seconds)
    for part in ("people and place", "renderer", "sensor"):
        print(f"  {part}: {sum(s[part] for s in seconds) / len(seconds) * 1000:.0f} ms processor time an image")
    print(f"  in all {total / len(seconds) * 1000:.0f} ms")


def start(size: int, kind: str) -> None:
    import cv2

    cv2.setNumThreads(1)
    _state.update(size=size, renderer=make_renderer(kind))


def warm_up(index: int) -> None:
    for scene in scenes.names():
        take.Set((99, index), scene, take.Recipe(size=_state["size"])).take(_state["renderer"])


def make(index: int) -> dict[str, float]:
    """One image; processor seconds by part."""
    spent = {"renderer": 0.0, "sensor": 0.0}

    def timed(part: str, call):
        def wrapper(*args, **kwargs):
            begun = time.process_time()
            result = call(*args, **kwargs)
            spent[part] += time.process_time() - begun
            return result

        return wrapper

    class Timed:
        render = staticmethod(timed("renderer", _state["renderer"].render))
        inspect = staticmethod(timed("renderer", _state["renderer"].inspect))

    begun = time.process_time()
    expose, sensor.expose = sensor.expose, timed("sensor", sensor.expose)
    try:
        names = scenes.names()
        take.Set((1, index), names[index % len(names)], take.Recipe(size=_state["size"])).take(Timed())
    finally:
        sensor.expose = expose
    total = time.process_time() - begun
    return {**spent, "all": total, "people and place": total - spent["renderer"] - spent["sensor"]}


if __name__ == "__main__":
    main()
