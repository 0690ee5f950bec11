"""MATLAB's files: which axis is which, and what the third value means."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from posetune.data.formats.mat import read, sniff
from posetune.data.formats.reading import NONE, Reading
from posetune.errors import PosetuneError
from posetune.landmarks import INDEX

savemat = pytest.importorskip("scipy.io").savemat
PEOPLE = np.stack(
    [np.column_stack([np.arange(14) + 10.0 * n, np.arange(14) + 30.0, np.ones(14)]) for n in range(3)]
)  # (3, 14, 3)


def load(folder, **variables):
    path = folder / "joints.mat"
    savemat(path, variables)
    assert sniff(path)
    return read(path, Reading(require=NONE))


def test_lsp_extended_says_what_is_labelled(tmp_path):
    people = PEOPLE.copy()
    people[1, 0] = [0, -26.1, 0]
    dataset = load(tmp_path, joints=people.transpose(1, 2, 0))
    assert [i.path.name for i in dataset.images] == ["im00001.jpg", "im00002.jpg", "im00003.jpg"]
    assert dataset.people[0].keypoints[INDEX["right_ankle"]].tolist() == [0, 30, 2]
    assert dataset.people[1].keypoints[INDEX["right_ankle"]].tolist() == [0, 0, 0]
    assert dataset.people[2].keypoints[INDEX["left_wrist"]].tolist() == [31, 41, 2]
    assert any("known to be noisy" in w for w in dataset.warnings)


def test_lsp_says_what_is_occluded(tmp_path):
    people = PEOPLE.copy()
    people[0, 1:, 2] = 0
    dataset = load(tmp_path, joints=people.transpose(2, 1, 0))
    assert dataset.images[0].path.name == "im0001.jpg"
    assert dataset.people[0].keypoints[INDEX["right_ankle"], 2] == 1
    assert dataset.people[0].keypoints[INDEX["right_knee"], 2] == 2
    cv2.imwrite(str(tmp_path / "im00001.jpg"), np.zeros((90, 90, 3), np.uint8))
    assert load(tmp_path, joints=people.transpose(2, 1, 0)).images[0].path == tmp_path / "im00001.jpg"


def test_mpiis_release(tmp_path):
    def point(number, x, y, seen):
        return {"id": number, "x": float(x), "y": float(y), "is_visible": seen}

    somebody = {"annopoints": {"point": [point(0, 10, 20, 1), point(13, 30, 40, 0), point(9, 5, 6, [])]},
                "scale": 0.5, "objpos": {"x": 60, "y": 70.0}}  # fmt: skip
    both = [
        {"image": {"name": "a.jpg"}, "annorect": somebody, "vidx": 7},
        {"image": {"name": "b.jpg"}, "annorect": {"scale": 1.0}},
    ]
    dataset = load(tmp_path, RELEASE={"annolist": both})
    (person,) = dataset.people
    assert person.keypoints[INDEX["right_ankle"]].tolist() == [10, 20, 2]
    assert person.keypoints[INDEX["left_shoulder"]].tolist() == [30, 40, 1]
    assert person.bbox.tolist() == [10, 20, 100, 100]
    assert dataset.groups == ("mpii 7",)
    assert [(loss.things, loss.count) for loss in dataset.losses if "joints" in loss.what] == [
        ("people", 1),
        ("images", 1),
    ]


@pytest.mark.parametrize(("variables", "sentence"), [
    ({"other": 1}, "has other; LSP has the variable joints"), ({"joints": np.zeros((2, 14, 3))}, r"joints is \(2, 14, 3\)"),
    ({"joints": np.full((14, 3, 2), 0.5)}, "is not 0 or 1"), ({"RELEASE": {"annolist": []}}, "nobody in it has joints"),
    ({"RELEASE": {"annolist": {"image": {"name": "a.jpg"}, "annorect": {"annopoints": {"point": {"id": "x", "x": 1, "y": 1}}}}}},
     "not as MPII has it"),
])  # fmt: skip
def test_bad_input_is_one_sentence(tmp_path, variables, sentence):
    with pytest.raises(PosetuneError, match=sentence):
        load(tmp_path, **variables)


def test_a_damaged_file_is_one_sentence(tmp_path):
    path = tmp_path / "joints.mat"
    path.write_bytes(b"MATLAB 5.0 MAT-file" + bytes(200))
    with pytest.raises(PosetuneError, match=r"no MATLAB file that can be read|has nothing"):
        read(path)
