"""What is done to labels is on the disk at once, can be undone to the byte, and survives being killed."""

from __future__ import annotations

import json
import os
import shutil

import pytest
from tests.helpers.review_set import SWAPPED, UNSURE, saved, standing, write_review_set
from tests.helpers.reviewing import KNEE, NAME, accept, act, moved, points_of, rows_of

from posetune.data.dataset import load_dataset
from posetune.errors import PosetuneError
from posetune.label import keeping
from posetune.label.people_rows import Point, Wanted
from posetune.label.review import Conflict, Review, Unknown
from posetune.label.undo import image_status_of, people_of
from posetune.landmarks import COUNT


@pytest.fixture
def folder(tmp_path):
    return write_review_set(tmp_path / "set", nobody_knows={"this": [1.50, 2]})


def test_a_move_is_in_the_label_file_at_once_with_who_did_it(folder):
    with Review.open(folder, reviewer="ann") as review:
        act(review, people=moved(review.image(NAME), KNEE, 150.1239, 300))
        content = saved(folder)
    row = content["annotations"][0]
    assert row["keypoints"][3 * KNEE : 3 * KNEE + 3] == [150.124, 300, 2]
    assert row["status"] == row["origin"]["status"] == "corrected"
    assert row["origin"]["reviewer"] == "ann"
    assert row["origin"]["points"][KNEE] == "moved"
    assert row["origin"]["points"].count("untouched") == COUNT - 1
    assert content["images"][0]["sha256"]
    person = load_dataset(folder, "train").people[0]
    assert person.origin.seen
    assert person.origin.points[KNEE] == "moved"


def test_everything_else_stays_as_it_was(folder):
    before = saved(folder)
    with Review.open(folder) as review:
        act(review, people=moved(review.image(NAME), KNEE, 150, 300))
    after = saved(folder)
    assert after["nobody_knows"] == {"this": [1.5, 2]}
    assert list(after)[: len(before)] == list(before)
    assert after["annotations"][0]["colour"] == "red"
    assert after["annotations"][1:] == before["annotations"][1:]
    assert after["images"][1:] == before["images"][1:]
    kept = [v for i, v in enumerate(after["annotations"][0]["keypoints"]) if i // 3 != KNEE]
    assert kept == [v for i, v in enumerate(before["annotations"][0]["keypoints"]) if i // 3 != KNEE]


def test_accepting_says_who_looked_and_what_was_changed_stays_corrected(folder):
    with Review.open(folder, reviewer="ann") as review:
        revision = act(review, people=moved(review.image(NAME), KNEE, 150, 300))
        accept(review, NAME, revision)
        accept(review, "clip_000001.jpg", 0, "tab-3")
        assert review.counts()["done"] == 2
        assert (review.counts()["corrected"], review.counts()["verified"]) == (1, 1)
    first, second = saved(folder)["annotations"][:2]
    assert first["status"] == "corrected"
    assert second["status"] == "verified"
    assert set(first["origin"]["points"]) == {"moved", "confirmed"}
    assert [image["status"] for image in saved(folder)["images"][:3]] == ["verified", "verified", "prelabel"]


def test_undo_and_redo_restore_to_the_byte_and_after_a_restart(folder):
    path = folder / "annotations" / "train.json"
    with Review.open(folder) as review:
        states = [rows_of(path)]
        for i in range(3):
            act(review, key=f"a-{i}", seen=i, people=moved(review.image(NAME), KNEE + i, 10.25 * i, 300))
            states.append(rows_of(path))
    with Review.open(folder) as review:
        undo, redo = review.stack(NAME)
        assert [e.key for e in undo] == ["a-0", "a-1", "a-2"]
        assert redo == []
        for i in (2, 1, 0):
            act(review, key=f"b-{i}", seen=99, kind="undo", of=f"a-{i}")
            assert rows_of(path) == states[i]
        assert review.depth(NAME) == (0, 3)
        with pytest.raises(Conflict):
            act(review, key="b-7", seen=99, kind="redo", of="a-1")
        for i in (0, 1, 2):
            act(review, key=f"c-{i}", seen=99, kind="redo", of=f"a-{i}")
            assert rows_of(path) == states[i + 1]
    assert people_of(undo[0], after=False)[1].status == "prelabel"
    assert image_status_of(undo[0], after=True) == "prelabel"


def test_an_action_that_is_sent_twice_is_done_once(folder):
    with Review.open(folder) as review:
        people = moved(review.image(NAME), KNEE, 150, 300)
        assert act(review, people=people) == act(review, people=people) == 1
        assert review.history.count == 1


def test_another_tab_is_not_overwritten(folder):
    with Review.open(folder) as review:
        told = review.image(NAME)
        act(review, key="one-1", people=moved(told, KNEE, 150, 300))
        with pytest.raises(Conflict, match="another tab"):
            act(review, key="two-1", people=moved(told, KNEE, 160, 300))
        act(review, key="one-2", people=moved(told, KNEE, 170, 300))
        act(review, key="two-2", seen=2, people=moved(review.image(NAME), KNEE, 160, 300))


def test_a_crash_before_the_label_file_is_written_loses_nothing(folder, tmp_path):
    old = (folder / "annotations" / "train.json").read_bytes()
    with Review.open(folder) as review:
        for i in range(3):
            act(review, key=f"a-{i}", seen=i, people=moved(review.image(NAME), KNEE, 150 + i, 300))
        wanted = rows_of(folder / "annotations" / "train.json")
        # What a kill leaves behind: the history, half a line of the action that was under way, and the label file of before.
        crashed = tmp_path / "crashed"
        shutil.copytree(folder, crashed)
    (crashed / "annotations" / "train.json").write_bytes(old)
    os.utime(crashed / "annotations" / "train.json", ns=(1, 1))
    with (crashed / "annotations" / "train.history.jsonl").open("ab") as file:
        file.write(b'{"n":4,"key":"a-3","at":"2026')
    with Review.open(crashed) as review:
        assert "3 actions" in review.notes[0]
        assert rows_of(crashed / "annotations" / "train.json") == wanted
        act(review, key="a-3", seen=9, people=moved(review.image(NAME), KNEE, 99, 300))
    with Review.open(crashed) as review:
        assert review.notes == []
        assert review.history.count == 4
        assert review.image(NAME).people[0].points[KNEE].x == 99


def test_a_label_file_that_somebody_put_there_later_is_not_overwritten_by_history(folder):
    old = (folder / "annotations" / "train.json").read_bytes()
    with Review.open(folder) as review:
        act(review, people=moved(review.image(NAME), KNEE, 150, 300))
    path = folder / "annotations" / "train.json"
    path.write_bytes(old)
    os.utime(path, ns=(2**62, 2**62))
    with Review.open(folder) as review:
        assert "stands as it is" in review.notes[0]
        assert review.image(NAME).people[0].status == "prelabel"


def test_without_the_history_of_before_a_new_one_goes_on(folder, monkeypatch):
    with Review.open(folder) as review:
        for i in range(3):
            act(review, key=f"a-{i}", seen=i, people=moved(review.image(NAME), KNEE, 150 + i, 300))
    (folder / "annotations" / "train.history.jsonl").unlink()
    monkeypatch.setattr(keeping, "AT_ONCE", 0)
    monkeypatch.setattr(keeping, "_LEAST_SECONDS", 60.0)
    old = (folder / "annotations" / "train.json").read_bytes()
    with Review.open(folder) as review:
        act(review, key="b-1", people=moved(review.image(NAME), KNEE, 99, 300))
        assert (folder / "annotations" / "train.json").read_bytes() == old, "it is written later"
    assert saved(folder)["annotations"][0]["keypoints"][3 * KNEE] == 99
    with Review.open(folder) as review:
        assert review.notes == []
        assert review.image(NAME).people[0].points[KNEE].x == 99


def test_a_label_file_that_is_changed_meanwhile_is_not_written_over(folder):
    path = folder / "annotations" / "train.json"
    review = Review.open(folder)
    content = path.read_bytes().replace(b"red", b"blue")
    path.write_bytes(content)
    act(review, people=moved(review.image(NAME), KNEE, 150, 300))
    assert "another program" in review.problem
    with pytest.raises(PosetuneError, match="another program"):
        review.close()
    assert path.read_bytes() == content


def test_two_at_once_are_told(folder):
    with Review.open(folder), pytest.raises(PosetuneError, match="Another posetune annotate"):
        Review.open(folder)
    Review.open(folder).close()


def test_pictures_without_labels_are_a_set_too(tmp_path):
    write_review_set(tmp_path, 12)
    shutil.rmtree(tmp_path / "annotations")
    (tmp_path / "images" / "clip_000009.jpg").rename(tmp_path / "images" / "clip_9.jpg")
    with Review.open(tmp_path) as review:
        assert review.index.names[0] == NAME
        assert review.index.names.index("clip_9.jpg") == 9
        key = review.reserve_ids(1)
        new = Wanted(key, [Point(float(x), float(y), 2) for x, y, _ in standing(200, 200)], status="corrected")
        act(review, people=[new])
        act(review, "clip_9.jpg", "tab-2", status="verified")
        labelled = rows_of(tmp_path / "annotations" / "train.json")
        act(review, key="tab-3", seen=1, kind="undo", of="tab-1")
        assert review.image(NAME).place.id is None
        act(review, key="tab-4", seen=3, kind="redo", of="tab-1")
        assert rows_of(tmp_path / "annotations" / "train.json") == labelled
    people = load_dataset(tmp_path, "train").people
    assert len(people) == 1
    assert (people[0].image.width, people[0].image.height, people[0].image.group) == (400, 440, "clip")
    assert [row["file_name"] for row in saved(tmp_path)["images"]] == [NAME, "clip_9.jpg"]


def test_a_label_file_with_nobody_in_it_is_a_set_too(folder):
    content = saved(folder)
    (folder / "annotations" / "train.json").write_text(json.dumps({"images": content["images"], "annotations": []}))
    with Review.open(folder) as review:
        points = [Point(float(x), float(y), 2) for x, y, _ in standing(200, 200)]
        act(review, people=[Wanted(review.reserve_ids(1), points, status="corrected")])
    assert len(load_dataset(folder, "train").people) == 1
    assert saved(folder)["images"][1:] == content["images"][1:]


def test_pictures_of_other_splits_are_not_shown(folder):
    content = saved(folder)
    val = {**content, "images": content["images"][4:], "annotations": content["annotations"][4:]}
    train = {**content, "images": content["images"][:3], "annotations": content["annotations"][:3]}
    (folder / "annotations" / "val.json").write_text(json.dumps(val))
    (folder / "annotations" / "train.json").write_text(json.dumps(train))
    with Review.open(folder) as review:
        assert review.index.names == [f"clip_{i:06d}.jpg" for i in range(4)]
    (folder / "annotations" / "train.json").unlink()
    with pytest.raises(PosetuneError, match="--split val"):
        Review.open(folder)
    with Review.open(folder, split="val") as review:
        act(review, "clip_000004.jpg", people=moved(review.image("clip_000004.jpg"), KNEE, 1, 2))
    assert saved(folder, "val")["annotations"][0]["keypoints"][3 * KNEE] == 1


def test_a_point_outside_keeps_its_place_and_comes_back(folder):
    with Review.open(folder) as review:
        act(review, people=moved(review.image(NAME), KNEE, -20.5, 300, 0))
        row = saved(folder)["annotations"][0]
        assert row["keypoints"][3 * KNEE : 3 * KNEE + 3] == [0, 0, 0]
        assert row["outside"] == {"left_knee": [-20.5, 300, 0]}
        assert row["num_keypoints"] == COUNT - 1
        assert review.image(NAME).people[0].points[KNEE] == Point(-20.5, 300, 0)
        act(review, key="tab-2", seen=1, people=moved(review.image(NAME), KNEE, 20.5, 300, 1))
        assert "outside" not in saved(folder)["annotations"][0]
    assert not load_dataset(folder, "train").warnings


def test_people_are_added_deleted_and_come_back_in_their_place(tmp_path):
    folder = write_review_set(tmp_path, 2, people=3)
    with Review.open(folder) as review:
        act(review, deleted=[2])
        assert [p.id for p in review.image(NAME).people] == [1, 3]
        act(review, key="tab-2", seen=1, kind="undo", of="tab-1")
        assert [p.id for p in review.image(NAME).people] == [1, 2, 3]
        assert [row["id"] for row in saved(folder)["annotations"]] == [1, 2, 3, 4, 5, 6]
        with pytest.raises(Unknown):
            act(review, key="tab-3", seen=2, deleted=[4])
        with pytest.raises(Unknown):
            act(review, key="tab-4", seen=2, people=[Wanted(5, points_of(review.image(NAME)))])
        first = review.reserve_ids(10)
        assert first == 7
        assert review.reserve_ids(1) == 17


def test_the_doubtful_come_first_and_those_seen_to_not_at_all(folder):
    with Review.open(folder) as review:
        index = review.index
        first = index.next_suspect(0)
        second = index.next_suspect(first)
        assert {first, second} == {SWAPPED, UNSURE}
        assert index.suspects() == 2
        accept(review, index.names[first], 0)
        assert index.next_suspect(0) == second
        assert index.suspects() == 1
        assert index.next_open(first - 1) == first + 1


def test_what_a_network_proposed_of_a_blind_image_is_held_back(folder):
    content = saved(folder)
    content["images"][0]["blind"] = True
    (folder / "annotations" / "train.json").write_text(json.dumps(content))
    with Review.open(folder) as review:
        told = review.image(NAME)
        assert told.blind
        assert told.people == ()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda c: c["annotations"][0]["keypoints"].pop(), "98 values"),
        (lambda c: c["annotations"][1].update(id=1), "two annotations have the id 1"),
        (lambda c: c["categories"][0]["keypoints"].pop(), "32 keypoints of its own.*data convert"),
        (lambda c: c["images"][0].pop("file_name"), "an image is not as COCO has it"),
        (lambda c: c.pop("categories"), "has no keypoints"),
    ],
)
def test_a_file_that_cannot_be_worked_on_is_one_sentence(folder, spoil, said):
    content = saved(folder)
    spoil(content)
    text = json.dumps(content)
    (folder / "annotations" / "train.json").write_text(text)
    with pytest.raises(PosetuneError, match=said):
        Review.open(folder)
    assert (folder / "annotations" / "train.json").read_text() == text


def test_a_damaged_history_and_no_pictures_are_one_sentence(folder, tmp_path):
    (folder / "annotations" / "train.history.jsonl").write_text("no\n")
    with pytest.raises(PosetuneError, match="Line 1 of the history"):
        Review.open(folder)
    (tmp_path / "empty").mkdir()
    with pytest.raises(PosetuneError, match="no pictures"):
        Review.open(tmp_path / "empty")
    with pytest.raises(PosetuneError, match="no folder"):
        Review.open(tmp_path / "none")
