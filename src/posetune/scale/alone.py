"""Each item of a unit in a process of its own: for a unit whose workers died again and again. What kills its process is a row with
its error; the unit gets done.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection
from typing import Any

from posetune.scale.job import Job
from posetune.scale.look import Looker, Step
from posetune.scale.plan import Item
from posetune.scale.rows import Picture
from posetune.stock import Networks

#: So many workers died with the unit: by chance hardly.
DEATHS = 5
_Found = tuple[list[Picture], dict[str, Any]]


def look_alone(
    networks: Networks, job: Job, items: Sequence[Item], step: Step, target: Callable[..., None] | None = None
) -> _Found:
    """As a Looker of ``networks``, item by item. ``target``: what the process runs, :func:`send_what_is_seen` by default.

    Raises what a Looker raises.
    """
    pictures: list[Picture] = []
    about: dict[str, Any] = {"joins": []}
    for item in items:
        found, said = _in_a_process(networks, job, item, target or send_what_is_seen)
        pictures += found
        lists: dict[str, Any] = {key: [*about.get(key, []), *said[key]] for key in ("joins", "notes") if key in said}
        about = {**about, **said, **lists}
        step()
    return pictures, about


def _in_a_process(networks: Networks, job: Job, item: Item, target: Callable[..., None]) -> _Found:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=target, args=(there, networks, job, item), daemon=True)
    process.start()
    there.close()
    try:
        found = here.recv()
    except EOFError:
        process.join()
        code = process.exitcode or 0
        how = f"signal {-code}" if code < 0 else f"exit code {code}"
        return [Picture(item.file, error=f"The process that looked at {item.uri} died ({how}).", uri=item.uri)], {}
    process.join()
    if isinstance(found, Exception):
        raise found
    return found


def send_what_is_seen(there: Connection, networks: Networks, job: Job, item: Item) -> None:
    """Look at ``item`` and send what a Looker gives, or raises."""
    try:
        there.send(Looker(networks, job, 1)([item], lambda: None))
    except Exception as error:
        there.send(error)
