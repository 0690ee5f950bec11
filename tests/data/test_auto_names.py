"""Names for nameless points: found where they are sure, refused where they are not, never wrong."""

from __future__ import annotations

import numpy as np
import pytest
from tests.helpers.nameless import COCO, Seer, away, bodies

from posetune.data.auto_names import distances, name_columns, refuse_if_unsure, sampled, table
from posetune.data.people import ImageRecord, Person
from posetune.errors import PosetuneError
from posetune.landmarks import COUNT, INDEX, NAMES

TRUTH = bodies(40)


def test_any_order_is_found():
    rng = np.random.default_rng(2)
    for _ in range(3):
        columns = rng.permutation(COCO).tolist()
        found = name_columns(away(TRUTH, columns))
        assert [c.landmark for c in found] == [NAMES[i] for i in columns]
        assert all(c.sure for c in found)


def test_what_is_none_of_the_33_gets_no_name():
    labels = away(TRUTH, COCO)
    neck = TRUTH[:, [INDEX["left_shoulder"], INDEX["right_shoulder"]]].mean(axis=1) - [0, 15]
    column = np.linalg.norm(neck[:, None] - TRUTH, axis=-1)[:, None] / 100
    found = name_columns(np.concatenate([labels, column], axis=1))
    assert found[-1].landmark is None
    assert [c.landmark for c in found[:-1]] == [NAMES[i] for i in COCO]


def test_sides_that_nobody_can_tell_are_refused():
    profile = TRUTH.copy()
    profile[:, :, 0] = 300 + 0.02 * (TRUTH[:, :, 0] - 300)
    found = name_columns(away(profile, COCO))
    assert not all(c.sure for c in found)
    with pytest.raises(PosetuneError, match=r"set.yaml: not sure of \d+ of 17 points: .*--names FILE"):
        refuse_if_unsure(found, "set.yaml")
    assert "not sure" in table(found)


def test_one_of_two_that_lie_between_is_not_guessed():
    pelvis = TRUTH[:, [INDEX["left_hip"], INDEX["right_hip"]]].mean(axis=1)
    rest = [i for i in COCO if "hip" not in NAMES[i]]
    column = np.linalg.norm(pelvis[:, None] - TRUTH, axis=-1)[:, None] / 100
    found = name_columns(np.concatenate([away(TRUTH, rest), column], axis=1))
    assert not found[-1].sure


def test_too_few_people_are_refused():
    with pytest.raises(PosetuneError, match="found 19 of the people, and names are looked for over at least 20"):
        name_columns(away(TRUTH[:19], COCO))
    rare = away(TRUTH, COCO)
    rare[9:, 3] = np.nan
    assert not name_columns(rare)[3].sure


def people_of(folder, count: int) -> list[Person]:
    import cv2

    path = folder / "a.png"
    cv2.imwrite(str(path), np.zeros((20, 20, 3), np.uint8))
    people = []
    for i in range(count):
        image = ImageRecord(i // 2, path, 20, 20, "g")
        people.append(Person(i, image, np.column_stack([TRUTH[i], np.full(COUNT, 2.0)])))
    return people


def test_distances_are_in_torsos_of_the_answer(tmp_path):
    people = people_of(tmp_path, 4)
    people[1].keypoints[5] = 0
    found = distances(people, Seer(TRUTH))
    assert found.shape == (4, 33, 33)
    assert found[0].diagonal().max() == pytest.approx(0)
    assert np.isnan(found[1, 5]).all()
    assert found[2, INDEX["left_shoulder"], INDEX["right_hip"]] == pytest.approx(1, abs=0.3)
    assert len(sampled(people)) == 4
