"""MPII as JSON: a bare list of people."""

from __future__ import annotations

import json

import pytest

from posetune.data.formats.mpii_json import POINTS, read, sniff
from posetune.data.formats.reading import NONE, Reading
from posetune.errors import PosetuneError
from posetune.landmarks import INDEX

JOINTS = [[float(10 + i), float(20 + i)] for i in range(16)]


def entry(**changes) -> dict:
    return {"image": "a.png", "joints": JOINTS, "joints_vis": [1] * 16, "center": [50, 60], "scale": 0.4, **changes}


def load(folder, *entries):
    path = folder / "mpii.json"
    path.write_text(json.dumps(list(entries)))
    assert sniff(path)
    return read(path, Reading(require=NONE))


def test_people_boxes_and_what_is_missing(folder):
    gone = entry(joints=[[-1.0, -1.0], *JOINTS[1:]], joints_vis=[0, *[1] * 15])
    dataset = load(folder, entry(), gone, entry(image="b.png", scale=-1))
    assert len(dataset.images) == 2
    assert dataset.people[0].keypoints[INDEX["right_ankle"]].tolist() == [10, 20, 2]
    assert dataset.people[0].bbox.tolist() == [10, 20, 80, 80]
    assert not dataset.people[1].labelled[INDEX["right_ankle"]]
    assert dataset.people[2].bbox is None
    assert dataset.images[0].width == 100  # of the picture: the file has none
    assert any("does not say which points are hidden" in w for w in dataset.warnings)
    assert POINTS.index("left_wrist") == 15


@pytest.mark.parametrize(("changes", "sentence"), [
    ({"joints": JOINTS[:3]}, "has not 16 joints"), ({"image": None}, "names no image"), ({"joints": [[1]] * 16}, "is not x, y"),
])  # fmt: skip
def test_bad_input_is_one_sentence(folder, changes, sentence):
    with pytest.raises(PosetuneError, match=sentence):
        load(folder, entry(**changes))
