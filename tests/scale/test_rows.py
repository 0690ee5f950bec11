from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("pyarrow")

from tests.helpers.figures import draw_person, room

from posetune.errors import PosetuneError
from posetune.runtime.records import Found, coco_json
from posetune.scale.rows import Picture, from_parquet, pose_of, rows_of, to_parquet, values_of


@pytest.fixture(scope="module")
def pose(lite_landmarker):
    return lite_landmarker.predict(draw_person(room(440, 400), (220.0, 220.0), arms=0.4))[0]


def test_a_pose_comes_back_to_the_bit(pose):
    content = to_parquet(rows_of(Picture("a.jpg", [values_of(pose)])), {"unit": "x"})
    table, about = from_parquet(content, "part")
    assert about == {"unit": "x"}
    (row,) = table.to_pylist()
    back = pose_of(row)
    for name in ("landmarks_px", "visibility", "presence", "world", "auxiliary_px"):
        assert getattr(back, name).tobytes() == np.asarray(getattr(pose, name), np.float32).tobytes(), name
    assert (back.score, back.detection_score) == (pose.score, pose.detection_score)
    assert len(row["landmarks_px"]) == 99
    assert len(row["visibility"]) == 33
    one, other = (coco_json([Found(1, "a.jpg", None, 0, p)]) for p in (pose, back))
    assert one == other


def test_nobody_and_errors_are_one_row():
    assert rows_of(Picture("a.jpg")) == [
        {"file": "a.jpg", **dict.fromkeys(("width", "height", "frame", "seconds", "error", "uri"))}
    ]
    table, _ = from_parquet(to_parquet(rows_of(Picture("a.jpg", error="broken")), {}), "part")
    assert table.to_pylist()[0] | {} == {**dict.fromkeys(table.column_names), "file": "a.jpg", "error": "broken"}


def test_the_same_rows_are_the_same_bytes(pose):
    rows = rows_of(Picture("a.jpg", [values_of(pose)]))
    assert to_parquet(rows, {"a": 1}) == to_parquet(rows, {"a": 1})


def test_damage_is_told():
    with pytest.raises(PosetuneError, match="part is damaged"):
        from_parquet(b"PAR1 and no more", "part")
