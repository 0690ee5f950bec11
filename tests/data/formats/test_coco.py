"""The COCO reader: names, partial labels, groups, and one clear sentence for every bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.helpers.coco_labels import COCO_NAMES, POINTS, annotation, content, read

from posetune.data.dataset import load_dataset
from posetune.errors import PosetuneError
from posetune.landmarks import INDEX

NAN, INF = float("nan"), float("inf")


NOWHERE = {"id": 1, "file_name": "b.png", "width": 9, "height": 9}


NO_SIZE = {"id": 1, "file_name": "a.png", "width": 0, "height": 3}


def test_points_are_mapped_by_name_not_by_position(folder):
    dataset = read(folder, content())
    person = dataset.people[0]
    assert dataset.dropped_names == ("neck",)
    assert person.keypoints[INDEX["right_hip"]].tolist() == [42, 70, 2]
    assert person.keypoints[INDEX["right_shoulder"]].tolist() == [40, 30, 1]
    assert person.labelled.sum() == 5
    assert person.id == 7
    assert person.group == "image:a.png"
    assert person.image.read().shape == (120, 100, 3)
    # The same labels in another order of names are the same person.
    order = [5, 3, 1, 0, 4, 2]
    shuffled = content(
        categories=[{"id": 1, "name": "person", "keypoints": [COCO_NAMES[i] for i in order]}],
        annotations=[annotation(keypoints=np.array(POINTS).reshape(-1, 3)[order].ravel().tolist())],
    )
    np.testing.assert_array_equal(read(folder, shuffled).people[0].keypoints, person.keypoints)


def test_unlabelled_points_are_zero_and_coordinates_without_label_are_told(folder):
    points = list(POINTS)
    points[2] = 0
    dataset = read(folder, content(annotations=[annotation(keypoints=points)]))
    assert dataset.people[0].keypoints[0].tolist() == [0, 0, 0]
    assert "v = 0" in dataset.warnings[0]


def test_nan_with_v_0_is_just_unlabelled(folder):
    points = [*[float("nan"), float("nan"), 0], *POINTS[3:]]
    assert not read(folder, content(annotations=[annotation(keypoints=points)])).people[0].labelled[0]


def test_crowds_ignored_and_empty_people_are_kept_aside(folder):
    labels = content(
        annotations=[
            annotation(),
            annotation(id=8, iscrowd=1),
            annotation(id=9, ignore=1),
            annotation(id=10, keypoints=[0] * 18),
            annotation(id=11, keypoints=None),
        ]
    )
    dataset = read(folder, labels)
    assert [p.id for p in dataset.usable] == [7]
    assert [p.ignore for p in dataset.people] == [False, True, True, True, True]


@pytest.mark.parametrize("key", ["scene_group", "video", "group"])
def test_groups(folder, key):
    image = {**content()["images"][0], key: 12}
    assert read(folder, content(images=[image])).people[0].group == "12"


def test_keypoints_3d_follow_the_names_and_absent_is_nan(folder):
    points_3d = [[0, -0.6, 0], [0.2, -0.5, 0], [-0.2, -0.5, 0.1], None, [-0.1, 0, 0], [0, 0, 0]]
    flat = [v for p in points_3d for v in (p or [None, None, None])]
    person = read(folder, content(annotations=[annotation(keypoints_3d=flat)])).people[0]
    assert person.keypoints_3d[INDEX["right_shoulder"]].tolist() == [-0.2, -0.5, 0.1]
    assert np.isnan(person.keypoints_3d[INDEX["left_hip"]]).all()
    assert np.isnan(person.keypoints_3d[INDEX["left_knee"]]).all()


def test_size_comes_from_the_file_when_the_labels_lack_it(folder):
    image = read(folder, content(images=[{"id": 1, "file_name": "images/a.png"}])).images[0]
    assert (image.width, image.height) == (100, 120)


BAD: dict[str, tuple[Any, str]] = {
    "empty set": (content(images=[], annotations=[]), "'images' is empty"),
    "no people": (content(annotations=[]), "'annotations' is empty"),
    "no categories": ({k: v for k, v in content().items() if k != "categories"}, "'categories' is missing"),
    "list": ([annotation()], "bare list"),
    "number": (3, "no JSON object"),
    "wrong shape": (content(images={"a": 1}), "'images' is not a list"),
    "no names": (content(categories=[{"id": 1, "name": "person"}]), "no category has keypoint names"),
    "unknown names": (
        content(categories=[{"id": 1, "keypoints": ["p1", "p2", "p3", "p4", "p5", "p6"]}]),
        "none of its keypoint names is known (p1, p2, p3 and 3 more)",
    ),
    "all v=0": (content(annotations=[annotation(keypoints=[0] * 18)]), "not one point is labelled"),
    "nan": (content(annotations=[annotation(keypoints=[NAN, *POINTS[1:]])]), "annotation 7 (a.png) hold NaN"),
    "infinity": (content(annotations=[annotation(keypoints=[INF, *POINTS[1:]])]), "hold NaN or infinity"),
    "bad v": (content(annotations=[annotation(keypoints=[1, 1, 0.5, *POINTS[3:]])]), "not 0, 1 or 2"),
    "short": (content(annotations=[annotation(keypoints=POINTS[:-3])]), "are 15 numbers"),
    "text": (content(annotations=[annotation(keypoints=["a"] * 18)]), "not numbers"),
    "ragged": (content(annotations=[annotation(keypoints=[[1, 2, 2], [3]])]), "not numbers"),
    "id twice": (content(annotations=[annotation(), annotation()]), "annotation id 7 stands twice"),
    "image id twice": (content(images=content()["images"] * 2), "image id 1 stands twice"),
    "unknown image": (content(annotations=[annotation(image_id=5)]), "image 5, which is not in 'images'"),
    "no file name": (content(images=[{"id": 1}]), "lacks its id or file_name"),
    "missing image": (content(images=[NOWHERE]), "1 of 1 images"),
    "bad bbox": (content(annotations=[annotation(bbox=[1, 2])]), "bbox of annotation 7"),
    "bad size": (content(images=[NO_SIZE]), "width and height"),
    "bad 3d": (content(annotations=[annotation(keypoints_3d=[1, 2, 3])]), "keypoints_3d of annotation 7"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_sentence_that_names_file_and_fault(folder, case):
    labels, expected = BAD[case]
    with pytest.raises(PosetuneError) as caught:
        read(folder, labels)
    message = str(caught.value)
    assert expected in message
    assert "train.json" in message
    assert "\n" not in message


def test_native_points_keep_their_names_and_the_crop_of_the_33(folder):
    plain = read(folder, content())
    dataset = load_dataset(folder, "train", native=True)
    assert dataset.skeleton.names == tuple(COCO_NAMES)
    assert dataset.skeleton.flip.tolist() == [0, 2, 1, 4, 3, 5]
    assert dataset.dropped_names == ()
    (person,) = dataset.people
    assert person.keypoints.tolist() == np.reshape(POINTS, (-1, 3)).tolist()
    assert person.labelled.all()
    assert person.crop == plain.people[0].crop
    assert person.torso == plain.people[0].torso


@pytest.mark.parametrize("key", ["1", 1.0, "1.0"])
def test_ids_are_numbers_however_they_are_written(folder, key):
    dataset = read(folder, content(annotations=[annotation(id=key, image_id=key, category_id=key)]))
    assert dataset.people[0].id == 1
    images = [{**content()["images"][0], "id": 1.0}]
    assert read(folder, content(images=images)).images[0].id == 1


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"category_id": 0}, "annotation 7 has category_id 0, and there is only category 1"),
        ({"category_id": None}, "category_id null"),
        ({"category_id": [1]}, "category_id [1]"),
        ({"image_id": {"a": 1}}, 'belongs to image {"a": 1}'),
        ({"id": "abc"}, 'annotation id "abc" is not a whole number'),
        ({"id": [1]}, "annotation id [1] is not a whole number"),
        ({"id": 1.5}, "annotation id 1.5 is not a whole number"),
    ],
)
def test_ids_that_fit_nothing_are_named(folder, changes, expected):
    with pytest.raises(PosetuneError) as caught:
        read(folder, content(annotations=[annotation(**changes)]))
    assert expected in str(caught.value)


def test_ids_of_images_and_categories_that_are_none(folder):
    with pytest.raises(PosetuneError, match=r"image a\.png has the id \[1\]"):
        read(folder, content(images=[{**content()["images"][0], "id": [1]}]))
    with pytest.raises(PosetuneError, match="category 'person' has the id"):
        read(folder, content(categories=[{**content()["categories"][0], "id": {"$oid": 1}}]))


def test_points_under_unknown_keys_are_named_once(folder):
    rows = [annotation(feet_keypoints=[1, 2, 2]), annotation(id=8, feet_keypoints=[3, 4, 2], num_keypoints=5)]
    (warning,) = read(folder, content(annotations=rows)).warnings
    assert "points under these keys are not read: 'feet_keypoints' (in 2 annotations)" in warning


def test_annotations_of_other_categories_are_passed_over_and_said(folder):
    categories = [*content()["categories"], {"id": 2, "name": "ball"}]
    dataset = read(folder, content(categories=categories, annotations=[annotation(), annotation(id=8, category_id=2)]))
    assert len(dataset.people) == 1
    assert "1 of 'ball'" in dataset.warnings[0]
