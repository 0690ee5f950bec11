"""Halpe: 136 points without names."""

from __future__ import annotations

import json

import numpy as np
import pytest

from posetune.data.dataset import load_dataset
from posetune.data.formats.halpe import POINTS, read, sniff
from posetune.data.formats.reading import NONE, Reading
from posetune.errors import PosetuneError
from posetune.landmarks import INDEX


def points(count: int = 136) -> np.ndarray:
    """A person whose points lie where their names say, all visible."""
    flat = np.zeros((136, 3))
    flat[:, 2] = 2
    flat[:26, :2] = [[50 + 10 * (i % 2), 5 + 4 * i] for i in range(26)]
    flat[24, :2], flat[25, :2] = flat[15, :2] + 3, flat[16, :2] + 3  # heels by ankles
    flat[26:94, :2] = [50, 8]
    flat[94:115, :2] = flat[9, :2] + np.arange(21)[:, None] * 0.1
    flat[115:, :2] = flat[10, :2] + np.arange(21)[:, None] * 0.1
    return flat[:count]


def lay(folder, flat: np.ndarray) -> None:
    content = {
        "categories": [{"id": 1, "name": "person", "keypoints": [], "skeleton": []}],
        "images": [{"id": 1, "file_name": "a.png", "width": 100, "height": 120}],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "num_keypoints": 17, "keypoints": flat.ravel().tolist()},
            {"id": 2, "image_id": 1, "category_id": 1, "num_keypoints": 0, "keypoints": [0] * flat.size},
        ],
    }
    (folder / "annotations" / "train.json").write_text(json.dumps(content))


@pytest.mark.parametrize("count", [136, 26])
def test_points_go_by_halpes_table_and_num_keypoints_is_ignored(folder, count):
    lay(folder, points(count))
    dataset = load_dataset(folder, "train")
    body = dataset.people[0]
    assert body.keypoints[INDEX["left_heel"], :2].tolist() == points()[24, :2].tolist()
    assert body.keypoints[INDEX["right_foot_index"], :2].tolist() == points()[21, :2].tolist()
    if count == 136:
        assert POINTS[94 + 5] == "left_forefinger1"
        assert body.keypoints[INDEX["left_index"], 0] == pytest.approx(points()[99, 0])
        assert body.labelled.sum() == 33
    assert dataset.people[1].ignore


def test_scores_for_v_count_from_a_half(folder):
    flat = points()
    flat[94:, 2] = 0.9
    flat[115:, 2] = 0.1
    lay(folder, flat)
    dataset = load_dataset(folder, "train")
    labelled = dataset.people[0].labelled
    assert sum(loss.count for loss in dataset.losses if "below 0.5" in loss.what) == 21
    assert labelled[INDEX["left_pinky"]]
    assert not labelled[INDEX["right_pinky"]]


def test_another_order_of_as_many_points_is_refused(folder):
    lay(folder, points()[::-1])
    with pytest.raises(PosetuneError, match="not in Halpe's order"):
        load_dataset(folder, "train")


def test_another_number_is_none_of_its(folder):
    lay(folder, points(26)[:20])
    assert not sniff(folder / "annotations" / "train.json")
    with pytest.raises(PosetuneError, match="no category has keypoint names"):
        load_dataset(folder, "train")


def test_the_file_itself(folder):
    lay(folder, points())
    assert read(folder / "annotations" / "train.json", Reading(require=NONE)).images[0].path.name == "a.png"
