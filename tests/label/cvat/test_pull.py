"""The way back: what annotators did arrives, what they did not do stays, nobody doubles."""

from __future__ import annotations

import copy
import json

import numpy as np
import pytest

pytest.importorskip("cvat_sdk")
from tests.helpers.cvat_server import running
from tests.helpers.cvat_set import connect, write_set

from posetune.data.dataset import load_dataset, write_coco
from posetune.errors import PosetuneError
from posetune.label.cvat.pull import How, check, describe, pull
from posetune.label.cvat.push import Where, push
from posetune.label.cvat.tasks import target_of
from posetune.progress import Reporter

IMAGES = 4


class Both:
    """A set that was pushed, and the server where it is."""

    def __init__(self, folder, url, state):
        self.folder, self.url, self.state = folder, url, state
        self.before = load_dataset(folder, "train")
        with connect(url) as server:
            push(self.before, "train", server, Where(project="clips", job_size=2), Reporter())
        (self.task,) = state.tasks.values()

    def pull(self, **how):
        with connect(self.url) as server:
            return pull(server, target_of("clips"), self.folder, How(**how), Reporter())

    def check(self):
        with connect(self.url) as server:
            return check(server, target_of("clips"), self.folder, How(), Reporter())

    @property
    def people(self):
        return {p.id: p for p in load_dataset(self.folder, "train").people}

    @property
    def prelabelled(self):
        return [p for p in self.before.people if p.origin.status == "prelabel"]

    def shape(self, person):
        return next(s for s in self.state.shapes() if self.state.attribute(s, "posetune_id") == str(person.id))

    def draw(self, frame: int, at: float, **attributes) -> dict:
        """Somebody new, as the page would make them."""
        shape = copy.deepcopy(self.state.shapes()[0])
        shape.update(id=self.state.new(), frame=frame, source="manual", attributes=[])
        for number, element in enumerate(shape["elements"]):
            element.update(frame=frame, points=[at + number / 4, at], outside=False, occluded=number == 1)
        for name, value in attributes.items():
            self.state.set_attribute(shape, name, value)
        self.task["annotations"]["shapes"].append(shape)
        return shape


@pytest.fixture
def both(tmp_path):
    write_set(tmp_path / "squats", IMAGES)
    with running() as (url, state):
        yield Both(tmp_path / "squats", url, state)


def assert_same_labels(a, b):
    np.testing.assert_array_equal(a.keypoints, b.keypoints)
    assert (a.outside is None) == (b.outside is None)


def test_untouched_labels_come_back_as_they_went(both):
    assert not both.check()
    file = both.folder / "annotations" / "train.json"
    before = json.loads(file.read_text())
    done = both.pull()
    after = json.loads(file.read_text())
    assert (after["images"], after["annotations"]) == (before["images"], before["annotations"])
    assert done.counts["train"].same == len(both.before.people)


def test_points_that_were_moved_are_corrected_with_all_digits(both):
    person = both.prelabelled[0]
    name = person.skeleton.names[0]
    both.state.element(both.shape(person), name)["points"] = [3.123456, 4.987654]
    done = both.pull()
    after = both.people[person.id]
    assert after.keypoints[0].tolist() == [3.123, 4.988, person.keypoints[0, 2]]
    assert after.origin.status == "corrected"
    assert after.origin.network == person.origin.network
    assert after.origin.points[:2] == ("moved", "untouched")
    assert done.counts["train"].corrected == 1
    for other in both.before.people:
        if other is not person:
            assert_same_labels(both.people[other.id], other)


def test_occluded_and_outside_become_visibility(both):
    person = both.prelabelled[0]
    shape = both.shape(person)
    seen = [i for i in range(33) if person.keypoints[i, 2] == 2]
    both.state.element(shape, person.skeleton.names[seen[0]])["occluded"] = True
    both.state.element(shape, person.skeleton.names[seen[1]])["outside"] = True
    both.pull()
    after = both.people[person.id]
    assert after.keypoints[seen[0]].tolist() == [*person.keypoints[seen[0], :2], 1]
    assert after.keypoints[seen[1]].tolist() == [0, 0, 0]
    np.testing.assert_array_equal(after.outside[seen[1]], [*person.keypoints[seen[1], :2], 0])
    nowhere = person.keypoints[:, 2] == 0
    assert np.isnan(after.outside[nowhere]).all(), "that nobody placed these is not forgotten"


def test_in_a_completed_job_what_nobody_touched_is_verified(both):
    both.task["job_rows"][0]["state"] = "completed"
    done = both.pull()
    frames = {person.id: both.before.images.index(person.image) for person in both.prelabelled}
    for number, frame in frames.items():
        assert both.people[number].origin.status == ("verified" if frame < 2 else "prelabel")
    assert done.counts["train"].verified == sum(frame < 2 for frame in frames.values()) > 0
    assert done.unfinished == 1
    assert "1 jobs are not completed" in "\n".join(describe(done))


def test_a_status_that_somebody_set_counts(both):
    person = both.prelabelled[0]
    both.state.set_attribute(both.shape(person), "status", "rejected")
    done = both.pull()
    assert both.people[person.id].origin.status == "rejected"
    assert done.counts["train"].judged == 1


def test_who_was_drawn_there_is_new_once_however_often_it_is_pulled(both):
    shape = both.draw(frame=2, at=3.0)
    assert [f.kind for f in both.check()] == ["new-people"]
    both.pull()
    (number,) = both.people.keys() - {p.id for p in both.before.people}
    new = both.people[number]
    assert number > max(p.id for p in both.before.people)
    assert (new.origin.status, new.image.path.name) == ("verified", "clip_000002.png")
    assert new.keypoints[:2].tolist() == [[3.0, 3.0, 2], [3.25, 3.0, 1]]
    assert both.pull().counts["train"].new == []
    shape["id"] = both.state.new()  # as after every change that the page saves
    shape["elements"][5]["points"] = [5.0, 5.0]
    done = both.pull()
    assert (done.counts["train"].new, done.counts["train"].corrected) == ([], 1)
    assert both.people.keys() == {p.id for p in both.before.people} | {number}
    assert both.people[number].keypoints[5].tolist() == [5, 5, 2]


def test_a_pull_that_ended_before_its_record_doubles_nobody(both, monkeypatch):
    both.draw(frame=2, at=3.0)
    with monkeypatch.context() as patched:
        patched.setattr("posetune.label.cvat.record.write", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            both.pull()
    assert both.pull().counts["train"].new == []
    assert len(both.people) == len(both.before.people) + 1


def test_copies_are_new_people_and_the_original_keeps_its_id(both):
    person = both.prelabelled[0]
    frame = both.before.images.index(person.image)
    both.draw(frame=frame, at=8.0, posetune_id=str(person.id))  # copied and pasted in the frame
    both.draw(frame=(frame + 1) % IMAGES, at=8.0, posetune_id=str(person.id))  # and into another one
    assert {f.kind for f in both.check()} == {"copied-people"}
    done = both.pull()
    assert len(done.counts["train"].new) == 2
    assert_same_labels(both.people[person.id], person)
    assert both.pull().counts["train"].new == []
    assert len(both.people) == len(both.before.people) + 2


def test_who_was_deleted_there_is_deleted_here_and_told(both):
    person = both.before.people[0]
    both.task["annotations"]["shapes"].remove(both.shape(person))
    done = both.pull()
    assert both.people.keys() == {p.id for p in both.before.people} - {person.id}
    assert f"deleted there, and so here: {person.id} in clip_000000.png" in "\n".join(describe(done))


def test_somebody_all_of_whose_points_are_outside_is_not_there(both):
    person = both.before.people[0]
    for element in both.shape(person)["elements"]:
        element["outside"] = True
    assert [f.kind for f in both.check()] == ["empty-people"]
    both.pull()
    assert person.id not in both.people


def change_here(both, person, **changes):
    from dataclasses import replace

    dataset = load_dataset(both.folder, "train")
    people = tuple(replace(p, **changes) if p.id == person.id else p for p in dataset.people)
    write_coco(replace(dataset, people=people), both.folder / "annotations" / "train.json")


def test_what_was_changed_here_since_is_kept(both):
    person = both.prelabelled[0]
    keypoints = np.round(person.keypoints + [1, 1, 0] * (person.keypoints[:, 2:] > 0), 3)
    change_here(both, person, keypoints=keypoints)
    done = both.pull()
    np.testing.assert_array_equal(both.people[person.id].keypoints, keypoints)
    assert done.counts["train"].kept == 1
    assert both.pull().counts["train"].kept == 1


@pytest.mark.parametrize("prefer", ["cvat", "set"])
def test_what_was_changed_on_both_sides_is_refused_until_one_is_preferred(both, prefer):
    person = both.prelabelled[0]
    here = np.round(person.keypoints + [1, 1, 0] * (person.keypoints[:, 2:] > 0), 3)
    change_here(both, person, keypoints=here)
    both.state.element(both.shape(person), person.skeleton.names[0])["points"] = [9.0, 9.0]
    before = (both.folder / "annotations" / "train.json").read_bytes()
    with pytest.raises(
        PosetuneError, match=rf"1 people were changed both here and there \({person.id} in clip_000001.png\)"
    ):
        both.pull()
    assert (both.folder / "annotations" / "train.json").read_bytes() == before
    both.pull(prefer=prefer)
    expected = here.copy() if prefer == "set" else person.keypoints.copy()
    if prefer == "cvat":
        expected[0, :2] = 9
    np.testing.assert_array_equal(both.people[person.id].keypoints, expected)
    both.pull()


def test_whom_somebody_added_or_deleted_here_since_is_left_alone(both):
    from dataclasses import replace

    dataset = load_dataset(both.folder, "train")
    people = (*dataset.people[1:], replace(dataset.people[1], id=500))
    write_coco(replace(dataset, people=people), both.folder / "annotations" / "train.json")
    done = both.pull()
    assert both.people.keys() == {p.id for p in people}
    assert (done.counts["train"].kept, done.counts["train"].stay_deleted) == (1, 1)


def test_people_of_deleted_frames_stay(both):
    both.task["deleted_frames"] = [1]
    both.task["annotations"]["shapes"] = [s for s in both.state.shapes() if s["frame"] != 1]
    assert [f.kind for f in both.check()] == ["deleted-frames"]
    both.pull()
    assert both.people.keys() == {p.id for p in both.before.people}


REFUSED = {
    "tracks": lambda both: both.task["annotations"]["tracks"].append({"frame": 0, "label_id": 1, "shapes": []}),
    "loose-points": lambda both: both.task["annotations"]["shapes"].append(
        {"id": 9, "type": "points", "frame": 0, "label_id": -1, "points": [1, 1]}
    ),
    "changed-images": lambda both: both.before.images[0].path.write_bytes(both.before.images[1].path.read_bytes()),
    "unknown-images": lambda both: both.task["frames"][0].update(name="00000000-other.png"),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_what_would_be_lost_is_refused_unless_left_out(both, kind):
    REFUSED[kind](both)
    (finding,) = both.check()
    assert (finding.kind, finding.pull) == (kind, "refuses, or --leave-out")
    before = (both.folder / "annotations" / "train.json").read_bytes()
    with pytest.raises(PosetuneError, match="Nothing is pulled: task"):
        both.pull()
    assert (both.folder / "annotations" / "train.json").read_bytes() == before
    both.pull(leave_out=True)
    assert both.people.keys() == {p.id for p in both.before.people}


def test_another_skeleton_and_a_push_that_was_cut_off_are_always_refused(both):
    both.task["name"] += " (not complete)"
    label = next(row for row in both.state.labels.values() if row["type"] == "skeleton")
    label["sublabels"].pop()
    assert {(f.kind, f.pull) for f in both.check()} >= {("not-complete", "refuses"), ("skeleton", "refuses")}
    with pytest.raises(PosetuneError, match="push again"):
        both.pull(leave_out=True)


def test_images_that_were_renamed_here_are_found_by_what_is_in_them(both):
    file = both.folder / "annotations" / "train.json"
    file.write_text(file.read_text().replace("clip/clip_000001.png", "clip/other.png"))
    (both.folder / "images" / "clip" / "clip_000001.png").rename(both.folder / "images" / "clip" / "other.png")
    person = both.prelabelled[0]
    both.state.element(both.shape(person), person.skeleton.names[0])["points"] = [9.0, 9.0]
    both.pull()
    assert both.people[person.id].keypoints[0, :2].tolist() == [9, 9]


def test_without_its_record_a_task_is_pulled_all_the_same(both):
    for path in (both.folder / ".cvat").glob("*.json"):
        path.unlink()
    person = both.prelabelled[0]
    both.state.element(both.shape(person), person.skeleton.names[0])["points"] = [9.0, 9.0]
    done = both.pull()
    assert (done.counts["train"].corrected, done.counts["train"].same) == (1, len(both.before.people) - 1)
    assert both.people[person.id].origin.status == "corrected"


def test_a_set_that_is_not_there(both, tmp_path):
    with connect(both.url) as server, pytest.raises(PosetuneError, match="There is no set"):
        pull(server, target_of("clips"), tmp_path / "no", How(), Reporter())


def test_two_sets_with_the_same_ids_in_one_project_stay_apart(both, tmp_path):
    other = write_set(tmp_path / "lunges", 2)
    for image in other.images:  # the same names and ids, other pictures
        image.path.write_bytes(image.path.read_bytes() + b" ")
    with connect(both.url) as server:
        push(load_dataset(tmp_path / "lunges", "train"), "train", server, Where(project="clips"), Reporter())
    before = (both.folder / "annotations" / "train.json").read_bytes()
    with pytest.raises(PosetuneError, match="images whose files were changed here since they were sent, with people"):
        both.pull()
    assert (both.folder / "annotations" / "train.json").read_bytes() == before
    (theirs,) = (number for number, row in both.state.tasks.items() if row is not both.task)
    with connect(both.url) as server:
        done = pull(server, target_of(str(theirs)), tmp_path / "lunges", How(), Reporter())
    assert done.counts["train"].same == len(other.people)


def test_pictures_of_any_name_find_back(tmp_path):
    dataset = write_set(tmp_path / "set", 3)
    file = tmp_path / "set" / "annotations" / "train.json"
    text = file.read_text()
    names = ("深蹲/Kopie von a (1).png", 'deep/quote"d.png', "deep/e\u0301té.v2.png")
    for image, name in zip(dataset.images, names, strict=True):
        (tmp_path / "set" / "images" / name).parent.mkdir(exist_ok=True)
        image.path.rename(tmp_path / "set" / "images" / name)
        text = text.replace(json.dumps(f"clip/{image.path.name}"), json.dumps(name))
    file.write_text(text)
    with running() as (url, state):
        with connect(url) as server:
            push(load_dataset(tmp_path / "set", "train"), "train", server, Where(project="clips"), Reporter())
        names = [frame["name"][9:] for row in state.tasks.values() for frame in row["frames"]]
        assert names == ["深蹲__Kopie von a (1).png", "deep__quote_d.png", "deep__\u00e9té.v2.png"]
        state.element(state.shapes()[0], "nose")["points"] = [9.0, 9.0]
        with connect(url) as server:
            done = pull(server, target_of("clips"), tmp_path / "set", How(), Reporter())
    assert (done.counts["train"].corrected, done.findings) == (1, [])


@pytest.mark.parametrize("told", [True, False], ids=["with the attribute", "without"])
def test_who_is_to_be_ignored_stays_so(both, told):
    person = both.before.people[0]
    if not told:  # a project whose label was made by hand
        label = next(row for row in both.state.labels.values() if row["type"] == "skeleton")
        label["attributes"] = [a for a in label["attributes"] if a["name"] in ("posetune_id", "status")]
    change_here(both, person, ignore=True)
    if told:
        both.state.set_attribute(both.shape(person), "posetune_ignore", "1")
    both.pull()
    assert both.people[person.id].ignore
