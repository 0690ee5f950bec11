"""Human-Art: two sets of points, of which the names fit one."""

import json

from tests.helpers.coco_labels import COCO_NAMES, POINTS, annotation, content

from posetune.data.dataset import load_dataset
from posetune.data.formats.human_art import fitting, sniff
from posetune.landmarks import INDEX


def test_the_points_that_the_category_names_are_read(folder):
    names = [*COCO_NAMES, "left_toe"]
    row = annotation(id=12_000_000_000_123, keypoints_21=[*POINTS, 60, 100, 2])
    path = folder / "annotations" / "train.json"
    path.write_text(
        json.dumps(content(categories=[{"id": 1, "name": "person", "keypoints": names}], annotations=[row]))
    )
    assert sniff(path)
    dataset = load_dataset(folder, "train")
    assert dataset.people[0].keypoints[INDEX["left_foot_index"]].tolist() == [60, 100, 2]
    assert dataset.people[0].id == 12_000_000_000_123
    assert "keypoints_21" not in dataset.people[0].origin.other
    assert fitting(row, 6)["keypoints"] == POINTS
    assert fitting(annotation(), 6) == annotation()
