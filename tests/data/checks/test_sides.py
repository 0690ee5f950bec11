"""Exchanged sides: found by evidence, in proportion to how sure networks are and how often that happens in the set."""

from __future__ import annotations

import numpy as np
import pytest
from tests.helpers.labelled import PLACES, answers, dataset, exchanged, true_keypoints

from posetune.data.checks.looks import Looks
from posetune.data.checks.sides import EXCHANGES, chances, doubtful, faces_tell, find_swaps, shares_of, swap_evidence
from posetune.landmarks import FLIP, INDEX


def looks_at(count: int, **options) -> Looks:
    said = answers(count, **options)
    return Looks(said[..., :2], said[..., 3])


def swaps(*labels: np.ndarray, looks: Looks | None = None):
    people = dataset(*labels).people
    return find_swaps(people, looks_at(len(labels), views=4) if looks is None else looks)


@pytest.mark.parametrize(
    ("kind", "region"),
    [
        ("swap_all", range(11, 33)), ("swap_arms", range(11, 23)), ("swap_legs", range(23, 33)),
        ("swap_arms", range(13, 23)), ("swap_legs", range(25, 33)), ("swap_arms", range(15, 23)),
    ],
)  # fmt: skip
def test_exchanged_sides_are_found_and_the_others_left_alone(kind, region):
    labels = exchanged(np.array(region))
    found = swaps(true_keypoints(), labels, true_keypoints())
    assert [(i, f.kind) for i, f in found.items()] == [(1, kind)]
    assert set(found[1].points) == {i for i in region if labels[i, 2]}
    assert found[1].confidence > 0.8
    assert "exchanged" in found[1].message


def test_looks_that_do_not_agree_or_see_somebody_else_accuse_nobody():
    labels = exchanged(np.arange(11, 33))
    torn = looks_at(1, views=4)
    torn.points[2:] = torn.points[2:, :, FLIP]  # two of four looks say that the label is right
    assert swaps(labels, looks=torn) == {}
    lost = looks_at(1, views=4)
    lost.points[...] += 90
    assert swaps(labels, looks=lost) == {}
    assert swaps(labels, looks=looks_at(1, views=4, visibility=0.02)) == {}


def test_a_side_view_tells_nothing():
    narrow = true_keypoints()
    narrow[:, 0] = np.where(narrow[:, 2] > 0, 200 + (narrow[:, 0] - 200) * 0.05, 0)
    said = np.stack([narrow[None, FLIP]] * 4)
    assert swaps(narrow, looks=Looks(said[..., :2], np.ones((4, 1, 33)))) == {}


def test_without_partners_nothing_is_said_of_a_limb():
    one_sided = exchanged(np.arange(11, 33))
    one_sided[[INDEX[n] for n in PLACES if n.startswith("left") and n != "left_hip"]] = 0
    assert all(f.kind != "swap_arms" for f in swaps(one_sided).values())


def test_shoulders_and_hips_the_other_way_round_speak_for_an_exchange_of_one_of_them_without_any_network():
    unsure = np.full((4, 33), 0.0)  # everything hidden: the looks say nothing
    said = answers(1, views=4)[:, 0, :, :2]
    twisted = dataset(exchanged(np.arange(23, 33))).people[0]
    plain = dataset(true_keypoints()).people[0]
    assert swap_evidence(twisted, said, unsure).total["legs"] > 2
    assert swap_evidence(plain, said, unsure).total["legs"] < -2
    assert swap_evidence(plain, said, unsure).total["all"] == 0


def test_a_seen_face_speaks_for_sides_as_of_one_who_faces_us():
    seen, behind = true_keypoints(), exchanged(np.arange(11, 33))
    for keypoints, v in ((seen, 2), (behind, 1)):
        keypoints[[INDEX["nose"], INDEX["left_eye"], INDEX["right_eye"]]] = 200, 60, v
    people = dataset(seen, seen, behind, behind).people
    assert faces_tell(people)
    assert not faces_tell(people[:2])
    unsure, said = np.zeros((4, 33)), answers(1, views=4)[:, 0, :, :2]
    assert swap_evidence(people[0], said, unsure, faces=True).total["all"] < -2
    wrong = seen.copy()
    wrong[11:] = seen[FLIP][11:]
    assert swap_evidence(dataset(wrong).people[0], said, unsure, faces=True).total["all"] > 2
    assert -2 < swap_evidence(people[2], said, unsure, faces=True).total["all"] < 0


def test_evidence_counts_for_less_where_hardly_anybody_is_exchanged():
    whole = list(EXCHANGES).index("all")
    odds = np.full((400, len(EXCHANGES)), -6.0)
    odds[0, whole] = 3.5
    assert chances(odds, shares_of(odds))[0].sum() < 0.5
    odds[:40, whole] = 3.5
    each = chances(odds, shares_of(odds))
    assert each[0].sum() > 0.7
    assert each[0].argmax() == whole
    everybody = np.full_like(odds, 9.0)
    assert shares_of(everybody).sum() < 0.21  # no more: a set of which most is exchanged is another matter
    assert (shares_of(np.full_like(odds, -np.inf)) > 0).all()


def test_a_way_that_is_frequent_in_the_set_is_believed_before_one_that_is_not():
    whole, ankles = (list(EXCHANGES).index(name) for name in ("all", "ankles"))
    odds = np.full((200, len(EXCHANGES)), -6.0)
    odds[:30, whole] = 5.0
    odds[50, whole], odds[51, ankles] = 2.5, 2.5
    sure = chances(odds, shares_of(odds)).sum(axis=1)
    assert sure[50] > 0.5 > sure[51]


def test_thighs_that_cross_speak_for_an_exchange_from_the_knees_on():
    unsure, said = np.zeros((4, 33)), answers(1, views=4)[:, 0, :, :2]
    crossed = dataset(exchanged(np.arange(25, 33))).people[0]
    assert swap_evidence(crossed, said, unsure).total["knees"] > 1
    assert swap_evidence(dataset(true_keypoints()).people[0], said, unsure).total["knees"] < -1


def test_who_is_asked_about_again():
    labels = [true_keypoints(), exchanged(np.arange(23, 33))]
    assert doubtful(dataset(*labels).people, looks_at(2, views=4)) == [1]
