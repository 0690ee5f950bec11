from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest

pytest.importorskip("starlette")

from posetune.data.formats.coco import load_coco
from posetune.landmarks import NAMES
from posetune.opencv import cv2
from posetune.serve.jobs.exports import EXPORTS, Context, frames_of_each, longest
from posetune.serve.pool.facts import drawn_skeleton

TIMES = [0.0, 0.04, 0.1]


def person(identity: int, knee: float | None = 91.5) -> dict:
    angles = {angle["joint"]: None for angle in drawn_skeleton()["angles"]} | {"left_knee": knee}
    flags = [{"joint": "left_knee", "kind": "below", "value": knee, "limit": 120.0}]
    return {"id": identity, "score": 0.9, "landmarks_px": [[i, 2 * i, None] for i in range(33)], "visibility": [0.25, *[0.75] * 32],
            "world": [[0.1, 0.2, 0.3]] * 33, "angles": angles, "flags": flags}  # fmt: skip


PEOPLE = [[person(1), person(2)], [], [person(2, None)]]


def bundles():
    lines = [json.dumps({"index": i, "time_s": TIMES[i], "people": p}).encode() for i, p in enumerate(PEOPLE)]
    return iter([lines[:2], lines[2:]])


def text_of(name: str, track: int | None = None) -> str:
    job = {"name": "a.mp4", "network": {"name": "full", "sha256": "0" * 64}, "video": {"width": 640, "height": 480}}
    context = Context(job, drawn_skeleton(), TIMES, track)
    return "".join(EXPORTS[name].write(context, bundles()))


def rows_of(name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text_of(name))))


def test_a_row_a_landmark_with_units_in_the_head():
    rows = rows_of("poses.csv")
    assert len(rows) == 3 * 33
    assert {"x_px", "y_px", "world_z_m", "time_s", "visibility"} <= rows[0].keys()
    last = rows[-1]
    assert (last["frame"], last["time_s"], last["person"], last["landmark"]) == ("2", "0.1000", "2", NAMES[32])
    assert (last["x_px"], last["y_px"], last["z_px"]) == ("32.000", "64.000", "")


def test_a_row_a_person_of_angles():
    rows = rows_of("angles.csv")
    assert [(r["frame"], r["person"], r["left_knee_deg"]) for r in rows] == [
        ("0", "1", "91.50"),
        ("0", "2", "91.50"),
        ("2", "2", ""),
    ]
    assert rows[0]["beyond_range"] == "left_knee:below"


def test_json_has_the_frames_and_their_units():
    content = json.loads(text_of("poses.json"))
    assert [len(frame["people"]) for frame in content["frames"]] == [2, 0, 1]
    assert content["units"]["world"] == "m"
    assert content["names"] == list(NAMES)


def test_coco_is_read_by_posetunes_own_reader(tmp_path):
    content = json.loads(text_of("coco.json"))
    assert [image["file_name"] for image in content["images"]] == [f"frame_{i:06}.jpg" for i in range(3)]
    assert [a["image_id"] for a in content["annotations"]] == [0, 0, 2]
    assert content["annotations"][0]["keypoints"][:6] == [0, 0, 1, 1, 2, 2]
    (tmp_path / "coco.json").write_text(json.dumps(content))
    for image in content["images"]:
        cv2.imwrite(str(tmp_path / image["file_name"]), np.zeros((480, 640, 3), np.uint8))
    read = load_coco(tmp_path / "coco.json", tmp_path)
    assert [p.keypoints[5].tolist() for p in read.people] == [[5, 10, 2]] * 3


def test_trc_has_a_column_triple_a_point_and_gaps_where_the_person_is_not():
    lines = text_of("poses.trc", 2).splitlines()
    head = dict(zip(lines[1].split("\t"), lines[2].split("\t"), strict=True))
    assert (head["NumFrames"], head["NumMarkers"], head["Units"], head["DataRate"]) == ("3", "33", "m", "20.000")
    assert lines[3].split("\t")[2::3] == list(NAMES)
    rows = [line.split("\t") for line in lines[6:]]
    assert [len(row) for row in rows] == [2 + 99] * 3
    assert rows[0][:5] == ["1", "0.000000", "0.10000", "-0.20000", "-0.30000"]
    assert set(rows[1][2:]) == {""}


def test_who_is_there_longest():
    assert longest(frames_of_each(bundles())) == 2
    assert longest({}) is None
