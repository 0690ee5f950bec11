from __future__ import annotations

import os
import signal
import subprocess

import pytest

pytest.importorskip("pyarrow")

from tests.helpers.jobs import planned

from posetune.errors import PosetuneError
from posetune.scale import commit
from posetune.scale.folder import Folder
from posetune.scale.launchers import local
from posetune.scale.lease import take


@pytest.fixture
def store(tmp_path, unlabelled) -> Folder:
    store = Folder(tmp_path / "job")
    planned(store, unlabelled, shard=2)
    return store


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(local, "_LOOK", 0.02)


def stand_in(monkeypatch, *scripts: str) -> list[str]:
    """Workers that are shell scripts: the first call starts the first …, the last one goes on for ever. Their names."""
    names: list[str] = []

    def start(store, threads, seconds):
        names.append(f"w{len(names)}")
        script = scripts[min(len(names), len(scripts)) - 1]
        take(store, "00000001", names[-1])
        return local._Worker(names[-1], subprocess.Popen(["sh", "-c", script]))

    monkeypatch.setattr(local, "_start", start)
    return names


def test_two_processes_do_it(store):
    from posetune.scale.job import read_job
    from posetune.scale.verify import verify

    assert local.run_local(store, read_job(store), 2, 1, 60) == ()
    assert verify(store).faults == ()


def test_nobody_is_started_for_nothing(store, monkeypatch):
    from posetune.scale.job import read_job

    names = stand_in(monkeypatch, "exit 0")
    local.run_local(store, read_job(store), 9, 1, 60)
    assert len(names) == 2
    for unit in ("00000000", "00000001"):
        store.put(commit.name_of(unit), b"")
    local.run_local(store, read_job(store), 9, 1, 60)
    assert len(names) == 2


def test_a_worker_that_is_killed_is_started_anew_and_its_unit_is_free(store, monkeypatch):
    from posetune.scale.job import read_job

    names = stand_in(monkeypatch, "kill -9 $$", "exit 0")
    local.run_local(store, read_job(store), 1, 1, 60)
    assert names == ["w0", "w1"]
    assert b"w1" in store.get("leases/00000001.json")


def test_workers_that_die_and_die_end_it(store, monkeypatch):
    from posetune.scale.job import read_job

    names = stand_in(monkeypatch, "kill -9 $$")
    with pytest.raises(PosetuneError, match=r"10 workers died one after the other .the last by signal 9"):
        local.run_local(store, read_job(store), 1, 1, 60)
    assert len(names) == 10


def test_a_worker_with_an_error_ends_the_others(store, monkeypatch):
    from posetune.scale.job import read_job

    stand_in(monkeypatch, f"echo $$ > {store.path}/pid; exec sleep 60", "sleep 0.2; exit 2")
    with pytest.raises(PosetuneError, match="exit code 2"):
        local.run_local(store, read_job(store), 2, 1, 60)
    pid = int((store.path / "pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)


def test_who_is_waited_for_is_told(store, monkeypatch):
    from posetune.progress import Reporter
    from posetune.scale.job import read_job

    monkeypatch.setattr(local, "_STANDING", 0.0)

    def start(store, threads, seconds):
        take(store, "00000001", "ben")
        return local._Worker("w", subprocess.Popen(["sleep", "0.3"]))

    monkeypatch.setattr(local, "_start", start)
    shown: list[str] = []
    local.run_local(store, read_job(store), 1, 1, 60, Reporter(progress=lambda what, *_: shown.append(what)))
    assert any("1 unit is leased by ben until" in text for text in shown)


def test_what_failed_three_times_is_listed(store, monkeypatch):
    from posetune.scale.job import read_job

    stand_in(monkeypatch, "exit 1")
    for _ in range(3):
        commit.note_failure(store, "00000000", "w", "x")
    assert local.run_local(store, read_job(store), 1, 1, 60) == ("00000000",)
