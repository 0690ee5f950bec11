"""Label Studio: whose points they are, what is hidden, there and back."""

from __future__ import annotations

import json

import numpy as np
import pytest
from tests.helpers.coco_labels import POINTS, annotation, content
from tests.helpers.coco_labels import read as read_coco

from posetune.data.formats import label_studio
from posetune.data.formats.reading import NONE, Reading
from posetune.data.formats.writing import Part, unique_names
from posetune.errors import PosetuneError
from posetune.landmarks import INDEX

SIZE = {"original_width": 200, "original_height": 100, "image_rotation": 0}


def point(name: str, x: float, y: float, number: str = "", **more) -> dict:
    value = {"x": x, "y": y, "width": 0.3, "keypointlabels": [name]}
    return {"id": number or f"{name}{x}", "type": "keypointlabels", "value": value, **SIZE, **more}


def box(number: str, x: float, y: float, w: float, h: float) -> dict:
    value = {"x": x, "y": y, "width": w, "height": h, "rotation": 0, "rectanglelabels": ["person"]}
    return {"id": number, "type": "rectanglelabels", "value": value, **SIZE}


def task(*result: dict, **more) -> dict:
    email = {"id": 1, "email": "ada@example.org"}
    return {"id": 3, "data": {"image": "/data/upload/1/0a1b2c3d-a.png"},
            "annotations": [{"completed_by": email, "result": list(result)}], **more}  # fmt: skip


def load(folder, *tasks, **how):
    path = folder / "export.json"
    path.write_text(json.dumps(list(tasks)))
    assert label_studio.sniff(path)
    return label_studio.read(path, Reading(**{"require": NONE, **how}))


def test_per_cent_becomes_px_and_a_note_hides(tmp_path):
    hidden = {"meta": {"text": ["hidden"]}}
    dataset = load(tmp_path, task(point("nose", 50, 10), point("left_hip", 25, 50, **hidden)))
    (person,) = dataset.people
    assert person.keypoints[INDEX["nose"]].tolist() == [100, 10, 2]
    assert person.keypoints[INDEX["left_hip"]].tolist() == [50, 50, 1]
    assert "ada" not in repr(dataset)


def test_points_belong_by_parent_by_relation_or_by_the_rectangle_that_holds_them(tmp_path):
    a, b = box("A", 0, 0, 60, 100), box("B", 40, 0, 60, 100)
    relation = {"type": "relation", "from_id": "n2", "to_id": "B", "direction": "right"}
    dataset = load(tmp_path, task(
        a, b, relation, point("nose", 50, 10, "n1", parentID="A"), point("nose", 50, 20, "n2"),
        point("left_hip", 10, 50, "h1"), point("left_hip", 90, 50, "h2"),
    ))  # fmt: skip
    noses = [p.keypoints[INDEX["nose"], 1] for p in dataset.people]
    hips = [p.keypoints[INDEX["left_hip"], 0] for p in dataset.people]
    assert (noses, hips) == ([10, 20], [20, 180])
    assert dataset.people[0].bbox.tolist() == [0, 0, 120, 100]


def test_several_people_without_anything_that_says_so_are_refused(tmp_path):
    with pytest.raises(PosetuneError, match="'nose' twice for one person"):
        load(tmp_path, task(point("nose", 50, 10), point("nose", 60, 10)))


def test_json_min_and_cancelled_and_several_annotations(tmp_path):
    flat = {"id": 1, "image": "a.png", "keypoints": [{**point("nose", 50, 10)["value"], **SIZE}]}
    path = tmp_path / "min.json"
    path.write_text(json.dumps([flat]))
    assert label_studio.sniff(path)
    assert label_studio.read(path, Reading(require=NONE)).people[0].keypoints[0, 0] == 100
    several = task(point("nose", 50, 10))
    several["annotations"] += [
        {"result": [point("nose", 60, 10)]},
        {"was_cancelled": True, "result": [point("nose", 9, 9)]},
    ]
    dataset = load(tmp_path, several)
    assert dataset.people[0].keypoints[0, 0] == 120
    assert any("earlier ones of a task" in loss.what for loss in dataset.losses)


@pytest.mark.parametrize(("tasks", "sentence"), [
    ([task()], "no task has key points"),
    ([task(point("nose", 1, 1), image={})| {"data": {}}], "names no picture"),
    ([task({**point("nose", 1, 1), "original_width": None})], "has no place, or its picture no size"),
    ([task({**point("nose", 1, 1), "image_rotation": 90})], "was turned"),
])  # fmt: skip
def test_bad_input_is_one_sentence(tmp_path, tasks, sentence):
    with pytest.raises(PosetuneError, match=sentence):
        load(tmp_path, *tasks)


def test_uploaded_pictures_are_found_by_their_names(folder):
    assert (
        load(folder, task(point("nose", 50, 10)), images=folder / "images").images[0].path
        == folder / "images" / "a.png"
    )


def test_there_and_back_with_the_losses_that_are_stated(folder):
    rows = [
        annotation(bbox=[10, 5, 70, 80]),
        annotation(id=9, ignore=1),
        annotation(id=12, area=7.0, keypoints=POINTS[:6] + [0] * 12),
    ]
    dataset = read_coco(folder, content(annotations=rows, images=[{**content()["images"][0], "video": "v1"}]))
    (names,) = unique_names([dataset])
    told = " ".join(map(str, label_studio.write([Part("train", dataset, names)], folder / "out")))
    assert "1 people: are to be ignored" in told
    assert "1 people: have an area" in told
    assert "1 boxes: are not given" in told
    back = label_studio.read(folder / "out" / "annotations" / "train.json", Reading(images=folder / "images"))
    kept = [p for p in dataset.people if not p.ignore]
    assert np.abs(back.people[0].keypoints - kept[0].keypoints).max() < 1e-6
    assert np.abs(back.people[1].keypoints - kept[1].keypoints).max() < 1e-6
    assert back.people[0].bbox.tolist() == pytest.approx([10, 5, 70, 80])
    assert back.groups == dataset.groups
    assert not any("were found by their name" in w for w in back.warnings)
    assert '<Label value="left_hip"/>' in (folder / "out" / "label_config.xml").read_text()


def test_what_shows_no_pose_is_counted(tmp_path):
    polygon = {"id": "p", "type": "polygonlabels", "value": {"points": [[1, 1]]}, **SIZE}
    dataset = load(tmp_path, task(point("nose", 50, 10), point("left_hip", 25, 50), polygon))
    assert [str(loss) for loss in dataset.losses if "polygonlabels" in loss.what] == [
        "1 regions: are of the kind polygonlabels, which shows no pose"
    ]


def test_labels_on_two_pictures_of_one_task_are_refused(tmp_path):
    points = [point("nose", 50, 10, to_name="left"), point("left_hip", 25, 50, to_name="right")]
    with pytest.raises(PosetuneError, match=r"several pictures \(left, right\)"):
        load(tmp_path, task(*points))


def test_a_point_in_two_rectangles_goes_where_it_is_wanting_and_makes_no_third_person(tmp_path):
    a, b = box("A", 0, 0, 60, 100), box("B", 40, 0, 60, 100)
    points = [point("nose", 10, 10), point("nose", 50, 10), point("left_hip", 50, 50), point("left_eye", 90, 9)]
    dataset = load(tmp_path, task(a, b, *points))
    assert [p.keypoints[INDEX["nose"], 0] for p in dataset.people] == [20, 100]
    assert [loss.count for loss in dataset.losses if "several rectangles" in loss.what] == [1]
