"""Findings of tasks that no push made: the server's answers, without a server."""

from __future__ import annotations

import pytest

pytest.importorskip("cvat_sdk")
from tests.helpers.cvat_set import write_set
from tests.label.cvat.test_definition import on_a_server

from posetune.label.cvat.check import look
from posetune.label.cvat.pictures import Pictures
from posetune.label.cvat.tasks import Job, Task
from posetune.skeleton import BLAZEPOSE


def task(frames=("clip_000000.png", "clip_000001.png"), shapes=(), labels=None, **changes) -> Task:
    held = {"shapes": list(shapes), "tags": changes.pop("tags", []), "tracks": []}
    facts = {"id": 5, "name": "by hand", "subset": "", "sizes": ((16, 12),) * len(frames), "deleted": frozenset(),
             "jobs": (Job(0, 9, False),), **changes}  # fmt: skip
    return Task(frames=tuple(frames), labels=[on_a_server()] if labels is None else labels, annotations=held, **facts)


def person(frame: int = 0, outside: bool = False, **changes) -> dict:
    elements = [{"label_id": 10 + i, "points": [i / 4, 2.5], "outside": outside} for i in range(33)]
    return {
        "id": 1,
        "type": "skeleton",
        "label_id": 1,
        "frame": frame,
        "elements": elements,
        "attributes": [],
        **changes,
    }


@pytest.fixture(scope="module")
def pictures(tmp_path_factory) -> Pictures:
    return Pictures(write_set(tmp_path_factory.mktemp("set") / "squats", 2))


def kinds(found) -> list[str]:
    return [finding.kind for finding in found]


def test_pictures_that_came_otherwise_go_by_their_names(pictures):
    content, found = look(task(shapes=[person()]), pictures, BLAZEPOSE)
    assert [image.path.name for image in content.images.values()] == ["clip_000000.png", "clip_000001.png"]
    assert kinds(found) == ["new-people"]
    assert content.people[0].points[3].tolist() == [0.75, 2.5, 0, 0]


def test_elements_go_by_their_labels_in_any_order_and_one_may_lack(pictures):
    shape = person()
    shape["elements"] = shape["elements"][:0:-1]
    content, _ = look(task(shapes=[shape]), pictures, BLAZEPOSE)
    assert content.people[0].points[3].tolist() == [0.75, 2.5, 0, 0]
    assert content.people[0].points[0, 3] == 1


def test_boxes_and_tags_are_told_and_do_no_harm(pictures):
    box = {"id": 2, "type": "rectangle", "label_id": 50, "frame": 0, "points": [0, 0, 5, 5]}
    _, found = look(task(shapes=[box], tags=[{"frame": 0, "label_id": 50}]), pictures, BLAZEPOSE)
    assert str(found[0]) == "task 5: 2 shapes without a pose, which are not taken (1 rectangle, 1 tags); pull goes on"


def test_another_size_or_a_picture_twice(pictures):
    _, found = look(task(sizes=((32, 24), (16, 12)), shapes=[person()]), pictures, BLAZEPOSE)
    assert "resized-images" in kinds(found)
    _, found = look(task(frames=("clip_000000.png", "clip_000000.jpg")), pictures, BLAZEPOSE)
    assert kinds(found) == ["images-twice"]
    assert found[0].pull == "goes on"


def test_loose_points_and_no_skeleton(pictures):
    loose = {"id": 2, "type": "points", "label_id": 50, "frame": 0, "points": [0, 0]}
    _, found = look(task(shapes=[loose], labels=[{"name": "nose", "type": "points", "id": 50}]), pictures, BLAZEPOSE)
    assert kinds(found) == ["skeleton", "loose-points"]
    assert "none of the type Skeleton" in found[0].what


def test_what_lies_in_deleted_frames_is_not_looked_at(pictures):
    content, found = look(task(shapes=[person(frame=1)], deleted=frozenset({1})), pictures, BLAZEPOSE)
    assert not content.people
    assert kinds(found) == ["deleted-frames"]


def test_without_a_set_only_the_task_is_looked_at():
    _, found = look(task(shapes=[person(outside=True), person()]), None, BLAZEPOSE)
    assert kinds(found) == ["new-people", "empty-people"]
