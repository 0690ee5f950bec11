"""Jobs over servers that end and die: nothing lost, nothing twice."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

sa = pytest.importorskip("sqlalchemy")

from tests.helpers import postgres
from tests.helpers.served_videos import followed, send, wait_for, walk_clip
from tests.helpers.server import running

from posetune.errors import PosetuneError
from posetune.serve.jobs import engine as module
from posetune.serve.pool.messages import Reply
from posetune.serve.pool.pool import Failed
from posetune.store import jobs as store


@pytest.fixture(autouse=True)
def kept_often(monkeypatch):
    """What is found is seen soon, so that short videos do."""
    monkeypatch.setattr(module, "KEEP_SECONDS", 0.05)


@pytest.fixture(scope="module")
def long_clip(tmp_path_factory) -> bytes:
    return walk_clip(tmp_path_factory.mktemp("clip") / "walk.mp4", 60).read_bytes()


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> bytes:
    return walk_clip(tmp_path_factory.mktemp("clip") / "walk.mp4", 4).read_bytes()


@pytest.fixture(scope="module")
def expected(web_server, long_clip) -> list:
    url, _ = followed(web_server, long_clip)
    return web_server.get(f"{url}/result").json()["frames"]


def serve(folder, port: int) -> subprocess.Popen:
    """A server of its own process."""
    command = [sys.executable, "-m", "posetune", "serve", "--model", "lite", "--workers", "1", "--port", str(port)]
    return subprocess.Popen([*command, "--data-dir", str(folder)], stderr=subprocess.DEVNULL, start_new_session=True)


def get(port: int, path: str, seconds: float = 30):
    """The JSON of a path, waited for until the server is there."""
    end = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5) as answer:
                return json.load(answer)
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.05)


def free_port() -> int:
    from posetune.serve.run import listen

    with listen("127.0.0.1", 0) as listener:
        return listener.getsockname()[1]


def test_a_killed_server_goes_on_where_it_was(tmp_path, long_clip, expected):
    port = free_port()
    server = serve(tmp_path, port)
    try:
        get(port, "/readyz")
        request = urllib.request.Request(
            f"http://127.0.0.1:{port}/api/v1/jobs", long_clip, {"Content-Type": "video/mp4"}
        )
        url = json.load(urllib.request.urlopen(request))["url"]
        while get(port, url)["progress"]["done"] == 0:
            time.sleep(0.02)
        os.kill(server.pid, signal.SIGKILL)
        server.wait()
        server = serve(tmp_path, port)
        end = time.monotonic() + 60
        while (job := get(port, url))["state"] != "done":
            assert time.monotonic() < end, job
            time.sleep(0.05)
        assert get(port, f"{url}/result")["frames"] == expected
        assert len(get(port, "/api/v1/jobs")["jobs"]) == 1
    finally:
        server.terminate()
        assert server.wait(15) in (0, 143)


def test_a_server_that_ends_lets_its_jobs_go_and_the_next_one_finishes_them(tmp_path, long_clip, expected):
    with running(tmp_path) as server:
        url = send(server, long_clip).json()["url"]
        while not server.get(url).json()["progress"]["done"]:
            time.sleep(0.02)
    with running(tmp_path) as server:
        assert wait_for(server, url)["state"] == "done"
        assert server.get(f"{url}/result").json()["frames"] == expected


def test_a_killed_worker_goes_unnoticed(tmp_path, long_clip, expected):
    with running(tmp_path) as server:
        url = send(server, long_clip).json()["url"]
        while not server.get(url).json()["progress"]["done"]:
            time.sleep(0.02)
        os.kill(server.services.pool.pids[0], signal.SIGKILL)
        assert wait_for(server, url)["state"] == "done"
        assert server.get(f"{url}/result").json()["frames"] == expected


def test_postgresql_serves_several_servers_each_of_which_does_its_own_jobs(tmp_path, clip, postgres_url):
    postgres.empty(postgres_url)
    with (
        running(tmp_path / "a", database=postgres_url) as one,
        running(tmp_path / "b", database=postgres_url) as other,
    ):
        jobs = [(server, send(server, clip).json()["url"]) for server in (one, other, one)]
        for server, url in jobs:
            assert wait_for(server, url)["state"] == "done"
            assert server.get(f"{url}/result").json()["next"] == 4
            assert server.get(f"{url}/frames/3.jpg").status == 200
            assert server.ask("DELETE", url).status == 204


def test_two_servers_of_one_folder_share_the_work_and_take_over_from_the_dead(tmp_path, clip, monkeypatch):
    """The command refuses it; where a file system knows no locks nothing may be lost or twice all the same."""
    monkeypatch.setattr(module, "BEAT_SECONDS", 0.1)
    monkeypatch.setattr(store, "STALE_SECONDS", 1.0)
    with running(tmp_path) as one, running(tmp_path) as other:
        jobs, folder = one.services.engine.jobs, one.services.engine.folder_id
        urls = [send(server, clip).json()["url"] for server in (one, other, one)]
        for url in urls:
            wait_for(other, url)
            assert [frame["index"] for frame in one.get(f"{url}/result").json()["frames"]] == [0, 1, 2, 3]
        # One that died with a job in its hands: nobody raises its beat.
        with jobs._database.write() as connection:
            connection.execute(sa.text("UPDATE jobs SET state = 'running', holder = 'dead', attempt = attempt + 1"))
        assert len(jobs.in_folder(folder, "running")) == 3
        for url in urls:
            assert wait_for(one, url)["state"] == "done"
            assert [frame["index"] for frame in one.get(f"{url}/result").json()["frames"]] == [0, 1, 2, 3]


def test_what_a_killed_server_was_saving_is_removed_and_what_is_lost_is_told(tmp_path, clip, long_clip):
    with running(tmp_path) as server:
        url, _ = followed(server, clip)
        engine = server.services.engine
        half, other = engine.files_of("x" * 22), tmp_path / "jobs" / ("y" * 22)
        half.mkdir()
        (half / "original").write_bytes(b"half a video")
        lost = send(server, long_clip).json()["url"]  # long enough not to be done before the server ends
    (engine.files_of(lost.rsplit("/", 1)[1]) / "original").unlink()
    with running(tmp_path) as server:
        assert not half.exists()
        other.mkdir()
        assert "not there any more" in wait_for(server, lost)["error"]
        assert server.get(url).json()["state"] == "done"
    with running(tmp_path, database=f"sqlite:///{tmp_path / 'new.sqlite'}"):
        assert other.exists(), "the files of another database's jobs"


def test_old_jobs_go_by_themselves_and_a_clock_that_jumps_takes_none_along(tmp_path, clip, monkeypatch):
    monkeypatch.setattr(module, "EXPIRE_SECONDS", 0.05)
    now, ahead = time.time, [0.0]
    monkeypatch.setattr(time, "time", lambda: now() + ahead[0])
    with running(tmp_path) as server:
        url = send(server, clip).json()["url"]
        server.ask("POST", f"{url}/cancel")
        ahead[0] = 90 * 3600.0  # the clock is set
        time.sleep(0.4)
        assert server.get(url).status == 200
        server.services.engine.jobs.shift_times(-25 * 3600, server.services.engine.folder_id)
        end = time.monotonic() + 10
        while server.get(url).status == 200:
            assert time.monotonic() < end
            time.sleep(0.02)
        assert not [path for path in server.services.engine.folder.iterdir() if path.is_dir()]


def test_while_the_disk_is_full_the_job_stands_still_and_says_so(tmp_path, clip, monkeypatch):
    monkeypatch.setattr(module, "_AGAIN_SECONDS", 0.05)

    keep, full = store.Jobs.keep, [True]

    def keep_if_there_is_room(*given, **changed):
        if full[0]:
            raise PosetuneError("The disk is full.")
        keep(*given, **changed)

    monkeypatch.setattr(store.Jobs, "keep", keep_if_there_is_room)
    with running(tmp_path) as server:
        url = send(server, clip).json()["url"]
        end = time.monotonic() + 20
        while not (job := server.get(url).json())["note"]:
            assert time.monotonic() < end
            time.sleep(0.02)
        assert "disk full" in job["note"]
        full[0] = False
        assert wait_for(server, url)["note"] == ""
        assert server.get(f"{url}/result").json()["next"] == 4


def test_a_database_that_goes_away_is_a_sentence_without_its_name(web_server, monkeypatch):
    def away(*_: object) -> None:
        raise PosetuneError("The database postgresql://posetune@db.example/x cannot be reached.")

    monkeypatch.setattr(store.Jobs, "get", away)
    monkeypatch.setattr(store.Jobs, "of", away)
    for path in ("/api/v1/jobs", "/api/v1/jobs/" + "a" * 22):
        answer = web_server.get(path)
        assert (answer.status, answer.headers["retry-after"]) == (503, "5")
        assert "database or disk" in answer.json()["detail"]
        assert b"db.example" not in answer.content
    assert web_server.get("/readyz").status == 200


def test_a_network_that_is_deleted_meanwhile_is_told_by_its_name(tmp_path, clip, monkeypatch):
    """Not by its file: the worker that is to load it again knows no other name."""
    with running(tmp_path) as server:
        engine = server.services.engine
        network, asked = server.services.networks.current.network, []

        def there_once(*_: str):
            asked.append(1)
            return network if len(asked) == 1 else None

        async def fail(*_: object, **__: object):
            raise Failed(Reply(status=422, detail=f"There is no network {tmp_path}/x.task."))

        url = send(server, clip).json()["url"]
        assert wait_for(server, url)["state"] == "done"
        monkeypatch.setattr(engine, "find_network", there_once)
        monkeypatch.setattr(engine.pool, "submit", fail)
        job = engine.jobs.get(url.rpartition("/")[2])
        assert _finished(engine, job, monkeypatch) == (
            "failed", f"The network {job.network_name} is not there any more; send the video again.",
        )  # fmt: skip


def _finished(engine, job, monkeypatch) -> tuple[str, str]:
    """How the engine ends the job."""
    ended = []
    monkeypatch.setattr(engine.jobs, "finish", lambda _, state, error: ended.append((state, error)))
    asyncio.run(engine._run(job))
    return ended[0]


def test_on_a_full_disk_a_video_can_be_deleted(tmp_path, clip, monkeypatch):
    """Its row goes once the workers have closed its file, which frees the room; until then the sentence says what is wrong."""
    delete, full = store.Jobs.delete, [1]

    def delete_if_there_is_room(*given):
        if full:
            full.pop()
            raise PosetuneError("The disk is full.")
        return delete(*given)

    monkeypatch.setattr(store.Jobs, "delete", delete_if_there_is_room)
    with running(tmp_path) as server:
        url, _ = followed(server, clip)
        assert server.ask("DELETE", url).status == 204
        assert server.get(url).status == 404
        url, _ = followed(server, clip)
        full[:] = [1, 1]
        refused = server.ask("DELETE", url)
        assert (refused.status, "database or disk" in refused.json()["detail"]) == (503, True)
        assert server.ask("DELETE", url).status == 204


def test_a_database_that_cannot_be_is_told_at_the_start(tmp_path):
    (tmp_path / "posetune.sqlite").write_bytes(b"no database at all" * 100)
    done = subprocess.run(
        [sys.executable, "-m", "posetune", "serve", "--model", "lite", "--workers", "1", "--port", "0", "--data-dir", tmp_path],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 2
    assert "no database of SQLite" in done.stderr
    assert "Traceback" not in done.stderr
