"""What is odd in COCO's tables as people have them: each deviation on a small set of its own."""

from __future__ import annotations

import json
import unicodedata

import numpy as np
import pytest
from tests.helpers.coco_labels import COCO_NAMES, POINTS, annotation, content, read

from posetune.data.formats import coco, json_stream
from posetune.data.formats.coco_writer import write_coco
from posetune.data.formats.reading import NONE, Reading
from posetune.errors import PosetuneError
from posetune.landmarks import INDEX

LEFT = INDEX["left_shoulder"]


def load(folder, labels, **how):
    path = folder / "annotations" / "train.json"
    path.write_text(json.dumps(labels))
    return coco.read(path, Reading(**{"require": NONE, "images": folder / "images", "root": folder, **how}))


def losses_of(dataset) -> str:
    return " | ".join(map(str, dataset.losses))


def test_points_that_are_marked_as_outside_keep_their_places_through_a_file(folder):
    placed = annotation(keypoints=[*POINTS[:3], 61, 31, 0, *POINTS[6:]])
    dataset = load(folder, content(annotations=[placed]))
    assert not dataset.people[0].labelled[LEFT]
    assert dataset.people[0].outside[LEFT].tolist() == [61, 31, 0]
    write_coco(dataset, folder / "annotations" / "again.json")
    again = coco.read(folder / "annotations" / "again.json", Reading(images=folder / "images"))
    assert again.people[0].outside[LEFT].tolist() == [61, 31, 0]
    assert np.isnan(again.people[0].outside[INDEX["nose"]]).all()
    with pytest.raises(PosetuneError, match=r"'outside' of annotation 7 .* is not name"):
        load(folder, content(annotations=[annotation(outside={"nose": [1, 2]})]))


def test_a_box_that_is_the_hull_of_the_points_is_known_for_it(folder):
    hull = annotation(bbox=[40, 10, 20.004, 60], area=1200)
    box = annotation(id=8, bbox=[35, 5, 30, 70])
    dataset = load(folder, content(annotations=[hull, box]))
    assert [p.bbox_from for p in dataset.people] == ["keypoints", None]
    assert any("1 of 2 boxes are only the hull" in w for w in dataset.warnings)
    write_coco(dataset, folder / "annotations" / "again.json")
    again = coco.read(folder / "annotations" / "again.json", Reading(images=folder / "images"))
    assert [p.bbox_from for p in again.people] == ["keypoints", None]


def test_loose_points_are_told_from_an_empty_set(folder):
    loose = [{"id": i, "name": name, "keypoints": []} for i, name in enumerate(COCO_NAMES, 1)]
    with pytest.raises(PosetuneError, match=r"labelled with loose points.*CVAT for images 1.1.*--points-as-people"):
        load(folder, content(categories=loose, annotations=[]))
    with pytest.raises(PosetuneError, match="'annotations' is empty; label at least one person"):
        load(folder, content(annotations=[]))


def test_categories_that_are_no_people_are_passed_over(folder):
    skis = {"id": 2, "name": "skis", "keypoints": ["left_rear", "left_front", "right_rear", "right_front"]}
    rows = [annotation(), annotation(id=8, category_id=2, keypoints=[1, 2, 2] * 4)]
    dataset = load(folder, content(categories=[*content()["categories"], skis], annotations=rows))
    assert [p.id for p in dataset.people] == [7]
    assert any("that are no people" in w and "1 of 'skis'" in w for w in dataset.warnings)
    assert "1 annotations: of the category 'skis'" in losses_of(dataset)
    native = load(folder, content(categories=[*content()["categories"], skis], annotations=rows), native=True)
    assert len(native.people) == 2  # who wants them, has them


def test_who_is_wholly_outside_is_not_there(folder):
    beside = np.array(POINTS, float).reshape(-1, 3) + [100.5, 0, 0]
    half = np.array(POINTS, float).reshape(-1, 3) + [45, 0, 0]
    rows = [
        annotation(),
        annotation(id=8, keypoints=beside.ravel().tolist()),
        annotation(id=9, keypoints=half.ravel().tolist()),
    ]
    dataset = load(folder, content(annotations=rows))
    assert [p.id for p in dataset.people] == [7, 9]
    assert "1 people: lie wholly outside" in losses_of(dataset)


def test_interpolated_frames_of_tracks_are_known_and_can_be_left_out(folder):
    said = ({"track_id": 0, "keyframe": True}, {"track_id": 0, "keyframe": False}, {"keyframe": False})
    labels = content(annotations=[annotation(id=i, attributes=a) for i, a in enumerate(said, 1)])
    dataset = load(folder, labels)
    assert [p.origin.source for p in dataset.people] == [None, "interpolated", None]
    assert dataset.people[1].origin.to_row()["origin"] == {"source": "interpolated"}
    assert [p.id for p in load(folder, labels, interpolated=False).people] == [1, 3]


def test_roboflows_placeholder_category_ids_from_0_and_no_num_keypoints(folder):
    categories = [{"id": 0, "name": "objects-x"}, {"id": 1, "name": "person", "keypoints": [*COCO_NAMES[:-1], "LFoot"]}]
    images = [{**content()["images"][0], "id": 0, "extra": {"name": "b_frame_3.png"}}]
    dataset = load(folder, content(categories=categories, images=images, annotations=[annotation(id=0, image_id=0)]))
    assert dataset.dropped_names == ("LFoot",)
    assert "1 points: 'LFoot' means none of the 33" in losses_of(dataset)
    assert dataset.groups == ("clip:b",)
    said = load(
        folder,
        content(categories=categories, images=images, annotations=[annotation(image_id=0)]),
        names={"LFoot": "left_heel"},
    )
    assert said.people[0].labelled[INDEX["left_heel"]]
    assert not said.losses


def test_num_keypoints_is_not_believed(folder):
    assert load(folder, content(annotations=[annotation(num_keypoints=99)])).people[0].labelled.sum() == 5


def test_v_that_is_only_ever_1_is_told(folder):
    ones = [v if i % 3 != 2 else 1 for i, v in enumerate(POINTS)]
    assert any(
        "1 seems to mean visible" in w for w in load(folder, content(annotations=[annotation(keypoints=ones)])).warnings
    )
    assert not any("1 seems" in w for w in load(folder, content()).warnings)


def test_names_of_other_tools(folder):
    names = ["person.nose", "LSHOULDER", "rshoulder", "l_hip", "Right Hip", "rear"]
    dataset = load(folder, content(categories=[{"id": 1, "name": "p", "keypoints": names}]))
    assert dataset.dropped_names == ("rear",)


@pytest.mark.parametrize(("changes", "sentence"), [
    ({"categories": [{"id": 1, "name": "p", "keypoints": COCO_NAMES * 2}]}, "names the keypoint \"nose\" twice"),
    ({"annotations": [annotation(keypoints=[1.0] * 30_000)]}, r"are 30000 numbers; .* takes 18"),
    ({"images": [*content()["images"], *content()["images"]]}, "image id 1 stands twice"),
    ({"annotations": [annotation(keypoints=[10**400, *POINTS[1:]])]}, "are not numbers"),
    ({"categories": [{"id": 1, "name": "p", "keypoints": 7.5}]}, "keypoints that are not a list of names"),
    ({"annotations": [annotation(bbox=[10**400, 0, 1, 1])]}, "is not four numbers"),
    ({"images": [{**content()["images"][0], "width": 10**400}]}, "no valid width and height"),
    ({"annotations": [annotation(), annotation()]}, "annotation id 7 stands twice"),
])  # fmt: skip
def test_what_contradicts_itself_is_one_sentence(folder, changes, sentence):
    with pytest.raises(PosetuneError, match=sentence):
        load(folder, content(**changes))


def test_label_studios_coco_export_is_known(folder):
    dataset = load(folder, content(info={"contributor": "Label Studio"}))
    assert any("export as JSON, and read that" in w for w in dataset.warnings)


def test_a_value_without_end_is_not_waited_for(folder, monkeypatch):
    monkeypatch.setattr(json_stream, "LARGE", 1000)
    monkeypatch.setattr(json_stream, "LONGEST", 10_000)
    labels = content(annotations=[annotation(keypoints=[1.0] * 300_000)])
    with pytest.raises(PosetuneError, match="one value of more than"):
        load(folder, labels)


def test_byte_order_mark_windows_lines_and_accents_spelt_in_two_ways(folder):
    for form in ("NFC", "NFD"):
        (folder / "images" / unicodedata.normalize(form, f"é-{form}.png")).symlink_to(folder / "images" / "a.png")
    images = [
        {"id": i, "file_name": unicodedata.normalize(other, f"é-{form}.png"), "width": 100, "height": 120}
        for i, (form, other) in enumerate((("NFC", "NFD"), ("NFD", "NFC")), 1)
    ]
    text = json.dumps(content(images=images), indent=1, ensure_ascii=False).replace("\n", "\r\n")
    dataset = read(folder, None, "﻿" + text)
    assert all(image.path.exists() for image in dataset.images)


@pytest.mark.parametrize("name", ["a\0b.png", "\ud800.png"])
def test_names_that_no_file_can_have_are_one_sentence(folder, name):
    images = [{"id": 1, "file_name": name, "width": 100, "height": 120}]
    with pytest.raises(PosetuneError, match="file_name that no file can have"):
        load(folder, content(images=images))
