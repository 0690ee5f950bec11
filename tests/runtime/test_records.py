"""Poses as COCO results and as a table."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

from posetune.geometry import Crop
from posetune.landmarks import NAMES
from posetune.runtime.pose import Pose
from posetune.runtime.records import CSV_COLUMNS, Found, coco_json, table_csv


def found(frame: int | None = None) -> Found:
    rng = np.random.default_rng(1)
    pose = Pose(
        landmarks_px=(rng.random((33, 3)) * 500).astype(np.float32),
        visibility=rng.random(33).astype(np.float32),
        presence=rng.random(33).astype(np.float32),
        world=rng.normal(size=(33, 3)).astype(np.float32),
        score=0.87654321,
        auxiliary_px=np.zeros((2, 3), np.float32),
        crop=Crop(1, 2, 3),
        detection_score=0.75,
    )
    return Found(image_id=4, file_name="a/b,c.jpg", frame=frame, person=1, pose=pose)


def test_coco_results():
    one = found()
    (entry,) = json.loads(coco_json([one]))
    assert entry["image_id"] == 4
    assert entry["category_id"] == 1
    assert entry["score"] == pytest.approx(0.87654, abs=1e-5)
    keypoints = np.array(entry["keypoints"]).reshape(33, 3)
    assert np.allclose(keypoints[:, :2], one.pose.landmarks_px[:, :2], atol=1e-3)
    assert np.allclose(keypoints[:, 2], one.pose.visibility, atol=1e-4)
    assert np.allclose(entry["z"], one.pose.landmarks_px[:, 2], atol=1e-3)
    assert np.allclose(entry["world"], one.pose.world, atol=1e-4)
    assert "frame" not in entry
    assert json.loads(coco_json([found(frame=7)]))[0]["frame"] == 7
    assert json.loads(coco_json([])) == []


def test_table_has_one_row_a_landmark():
    rows = list(csv.DictReader(io.StringIO(table_csv([found(), found(frame=0)]))))
    assert tuple(rows[0]) == CSV_COLUMNS
    assert len(rows) == 66
    assert [row["name"] for row in rows[:33]] == list(NAMES)
    assert rows[0]["file_name"] == "a/b,c.jpg"
    assert (rows[0]["frame"], rows[33]["frame"]) == ("", "0")
    assert float(rows[5]["y_px"]) == pytest.approx(found().pose.landmarks_px[5, 1], abs=1e-3)
    assert float(rows[5]["world_z_m"]) == pytest.approx(found().pose.world[5, 2], abs=1e-4)
