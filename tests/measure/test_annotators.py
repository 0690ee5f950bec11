"""Two who labelled the same images."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from tests.helpers.labelled import dataset, true_keypoints

from posetune.data.origin import Origin
from posetune.errors import PosetuneError
from posetune.landmarks import INDEX
from posetune.measure.annotators import agreement_of, by_annotator, paired

RIGHT = np.array([100.0, 0, 0]) * (true_keypoints()[:, 2:] > 0)


def noisy(seed: int, px: float = 3.0) -> np.ndarray:
    keypoints = true_keypoints()
    labelled = keypoints[:, 2] > 0
    keypoints[labelled, :2] += np.random.default_rng(seed).normal(0, px, (int(labelled.sum()), 2))
    return keypoints


def test_people_are_paired_by_where_they_are_whatever_their_order():
    mine = dataset(noisy(0), noisy(1) + RIGHT, noisy(2) + 9 * RIGHT)
    theirs = dataset(noisy(3) + RIGHT, noisy(4))
    pairs, alone = paired([mine], [theirs])
    assert sorted((a.id, b.id) for a, b in pairs) == [(1, 2), (2, 1)]
    assert alone == 1


def test_sigma_is_the_spread_of_one_annotator():
    """Each about the truth with 3 px along an axis, on people of 100 × 100 px: sigma 0.03."""
    count = 400
    people = [dataset(*[noisy(1000 * k + i) for i in range(count)]).people for k in (1, 2)]
    both = [[dataclasses.replace(p, area=10_000.0) for p in of] for of in people]
    agreement = agreement_of(list(zip(*both, strict=True)), 0)
    rows = {row.name: row for row in agreement.points}
    assert rows["left_knee"].sigma == pytest.approx(0.03, rel=0.12)
    assert rows["left_knee"].count == count
    assert rows["left_knee"].coco_sigma == 0.087
    assert rows["left_knee"].median_px == pytest.approx(3 * np.sqrt(4 * np.log(2)), rel=0.12)
    assert agreement.same_v == 1
    assert agreement.area_from == "area"


def test_v_is_counted_where_at_least_one_has_the_point():
    first, second = true_keypoints(), true_keypoints()
    second[INDEX["left_wrist"], 2] = 1
    second[INDEX["right_wrist"]] = 0
    pairs, _ = paired([dataset(first)], [dataset(second)])
    agreement = agreement_of(pairs, 0)
    assert agreement.v.tolist() == [[0, 0, 0], [0, 0, 0], [1, 1, 10]]
    assert agreement.same_v == pytest.approx(10 / 12)
    content = json.loads(json.dumps(agreement.to_json()))
    assert next(r for r in content["points"] if r["name"] == "left_wrist")["same_v"] == 0
    assert next(r for r in agreement.points if r.name == "right_wrist").count == 0


def test_two_annotators_of_one_set_are_told_apart():
    made = dataset(noisy(0), noisy(1))
    named = [dataclasses.replace(p, origin=Origin(reviewer=n)) for p, n in zip(made.people, "AB", strict=True)]
    first, second = by_annotator([dataclasses.replace(made, people=tuple(named))])
    assert ([p.id for p in first[0].people], [p.id for p in second[0].people]) == ([1], [2])
    with pytest.raises(PosetuneError, match="--other SET"):
        by_annotator([made])


def test_sets_without_a_common_image_or_person_are_an_error():
    elsewhere = dataclasses.replace(dataset().images[0], path=dataset().images[0].path.with_name("z.png"))
    with pytest.raises(PosetuneError, match="no image in common"):
        paired([dataset(noisy(0))], [dataset(images=(elsewhere,))])
    with pytest.raises(PosetuneError, match="same place"):
        paired([dataset(noisy(0))], [dataset(noisy(1) + 9 * RIGHT)])
