"""People whose points are known, among those of a set to be corrected."""

from __future__ import annotations

import dataclasses
import re

import cv2
import numpy as np
import pytest
from tests.helpers import labelled
from tests.helpers.set_in_work import in_work

from posetune.data.dataset import load_dataset
from posetune.data.origin import VERIFIED
from posetune.errors import PosetuneError
from posetune.label.honeypots import Bait, _name_like, mix, mixed, waiting

BAIT = Bait(
    cv2.imencode(".jpg", np.zeros((480, 640, 3), np.uint8))[1].tobytes(), ".jpg", 640, 480, labelled.true_keypoints()
)


def test_nothing_tells_them_from_the_others(tmp_path):
    folder = in_work(tmp_path / "set")
    assert waiting(folder) == (2, {"0", "1", "2"})
    mix(folder, [BAIT, dataclasses.replace(BAIT, content=BAIT.content + b"\0")], np.random.default_rng(0))
    for content in (folder.content(), folder.proposed()):
        assert len(content["images"]) == len(content["annotations"]) == 5
        assert len({frozenset(row) for row in content["images"]}) == 1  # the same keys
        assert len({frozenset(row) for row in content["annotations"]}) == 1
        assert len({frozenset(row["origin"]) for row in content["annotations"]}) == 1
        assert len({row["id"] for row in content["images"]}) == 5
        assert all(row["file_name"].startswith("squat_") for row in content["images"])
        assert all(len(row["file_name"]) == len("squat_000000.jpg") for row in content["images"])
        assert all(int(row["file_name"][6:12]) < 50 for row in content["images"])
        assert {row["image_id"] for row in content["annotations"]} == {row["id"] for row in content["images"]}
    assert len(mixed(folder.path)) == 2
    new = [row for row in folder.content()["images"] if row["sha256"] in mixed(folder.path)]
    assert {row["width"] for row in new} == {640}
    assert all((folder.images / row["file_name"]).is_file() for row in new)
    assert len(load_dataset(folder.path, "train").people) == 5


def test_where_nobody_waits_there_is_nothing_to_mix(tmp_path):
    folder = in_work(tmp_path / "set", (VERIFIED,))
    assert waiting(folder)[0] == 0
    with pytest.raises(PosetuneError, match="mix before it is labelled"):
        mix(folder, [BAIT], np.random.default_rng(0))
    assert mixed(folder.path) == mixed(tmp_path / "nowhere") == set()


@pytest.mark.parametrize(
    ("name", "like"),
    [("squat_000120.jpg", r"squat_0001\d\d\.png"), ("IMG.jpg", r"IMG_\d+\.png"), ("a7b.jpg", r"a\d+b\.png")],
)
def test_a_name_is_like_the_others_and_its_own(name, like):
    rng, there = np.random.default_rng(0), {name}
    for _ in range(30):
        found = _name_like(name, ".png", there, rng)
        assert found not in there
        there.add(found)
    assert sum(re.fullmatch(like, found) is not None for found in there) > 20
