"""Ray as the engine: a unit is a task of Ray Core, which places it, and does it again when its process or machine dies. What is
done is still for ``done/`` to say.
"""

from __future__ import annotations

import os
import time
import uuid
from functools import cache
from typing import Any

from posetune.errors import PosetuneError, pip_install
from posetune.progress import Counter, Reporter
from posetune.scale import commit, lease
from posetune.scale.inputs import absolute
from posetune.scale.job import Job, load_network, read_job, unit_name
from posetune.scale.look import Looker
from posetune.scale.open import store_of
from posetune.scale.store import Store
from posetune.scale.work import Settings, Summary, claim_and_do, open_units

#: So often Ray does a task again whose process died; then the attempt counts as failed, and another one begins.
_RETRIES = 5
#: So many tasks are handed to Ray ahead of those that run.
_AHEAD = 256
_WAIT = 1.0


def run_ray(
    store: Store, job: Job, processes: int | None, threads: int, seconds: float, report: Reporter | None = None
) -> tuple[str, ...]:
    """Do the job as tasks of the cluster that RAY_ADDRESS names, or of one that is started here; the units listed as failed.

    ``processes``: of a cluster that is started here; ``threads``: processors a task; ``seconds``: of leases. Raises PosetuneError
    where Ray is not installed, or the store refuses; what is done is kept.
    """
    ray = _begin(processes, threads)
    report, run = report or Reporter(), uuid.uuid4().hex[:8]
    task = ray.remote(num_cpus=threads, max_retries=_RETRIES)(do_unit)
    try:
        with report.counting("units", job.units) as counter:
            while open_numbers := list(open_units(store, job)):
                counter.at(len(commit.done_units(store)))
                if not _round(ray, task, store, open_numbers, (run, threads, seconds), counter):
                    # all that is left is with other workers
                    counter.step(lease.with_others(store, {*map(unit_name, open_numbers)}), by=0)
                    time.sleep(_WAIT)
            counter.at(len(commit.done_units(store)))
    finally:
        ray.shutdown()
    return commit.listed_units(store)


def _round(ray: Any, task: Any, store: Store, numbers: list[int], how: tuple[str, int, float], counter: Counter) -> int:
    """Do all of ``numbers`` once; how many were done or failed, not left to other workers."""
    waiting = list(reversed(numbers))
    under_way: dict[Any, int] = {}
    moved = 0
    while waiting or under_way:
        while waiting and len(under_way) < _AHEAD:
            number = waiting.pop()
            under_way[task.remote(absolute(store.url), number, *how)] = number
        ready, _ = ray.wait(list(under_way), num_returns=1)
        number = under_way.pop(ready[0])
        try:
            summary = ray.get(ready[0])
        except ray.exceptions.RayTaskError as error:
            raise _plain(error) from error
        except ray.exceptions.RayError as error:  # its process died again and again
            commit.note_failure(store, unit_name(number), "ray", str(error).strip().splitlines()[0])
            moved += 1
            continue
        moved += summary is not None
        if summary is not None:
            counter.step(by=summary.units)
    return moved


def do_unit(url: str, number: int, run: str, threads: int, seconds: float) -> Summary | None:
    """One unit in a process of Ray's; None where another worker has it. Runs on any machine of the cluster.

    The lease is the task's, not the process's: Ray does a task again that died, and goes on with its own.
    """
    store, job, looker = _opened(url, threads)
    settings = Settings(f"ray-{run}-{number}", threads, seconds)
    return claim_and_do(store, job, number, looker, settings, Reporter())


@cache
def _opened(url: str, threads: int) -> tuple[Store, Job, Looker]:
    """The networks are loaded once a process."""
    store = store_of(url)
    job = read_job(store)
    return store, job, Looker(load_network(store, job.network), job, threads)


def _begin(processes: int | None, threads: int) -> Any:
    try:
        import ray
    except ModuleNotFoundError as error:
        raise PosetuneError(f"--launcher ray needs Ray, which is not installed: {pip_install('ray')}") from error
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    address = os.environ.get("RAY_ADDRESS")
    try:
        if address:
            ray.init(address=address, log_to_driver=False)
        else:
            cpus = None if processes is None else processes * threads
            ray.init(num_cpus=cpus, include_dashboard=False, log_to_driver=False, configure_logging=False)
    except (ConnectionError, RuntimeError, ValueError) as error:
        where = f"at {address}" if address else "here"
        raise PosetuneError(
            f"Ray cannot be reached or started {where}: {str(error).strip().splitlines()[0]}"
        ) from error
    return ray


def _plain(error: Any) -> PosetuneError:
    """What the task raised."""
    cause = error.cause if isinstance(getattr(error, "cause", None), Exception) else error
    if isinstance(cause, PosetuneError):
        return PosetuneError(str(cause).strip().splitlines()[-1])
    return PosetuneError(f"A task failed: {str(cause).strip().splitlines()[-1]}; what is done is kept, run it again.")
