"""CVAT for images 1.1: what real exports look like, and what an annotator has to be told."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.helpers import cvat_xml as x

from posetune.data.dataset import find_splits, load_dataset
from posetune.data.formats.cvat_images import parts, read, sniff
from posetune.data.formats.reading import NONE, Reading
from posetune.errors import PosetuneError
from posetune.landmarks import INDEX

NOSE, LEFT, HIP = INDEX["nose"], INDEX["left_shoulder"], INDEX["left_hip"]


def load(folder: Path, text: str, **how):
    path = folder / "annotations.xml"
    path.write_text(text, encoding="utf-8")
    return read(path, Reading(**{"require": NONE, **how}))


def test_points_are_placed_by_name_in_whatever_order_and_v_says_occluded_and_outside(tmp_path):
    inside = (
        x.points("left_hip", 58, 70, occluded=1)
        + x.points("nose", 50, 10)
        + x.points("left_shoulder", 61, 31, outside=1, occluded=1)
    )
    dataset = load(tmp_path, x.export(x.image(inside=x.skeleton(inside=inside))))
    (person,) = dataset.people
    assert person.keypoints[NOSE].tolist() == [50, 10, 2]
    assert person.keypoints[HIP].tolist() == [58, 70, 1]
    assert person.keypoints[LEFT].tolist() == [0, 0, 0]
    assert person.outside[LEFT].tolist() == [61, 31, 1]
    assert person.labelled.sum() == 2


@pytest.mark.parametrize("meta", [
    x.task(),
    x.task().replace("task>", "job>"),
    f"<project><name>p</name><tasks><task><id>7</id><name>clip</name></task></tasks><labels>{x.label()}</labels></project>",
    "",
])  # fmt: skip
def test_the_head_may_be_a_tasks_a_jobs_a_projects_or_nobodys(tmp_path, meta):
    assert len(load(tmp_path, x.export(meta=meta)).people) == 1


def test_skeletons_whose_points_have_the_same_names_are_not_mixed(tmp_path):
    labels = x.label("person", ("1", "2", "nose")) + x.label("racket", ("1", "2"))
    inside = x.skeleton(inside=x.points("1", 1, 2) + x.points("nose", 5, 6)) + x.skeleton("racket", x.points("1", 8, 9))
    dataset = load(tmp_path, x.export(x.image(inside=inside), x.task(labels)), native=True)
    assert dataset.skeleton.names == ("person.1", "person.2", "nose", "racket.1", "racket.2")
    assert dataset.people[0].keypoints[0].tolist() == [1, 2, 2]
    assert dataset.people[1].keypoints[3].tolist() == [8, 9, 2]
    named = load(tmp_path, x.export(x.image(inside=inside), x.task(labels)), names={"person.1": "left_hip"})
    assert named.people[0].keypoints[HIP].tolist() == [1, 2, 2]
    assert len(named.people) == 1
    assert any("'racket', which is no person's" in loss.what for loss in named.losses)


def box(name: str, sides: tuple[int, int, int, int], inside: str = "", more: str = "") -> str:
    a, b, c, d = sides
    return f'<box label="{name}" occluded="0" xtl="{a}" ytl="{b}" xbr="{c}" ybr="{d}" {more}>{inside}</box>'


def test_boxes_are_joined_by_group_by_attribute_or_by_place_and_else_not(tmp_path):
    number = '<attribute name="id">{}</attribute>'.format
    two = x.skeleton(attributes='group_id="3"') + box("b", (0, 0, 90, 90), more='group_id="3"')
    two += x.skeleton() + box("b", (1, 1, 99, 99), more='group_id="4"')
    by_group = load(tmp_path, x.export(x.image(inside=two)))
    assert by_group.people[0].bbox.tolist() == [0, 0, 90, 90]
    assert by_group.people[1].bbox.tolist() == [1, 1, 98, 98]  # the only one that is left holds it
    crossed = x.skeleton(more=number(1)) + x.skeleton(more=number(2))
    crossed += box("b", (0, 0, 80, 80), number(2)) + box("b", (0, 0, 90, 90), number(1))
    by_attribute = load(tmp_path, x.export(x.image(inside=crossed)))
    assert [p.bbox[2] for p in by_attribute.people] == [90, 80]
    doubtful = x.skeleton() + box("b", (0, 0, 80, 80)) + box("b", (0, 0, 90, 90))
    neither = load(tmp_path, x.export(x.image(inside=doubtful)))
    assert neither.people[0].bbox is None
    assert [(loss.things, loss.count) for loss in neither.losses if loss.things == "boxes"] == [("boxes", 2)]


def test_an_export_made_before_saving_says_so(tmp_path):
    with pytest.raises(PosetuneError, match=r"not one skeleton.*saved in CVAT"):
        load(tmp_path, x.export(x.image(inside="")))


def test_loose_points_become_people_where_the_user_says_so(tmp_path):
    loose = "".join(
        f'<points label="{n}" occluded="{int(n == "nose")}" points="{a},{b}"></points>'
        for n, (a, b) in x.PLACES.items()
    )
    with pytest.raises(PosetuneError, match=r"loose points .*--points-as-people"):
        load(tmp_path, x.export(x.image(inside=loose)))
    (person,) = load(tmp_path, x.export(x.image(inside=loose)), points_as_people=True).people
    assert person.keypoints[NOSE].tolist() == [50, 10, 1]
    assert person.labelled.sum() == 5
    with pytest.raises(PosetuneError, match="'nose' several times, and nothing says whose"):
        load(tmp_path, x.export(x.image(inside=loose + loose)), points_as_people=True)
    grouped = loose.replace("occluded", 'group_id="1" occluded') + loose.replace("occluded", 'group_id="2" occluded')
    assert len(load(tmp_path, x.export(x.image(inside=grouped)), points_as_people=True).people) == 2
    several = '<points label="tool" points="1,2;3,4"></points>'
    with pytest.raises(PosetuneError, match="nothing says which point is which"):
        load(tmp_path, x.export(x.image(inside=several)), points_as_people=True)


def test_tasks_of_a_project_are_splits_and_groups(tmp_path):
    tasks = "".join(
        f"<task><id>{i}</id><name>clip {i}</name><subset>{s}</subset></task>"
        for i, s in ((1, "Train"), (2, "Train"), (3, "Test"))
    )
    meta = f"<project><tasks>{tasks}</tasks><labels>{x.label()}</labels></project>"
    images = "".join(
        x.image("a.png", number=0, more=f'task_id="{i}" subset="{s}"')
        for i, s in ((1, "Train"), (2, "Train"), (3, "Test"))
    )
    path = tmp_path / "annotations.xml"
    path.write_text(x.export(images, meta))
    assert sniff(path)
    assert parts(path) == ["Train", "Test"]
    assert find_splits(tmp_path) == ["train", "test"]
    train = load(tmp_path, x.export(images, meta), split="Train")
    assert train.groups == ("task:clip 1", "task:clip 2")
    assert [image.id for image in train.images] == [1, 2]  # the file's own ids start anew with each task
    assert load(tmp_path, x.export(images, meta), split="Test").groups == ("task:clip 3",)


def test_nothing_of_who_worked_on_it_is_kept(tmp_path):
    head = "<id>1</id><name>t</name><owner><username>ada</username><email>ada@example.org</email></owner>"
    dataset = load(tmp_path, x.export(meta=x.task(head=head)))
    assert "ada" not in repr(dataset.people) + repr(dataset.images) + repr(dataset.warnings)


def test_what_shows_no_pose_is_counted(tmp_path):
    more = '<polygon label="car" points="1,1;2,2;3,1"></polygon><tag label="good"></tag>'
    dataset = load(tmp_path, x.export(x.image(inside=x.skeleton() + more)))
    assert sorted(loss.what for loss in dataset.losses if loss.things == "shapes") == [
        "are of the kind polygon, which shows no pose", "are of the kind tag, which shows no pose",
    ]  # fmt: skip


@pytest.mark.parametrize(("inside", "sentence"), [
    (x.points("nose", 1, 2) + x.points("nose", 3, 4), "has the point 'nose' twice"),
    (x.points("tail", 1, 2), "has the point 'tail', which its label does not name"),
    ('<points label="nose" outside="0" occluded="0" points="here"></points>', "has no place"),
    ('<points label="nose" outside="0" occluded="0" points="nan,1"></points>', "has no place"),
])  # fmt: skip
def test_a_wrong_point_is_one_sentence(tmp_path, inside, sentence):
    with pytest.raises(PosetuneError, match=sentence):
        load(tmp_path, x.export(x.image(inside=x.skeleton(inside=inside))))


def test_pictures_of_another_size_are_scaled_only_if_the_user_says_so(folder):
    text = x.export(x.image().replace('width="100" height="120"', 'width="1000" height="1200"'))
    text = text.replace('points="', 'points="1')  # 50.00,10.00 → 150.00,10.00
    with pytest.raises(PosetuneError, match="--rescale"):
        load(folder, text, rescale=False)
    assert load(folder, text).people[0].keypoints[NOSE, 0] == 15


def test_every_command_reads_it(folder):
    (folder / "annotations.xml").write_text(x.export())
    (folder / "annotations").rmdir()
    dataset = load_dataset(folder, "train")
    assert dataset.images[0].path == folder / "images" / "a.png"
    assert load_dataset(folder / "annotations.xml", "whatever").people


def test_a_loose_point_in_two_boxes_is_nobodys(tmp_path):
    boxes = '<box label="b" xtl="0" ytl="0" xbr="60" ybr="100"/><box label="b" xtl="40" ytl="0" xbr="99" ybr="100"/>'
    places = (("nose", 10), ("left_hip", 20), ("nose", 80), ("left_hip", 90), ("right_hip", 50))
    loose = "".join(f'<points label="{n}" occluded="0" points="{at}.00,20.00"></points>' for n, at in places)
    dataset = load(tmp_path, x.export(x.image(inside=boxes + loose)), points_as_people=True)
    assert [int(p.labelled.sum()) for p in dataset.people] == [2, 2]
    assert "1 points: lie in several boxes, and nothing says whose they are (right_hip)" in map(str, dataset.losses)
