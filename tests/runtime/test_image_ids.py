"""image_id: the label file's, COCO's own, or one that is nobody else's."""

from __future__ import annotations

import gzip
import json

import pytest

from posetune.errors import PosetuneError
from posetune.runtime.image_ids import ImageIds


def labels(tmp_path, images, **rest):
    path = tmp_path / "labels.json"
    path.write_text(json.dumps({"images": images, "annotations": [], **rest}))
    return path


def test_ids_of_the_label_file_by_name(tmp_path):
    images = [
        {"id": 7, "file_name": "a.jpg"},
        {"id": 8, "file_name": "day1/b.jpg"},
        {"id": 9, "file_name": "day2/b.jpg"},
    ]
    categories = [{"id": 1, "name": "dog"}, {"id": 3, "name": "person", "keypoints": ["nose"]}]
    ids = ImageIds(
        labels(
            tmp_path,
            [*images, {"id": "x1", "file_name": "c.jpg"}, {"id": 4.0, "file_name": "d.jpg"}],
            categories=categories,
        )
    )
    names = ("a.jpg", "images/a.jpg", "day2/b.jpg", "set/day1/b.jpg", "c.jpg", "d.jpg")
    assert [ids(name) for name in names] == [7, 7, 9, 8, "x1", 4]
    assert ids.category_id == 3
    assert ids.unknown == 0
    assert ids("b.jpg") >= 2**40  # of two
    assert ids("000000000007.jpg") >= 2**40  # in no label file: not 7, which another image has
    assert ids.unknown == 2


def test_names_in_two_normal_forms_and_a_packed_file(tmp_path):
    path = tmp_path / "labels.json"
    path.write_bytes(gzip.compress(json.dumps({"images": [{"id": 5, "file_name": "e\u0301t.jpg"}]}).encode()))
    assert ImageIds(path)("\u00e9t.jpg") == 5


def test_without_labels_no_id_is_taken_for_another():
    ids = ImageIds()
    assert ids("val2017/000000397133.jpg") == 397133
    assert ids("COCO_val2014_000000000042.jpg") == 42
    own = [
        ids("a.jpg"),
        ids("b.jpg"),
        ids("clip.mp4", 0),
        ids("clip.mp4", 1),
        ids("000000397133.mp4", 0),
        ids("12.jpg"),
    ]
    assert len(set(own)) == 6
    assert all(2**40 <= number < 2**53 for number in own)
    assert ImageIds()("a.jpg") == own[0]


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"images": [{"id": 1}]}', '{"images": []}', '{"images": [{"id": [1], "file_name": "a"}]}'],
)
def test_what_is_no_label_file_is_one_sentence(tmp_path, content):
    (tmp_path / "labels.json").write_text(content)
    with pytest.raises(PosetuneError, match=r"labels\.json") as caught:
        ImageIds(tmp_path / "labels.json")
    assert "\n" not in str(caught.value)
