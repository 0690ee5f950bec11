"""Ray's part is played by a stand-in, which is quick; once by Ray itself."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

pytest.importorskip("pyarrow")

from tests.helpers.jobs import planned

from posetune.errors import PosetuneError
from posetune.progress import Reporter
from posetune.scale import commit
from posetune.scale.folder import Folder
from posetune.scale.launchers import ray as launcher
from posetune.scale.lease import Lease, name_of
from posetune.scale.store import StoreRefused
from posetune.scale.verify import verify


class RayError(Exception):
    pass


class RayTaskError(RayError):
    def __init__(self, cause: Exception) -> None:
        super().__init__(str(cause))
        self.cause = cause


class StandIn:
    """Does tasks when they are asked for; those in ``dying`` die as often as is said."""

    exceptions = SimpleNamespace(RayError=RayError, RayTaskError=RayTaskError)

    def __init__(self) -> None:
        self.dying: dict[int, int] = {}
        self.options: dict[str, object] = {}
        self.begun = self.ended = 0

    def init(self, **options: object) -> None:
        self.options = options
        self.begun += 1

    def shutdown(self) -> None:
        self.ended += 1

    def remote(self, **_: object):
        return lambda function: SimpleNamespace(remote=lambda *args: (function, args))

    def wait(self, tasks: list, num_returns: int) -> tuple[list, list]:
        return tasks[:1], tasks[1:]

    def get(self, task: tuple) -> object:
        function, args = task
        if self.dying.get(args[1], 0):
            self.dying[args[1]] -= 1
            raise RayError("The worker died unexpectedly\nand pages of debug output")
        try:
            return function(*args)
        except Exception as error:
            raise RayTaskError(error) from error


@pytest.fixture
def ray(monkeypatch) -> StandIn:
    stand_in = StandIn()
    monkeypatch.setitem(sys.modules, "ray", stand_in)
    monkeypatch.setattr(launcher, "_WAIT", 0.01)
    launcher._opened.cache_clear()
    return stand_in


@pytest.fixture
def store(tmp_path, unlabelled) -> Folder:
    return Folder(tmp_path / "job")


def test_every_unit_is_a_task(ray, store, unlabelled):
    job = planned(store, unlabelled, shard=1)
    assert launcher.run_ray(store, job, 2, 1, 60) == ()
    assert verify(store).faults == ()
    assert (ray.begun, ray.ended, ray.options["num_cpus"]) == (1, 1, 2)


def test_a_cluster_that_is_there_is_taken(ray, store, unlabelled, monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "head:6379")
    launcher.run_ray(store, planned(store, unlabelled), None, 1, 60)
    assert ray.options == {"address": "head:6379", "log_to_driver": False}


def test_a_task_that_dies_and_dies_is_listed(ray, store, unlabelled):
    job = planned(store, unlabelled, shard=2)
    ray.dying = {1: 99}
    assert launcher.run_ray(store, job, 1, 1, 60) == ("00000001",)
    assert commit.last_failure(store, "00000001", 3) == "The worker died unexpectedly"
    assert commit.done_units(store) == {"00000000"}


def test_a_task_that_died_goes_on_with_its_lease(ray, store, unlabelled):
    job = planned(store, unlabelled, shard=4)
    ray.dying = {0: 1}
    assert launcher.run_ray(store, job, 1, 1, 60) == ()
    assert verify(store).faults == ()


def test_units_of_other_workers_are_waited_for(ray, store, unlabelled):
    import time

    job = planned(store, unlabelled, shard=4)
    store.put(name_of("00000000"), Lease("ben", time.time() + 0.2).to_json())
    shown: list[str] = []
    report = Reporter(progress=lambda what, *_: shown.append(what))
    assert launcher.run_ray(store, job, 1, 1, 60, report) == ()
    assert commit.read_done(store, "00000000").worker.startswith("ray-")
    assert any("1 unit is leased by ben" in text for text in shown)


def test_a_store_that_refuses_is_one_sentence(ray, store, unlabelled, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise StoreRefused("the disk is full")

    job = planned(store, unlabelled)
    monkeypatch.setattr(commit, "commit", full)
    with pytest.raises(PosetuneError, match="the disk is full"):
        launcher.run_ray(store, job, 1, 1, 60)
    assert ray.ended == 1


def test_without_ray_it_says_how_to_get_it(store, unlabelled, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(PosetuneError, match=r"pip install .*\[ray\]"):
        launcher.run_ray(store, planned(store, unlabelled), 1, 1, 60)


def test_with_ray_itself(store, unlabelled, monkeypatch):
    pytest.importorskip("ray", reason="Ray is not installed: pip install '.[ray]'")
    monkeypatch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # loopback
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    job = planned(store, unlabelled, shard=2)
    assert launcher.run_ray(store, job, 1, 1, 60) == ()
    assert verify(store).faults == ()
