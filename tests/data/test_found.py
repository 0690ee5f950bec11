import numpy as np

from posetune.data.found import match_found


def test_nearest_pairs_first_and_a_second_answer_is_a_duplicate():
    hips = np.array([[100.0, 100], [160, 100], [400, 400]])
    found = np.array([[158.0, 100], [110, 100], [104, 100], [900, 900]])
    match = match_found(hips, np.array([50.0, 50, 50]), found)
    assert match.person.tolist() == [2, 0, -1]
    assert match.duplicate.tolist() == [False, True, False, False]
    assert match.false.tolist() == [False, False, False, True]


def test_beyond_one_and_a_half_torsos_nobody_is_found():
    hips, found = np.array([[0.0, 0]]), np.array([[0.0, 151]])
    assert match_found(hips, np.array([100.0]), found).false.tolist() == [True]
    assert match_found(hips, np.array([101.0]), found).person.tolist() == [0]


def test_where_somebody_is_to_be_ignored_an_answer_counts_for_nothing():
    ignored = np.array([[10.0, 10, 50, 50]])
    match = match_found(np.zeros((0, 2)), np.zeros(0), np.array([[20.0, 20], [60, 20]]), ignored)
    assert match.false.tolist() == [False, True]
    assert not match.duplicate.any()


def test_one_answer_for_two_is_one_persons_own_and_near_the_other():
    match = match_found(np.array([[0.0, 0], [30, 0]]), np.array([50.0, 50]), np.array([[10.0, 0]]))
    assert match.person.tolist() == [0, -1]
    assert match.near.tolist() == [True, True]
