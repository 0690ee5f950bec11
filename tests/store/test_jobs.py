from __future__ import annotations

import contextlib
import threading
import time

import pytest

pytest.importorskip("sqlalchemy")

import sqlalchemy as sa
from tests.helpers.clock import Clock

from posetune.store.database import Database
from posetune.store.ids import new_id
from posetune.store.jobs import STALE_SECONDS, Jobs, LeaseLost, NewJob, Part, TooManyJobs, Watch
from posetune.store.tables import job_parts


@pytest.fixture
def jobs(database) -> Jobs:
    return Jobs(database)


def new(owner: str = "ada", **given: object) -> NewJob:
    return NewJob(**{"id": new_id(), "kind": "video", "owner": owner, "folder": "f", "size_bytes": 9, "network_name": "full",
                     "network_sha256": "0" * 64, **given})  # fmt: skip


def frames(begin: int, count: int) -> Part:
    return Part(begin, [b"%d" % n for n in range(begin, begin + count)], [n / 8 for n in range(begin, begin + count)])


def numbers(jobs: Jobs, job, *range_) -> list[int]:
    return [int(line) for part in jobs.parts(job, *range_) for line in part.frames]


def test_jobs_are_claimed_in_the_order_of_asking_each_once(jobs):
    asked = [jobs.add(new(total=7))[0] for _ in range(12)]
    claimed, lock = [], threading.Lock()

    def claim_all(holder: str) -> None:
        while (job := jobs.claim(holder, "f")) is not None:
            with lock:
                claimed.append((job.id, job.holder))

    threads = [threading.Thread(target=claim_all, args=(f"h{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(id for id, _ in claimed) == sorted(job.id for job in asked)
    assert all(jobs.get(id).holder == holder and jobs.get(id).state == "running" for id, holder in claimed)
    assert jobs.claim("h", "f") is None


def test_jobs_of_another_folder_are_not_claimed(jobs):
    jobs.add(new(folder="elsewhere"))
    assert jobs.claim("h", "f") is None


def test_the_same_request_is_one_job_for_one_owner(jobs):
    first, made = jobs.add(new(key="k"))
    again, made_again = jobs.add(new(key="k"))
    other, made_other = jobs.add(new("ben", key="k"))
    assert (made, made_again, made_other) == (True, False, True)
    assert first.id == again.id != other.id


def test_an_owner_has_so_many_unfinished_jobs(jobs):
    first, _ = jobs.add(new(), most=1)
    with pytest.raises(TooManyJobs, match="1 jobs that are not finished"):
        jobs.add(new(), most=1)
    jobs.add(new("ben"), most=1)
    jobs.cancel(first.id, "ada")
    jobs.add(new(), most=1)
    assert jobs.unfinished("ada") == 1


def test_many_requests_at_once_keep_the_limit(jobs):
    made = []

    def ask() -> None:
        with contextlib.suppress(TooManyJobs):
            made.append(jobs.add(new(), most=2))

    threads = [threading.Thread(target=ask) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 2


def test_a_job_is_its_owners(jobs):
    job, _ = jobs.add(new())
    assert jobs.get(job.id, "ben") is None
    assert jobs.of("ben") == []
    assert jobs.cancel(job.id, "ben") is None
    assert not jobs.delete(job.id, "ben")
    assert jobs.get(job.id, "ada").state == "queued"


def test_what_was_found_is_read_from_any_frame_on(jobs):
    jobs.add(new())
    job = jobs.claim("h", "f")
    for begin in range(0, 100, 5):  # more parts than are asked for at once
        jobs.keep(job, [frames(begin, 5)], b"state")
    assert numbers(jobs, job) == list(range(100))
    assert numbers(jobs, job, 93) == list(range(93, 100))
    assert numbers(jobs, job, 3, 6) == [3, 4, 5]
    assert numbers(jobs, job, 100) == numbers(jobs, job, 7, 7) == []
    assert jobs.times(job) == [n / 8 for n in range(100)]
    assert [part.times[0] for part in jobs.parts(job, 93, 95)] == [93 / 8]
    assert jobs.get(job.id).done == 100


def test_who_claims_a_job_goes_on_where_it_stands(jobs):
    jobs.add(new())
    job = jobs.claim("h", "f")
    jobs.keep(job, [frames(0, 3)], b"state of 3", spent_s=1.5, about={"width": 9}, total=10)
    jobs.give_back(job)
    again = jobs.claim("other", "f")
    assert (again.done, again.checkpoint, again.spent_s, again.total) == (3, b"state of 3", 1.5, 10)
    assert again.about == {"width": 9}


def test_one_that_was_taken_for_dead_writes_nothing(jobs):
    jobs.add(new())
    slow = jobs.claim("slow", "f")
    jobs.keep(slow, [frames(0, 3)], b"3")
    assert jobs.take_back(jobs.get(slow.id))
    quick = jobs.claim("quick", "f")
    for write in (
        lambda: jobs.keep(slow, [frames(3, 3)], b"6"),
        lambda: jobs.finish(slow, "done"),
    ):
        with pytest.raises(LeaseLost):
            write()
    assert jobs.beat([slow, quick]) == [slow]
    jobs.give_back(slow)
    jobs.keep(quick, [frames(3, 2)], b"5")
    jobs.finish(quick, "done")
    assert numbers(jobs, quick) == [0, 1, 2, 3, 4]
    assert jobs.get(quick.id).state == "done"


def test_what_is_written_again_is_there_once_and_nothing_is_written_over(jobs):
    jobs.add(new())
    job = jobs.claim("h", "f")
    for _ in range(2):  # the answer to the first time was lost
        jobs.keep(job, [frames(0, 3)], b"3")
    with pytest.raises(sa.exc.IntegrityError):
        jobs.keep(job, [frames(0, 4)], b"4")
    assert numbers(jobs, job) == [0, 1, 2]


def test_a_cancelled_job_stops_its_holder_and_keeps_what_it_found(jobs):
    jobs.add(new())
    job = jobs.claim("h", "f")
    jobs.keep(job, [frames(0, 3)], b"3")
    assert jobs.cancel(job.id, "ada").state == "cancelled"
    assert jobs.beat([job]) == [job]
    with pytest.raises(LeaseLost):
        jobs.keep(job, [frames(3, 3)], b"6")
    assert numbers(jobs, job) == [0, 1, 2]
    assert jobs.claim("h", "f") is None


def test_a_finished_job_is_not_cancelled(jobs):
    jobs.add(new())
    jobs.finish(jobs.claim("h", "f"), "failed", "It was no video.")
    (job,) = jobs.of("ada")
    assert jobs.cancel(job.id).state == "failed"
    assert job.error == "It was no video."


def test_deleting_leaves_nothing(jobs, database: Database):
    jobs.add(new())
    job = jobs.claim("h", "f")
    jobs.keep(job, [frames(0, 3)], b"3")
    assert jobs.delete(job.id, "ada")
    assert not jobs.delete(job.id, "ada")
    with database.read() as connection:
        assert connection.scalar(sa.select(sa.func.count()).select_from(job_parts)) == 0
    with pytest.raises(LeaseLost):
        jobs.keep(job, [frames(3, 3)], b"6")


def test_a_holder_without_a_sign_is_stale_by_the_watchers_clock_alone(jobs):
    clock = Clock()
    watch = Watch(clock)
    for _ in range(2):
        jobs.add(new())
    dead, alive = jobs.claim("dead", "f"), jobs.claim("alive", "f")

    def look():
        return watch.stale(jobs.in_folder("f", "running"))

    assert look() == []
    clock.now += STALE_SECONDS - 1
    jobs.beat([alive])
    assert look() == []
    clock.now += 1
    stale = look()
    assert [job.id for job in stale] == [dead.id]
    jobs.beat([dead])  # it wakes up in between
    assert not jobs.take_back(stale[0])
    clock.now += STALE_SECONDS
    look()
    clock.now += STALE_SECONDS
    (one, _) = look()
    assert jobs.take_back(one)
    assert jobs.get(one.id).state == "queued"


def test_old_jobs_are_told_unless_kept_and_a_clock_that_jumps_makes_none_old(jobs):
    old, kept = jobs.add(new())[0], jobs.add(new())[0]
    jobs.set_kept(kept.id, "ada", True)
    assert jobs.made_before(time.time() - 60, "f") == []
    jobs.shift_times(-3600, "f")
    assert [job.id for job in jobs.made_before(time.time() - 60, "f")] == [old.id]
    assert jobs.made_before(time.time() - 60, "elsewhere") == []
    jobs.shift_times(3600, "f")
    assert jobs.made_before(time.time() - 60, "f") == []
