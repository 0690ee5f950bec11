"""push against a server that breaks the connection at any request: every picture and every person once, no task twice."""

from __future__ import annotations

import dataclasses
from collections import Counter

import pytest

pytest.importorskip("cvat_sdk")
from tests.helpers.cvat_server import State, running, wait_until
from tests.helpers.cvat_set import HASTY, connect, write_set

from posetune.data.people import Dataset
from posetune.errors import PosetuneError
from posetune.label.cvat.pictures import Pictures
from posetune.label.cvat.push import Where, describe, push
from posetune.label.cvat.server import Server
from posetune.progress import Reporter

WHERE = Where(project="clips", job_size=1)
IMAGES = 3


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Dataset:
    """Three images, in tasks of two at most, and three people; only to be sent."""
    return write_set(tmp_path_factory.mktemp("set") / "squats", IMAGES)


@pytest.fixture(autouse=True)
def small_tasks(monkeypatch):
    monkeypatch.setattr("posetune.label.cvat.push.JOBS", 2)


def send(url: str, dataset: Dataset, where: Where = WHERE, patience=HASTY):
    said: list[str] = []
    with connect(url, said.append, patience) as server:
        return push(dataset, "train", server, where, Reporter(said.append)), said


def assert_all_there_once(state: State, dataset: Dataset) -> None:
    names = Pictures(dataset).names(Reporter())
    held = Counter(frame["name"] for row in state.tasks.values() for frame in row["frames"])
    assert held == Counter(names.values())
    for row in state.tasks.values():
        assert row["size"], "no empty task is left behind"
        assert not row["name"].endswith("(not complete)")
    there = Counter(
        (row["frames"][shape["frame"]]["name"], state.attribute(shape, "posetune_id"))
        for row in state.tasks.values()
        for shape in row["annotations"]["shapes"]
    )
    assert there == Counter((names[id(p.image)], str(p.id)) for p in dataset.people)
    for image in dataset.images:
        sent = next(
            row["uploaded"].get(names[id(image)]) for row in state.tasks.values() if names[id(image)] in row["uploaded"]
        )
        assert sent == image.path.read_bytes(), (
            "a picture that was sent in part and again would be both, one behind the other"
        )


def test_a_set_becomes_a_project_with_tasks_and_jobs(small):
    with running() as (url, state):
        done, _ = send(url, small)
        assert_all_there_once(state, small)
    assert [p["name"] for p in state.projects.values()] == ["clips"]
    assert (done.images, done.people, done.there) == (IMAGES, len(small.people), 0)
    assert sorted(row["size"] for row in state.tasks.values()) == [1, 2]
    assert {job["frame_count"] for row in state.tasks.values() for job in row["job_rows"]} == {1}
    assert all(row["subset"] == "train" and row["name"].startswith("squats train [") for row in state.tasks.values())


def test_points_arrive_to_the_last_digit_with_their_visibility(small):
    with running() as (url, state):
        send(url, small)
        by_id = {state.attribute(shape, "posetune_id"): shape for shape in state.shapes()}
        for person in small.people:
            shape = by_id[str(person.id)]
            for name, (x, y, v) in zip(person.skeleton.names, person.keypoints.tolist(), strict=True):
                element = state.element(shape, name)
                assert (element["outside"], element["occluded"]) == (v == 0, v == 1)
                if v:
                    assert element["points"] == [x, y]
            assert state.attribute(shape, "status") == (person.origin.status or "verified")
            assert shape["source"] == ("auto" if person.origin.status == "prelabel" else "file")


FAULTS = ("before", "after", "late", "503", "502+", "429")


@pytest.mark.parametrize("fault", FAULTS)
def test_a_request_that_fails_is_asked_about_whichever_it_is(small, fault):
    with running() as (url, state):
        send(url, small)
        requests = list(state.changes)
    assert len(requests) > 10
    for k in range(len(requests)):
        with running(fault=(k, fault)) as (url, state):
            send(url, small)
            assert_all_there_once(state, small), requests[k]
            assert len(state.projects) == 1


@pytest.mark.parametrize("k", [0, 1, 4, 5])
def test_a_request_that_was_done_and_never_answered_is_not_done_again(small, k):
    """The project, the first task, its pictures, its people."""
    hasty = dataclasses.replace(HASTY, answer_s=1.0)
    with running(fault=(k, "silent")) as (url, state):
        _, said = send(url, small, patience=hasty)
        assert_all_there_once(state, small)
        assert len(state.projects) == 1
    assert "it does not answer in time" in "\n".join(said)


@pytest.mark.parametrize("done", [False, True], ids=["before", "after"])
def test_a_push_that_is_killed_at_any_request_is_gone_on_with(small, done, monkeypatch):
    for k in range(40):
        killed = []

        def once(server, method, *rest, k=k, killed=killed, ask=Server._once):
            answer = ask(server, method, *rest) if done or method == "GET" or len(killed) != k else None
            if method != "GET":
                killed.append(method)
                if len(killed) == k + 1:
                    raise KeyboardInterrupt
            return answer

        with running() as (url, state):
            with monkeypatch.context() as patched:
                patched.setattr(Server, "_once", once)
                try:
                    send(url, small)
                except KeyboardInterrupt:
                    pass
                else:
                    break
            again, _ = send(url, small)
            assert_all_there_once(state, small)
            assert again.images + again.there == IMAGES
    assert k > 10, "killed at every request of a push"


def test_pushing_again_sends_nothing_and_brings_back_nobody(small):
    with running() as (url, state):
        send(url, small)
        shapes = state.shapes()
        gone = state.attribute(shapes[0], "posetune_id")
        for row in state.tasks.values():
            row["annotations"]["shapes"] = [s for s in row["annotations"]["shapes"] if s is not shapes[0]]
        before = len(state.changes)
        done, _ = send(url, small)
        assert len(state.changes) == before
        assert (done.images, done.people, done.there) == (0, 0, IMAGES)
        assert gone not in {state.attribute(s, "posetune_id") for s in state.shapes()}
    assert "3 images were there already." in describe(done)


def test_images_that_came_since_get_a_task_of_their_own(tmp_path):
    dataset = write_set(tmp_path / "squats", images=3)
    with running() as (url, state):
        send(url, dataset.keep(dataset.images[:2]))
        done, _ = send(url, dataset)
        assert_all_there_once(state, dataset)
    assert (done.images, done.there) == (1, 2)


def test_what_another_set_began_in_the_project_is_left_to_it(small, tmp_path):
    other = write_set(tmp_path / "lunges", 1)
    other.images[0].path.write_bytes(other.images[0].path.read_bytes() + b" ")
    with running(fault=(6, "before")) as (url, state):
        with pytest.raises(PosetuneError):  # its people are not sent
            send(url, small, patience=dataclasses.replace(HASTY, pauses_s=(), tries=1))
        (begun,) = state.tasks.values()
        empty = state.make_task({"name": begun["name"], "project_id": 1})
        assert begun["name"].endswith("(not complete)")
        send(url, other)
        assert begun["name"].endswith("(not complete)")
        assert empty["id"] in state.tasks
        send(url, small)
        assert not begun["name"].endswith("(not complete)")
        assert empty["id"] not in state.tasks
        assert len(state.shapes()) == len(small.people) + len(other.people)


def test_a_project_with_another_skeleton_is_refused_before_anything_is_sent(small):
    with running() as (url, state):
        state.make_labels(
            [{"name": "person", "type": "skeleton", "attributes": [], "svg": "",
              "sublabels": [{"name": n, "type": "points"} for n in ("nose", "tail")]}],
            project_id=77,
        )  # fmt: skip
        state.projects[77] = {"id": 77, "name": "clips"}
        with pytest.raises(
            PosetuneError, match=r"lacks 32 of 33 points \(.*it has 1 others \(tail\).*posetune_id and status"
        ):
            send(url, small)
        assert not state.changes


def test_a_task_without_a_project_has_the_label_itself(small):
    with running() as (url, state):
        where = Where(task="by hand", job_size=1)
        send(url, small, where)
        done, _ = send(url, small, where)
        assert_all_there_once(state, small)
        assert not state.projects
        assert done.there == IMAGES


def test_pictures_of_which_the_server_can_make_nothing_leave_no_task(small, monkeypatch):
    with running() as (url, state):
        monkeypatch.setattr(
            "tests.helpers.cvat_server._frame", lambda *_: (_ for _ in ()).throw(OSError("bad picture"))
        )
        with pytest.raises(
            PosetuneError, match=r"could not make a task of the pictures \(cvat.apps.engine: bad picture\)"
        ):
            send(url, small)
        assert not state.tasks


def test_a_missing_picture_is_named_before_anything_is_sent(tmp_path):
    dataset = write_set(tmp_path / "squats", images=2)
    dataset.images[1].path.unlink()
    with running() as (url, state):
        with pytest.raises(PosetuneError, match=r"1 of 2 images cannot be read \(clip_000001.png\)"):
            send(url, dataset)
        assert not state.changes


def test_people_who_are_new_here_are_counted_not_sent(tmp_path):
    dataset = write_set(tmp_path / "squats", images=2)
    with running() as (url, state):
        send(url, dataset)
        more = dataclasses.replace(dataset.people[0], id=999)
        done, _ = send(url, dataclasses.replace(dataset, people=(*dataset.people, more)))
        assert done.waiting == 1
        assert len(state.shapes()) == len(dataset.people)


def test_ctrl_c_says_how_to_go_on(small, monkeypatch):
    said: list[str] = []
    with running() as (url, state), connect(url) as server:
        monkeypatch.setattr(server, "send", lambda *_, **__: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            push(small, "train", server, WHERE, Reporter(said.append))
        wait_until(lambda: state.log)
    assert said[-1] == "What is on the server stays there; the same command goes on."
