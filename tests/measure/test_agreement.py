"""Agreement on footage without labels."""

import json

import cv2
import pytest
from tests.helpers.figures import room

from posetune.errors import PosetuneError
from posetune.measure.agreement import agreement, table


def test_a_shifted_network_is_farther_from_the_teacher_and_from_its_mirror_image(footage, shifted, tmp_path):
    found = agreement([footage], [shifted], tmp_path, teacher="lite", stock_names=["lite"], threads=1)
    result = json.loads(json.dumps(found.result, allow_nan=False))
    assert (result["teacher"], result["images"], result["damaged"], result["people"]) == ("lite", 5, 1, 3)
    assert result["points"] == found.sure.sum() > 50
    rows = {row["name"]: row for row in result["rows"]}
    lite, tuned = rows["lite"], rows["shifted"]
    assert (tuned["kind"], tuned["base"]) == ("model", "lite")
    assert lite["from_teacher_crop_px"] < 2  # its own consensus of four views
    assert lite["from_teacher_difference_to_stock"] is None
    assert 0 < lite["from_teacher_median_person_crop_px"] < 2
    assert tuned["from_teacher_crop_px"] > lite["from_teacher_crop_px"] + 2
    # 5 px to the right in the crop are 5 px to the left in the mirrored one: 10 px apart.
    assert tuned["from_mirror_crop_px"] > lite["from_mirror_crop_px"] + 4
    assert tuned["from_mirror_difference_to_stock"]["relative"] > 0.5
    low, high = tuned["from_mirror_difference_to_stock"]["relative_interval_95"]
    assert 0 < low <= high
    assert "Agreement is not accuracy" in table(found)


def test_nobody_to_agree_on(tmp_path):
    cv2.imwrite(str(tmp_path / "room.png"), room(240, 320))
    with pytest.raises(PosetuneError, match="lite is sure of nobody in these 1 images"):
        agreement([tmp_path], [], tmp_path, teacher="lite", stock_names=["lite"], threads=1)
