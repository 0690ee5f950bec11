from __future__ import annotations

import math

import numpy as np
import pytest

from posetune.learn.evidence import Evidence, by_group, log_evidence, log_wealth, plug_in_bets, relative_difference


def people(count: int, gain: float, seed: int = 0) -> np.ndarray:
    """(N,) figures of people whose errors are log-normal with a correlation of 0.8, the challenger's smaller by ``gain``."""
    z = np.random.default_rng(seed).standard_normal((3, count))
    live, challenger = (0.6 * (math.sqrt(0.8) * z[0] + math.sqrt(0.2) * own) for own in z[1:])
    return relative_difference(np.exp(live), (1 - gain) * np.exp(challenger))


def test_the_figure_of_a_person_is_symmetric_and_bounded():
    live, challenger = np.array([4.0, 0.0, 0.0, 5.0]), np.array([2.0, 3.0, 0.0, 5.0])
    x = relative_difference(live, challenger)
    assert x == pytest.approx([1 / 3, -1, 0, 0])
    assert relative_difference(challenger, live) == pytest.approx(-x)


def test_the_plug_in_bettor_is_that_of_a_published_implementation():
    sequential = pytest.importorskip("ville.sequential")
    x = people(400, 0.1)
    test = sequential.BettingTest(0.0, bounds=(-1, 1), alternative="greater")
    test.fit(x)
    assert log_wealth(x, plug_in_bets(x)) == pytest.approx(np.asarray(test.log_e_values_), abs=1e-9)


def test_the_process_worked_by_hand():
    x = np.array([0.5, -0.2])
    bets = plug_in_bets(x)
    by_hand = [(1 + b * 0.5) * (1 - b * 0.2) for b in (0.3, 0.6, 0.9)] + [(1 + bets[0] * 0.5) * (1 - bets[1] * 0.2)]
    assert log_evidence(x)[-1] == pytest.approx(math.log(np.mean(by_hand)))


def test_a_bet_knows_nothing_of_what_it_is_on():
    x = people(50, 0.1)
    changed = x.copy()
    changed[30:] = -1
    assert plug_in_bets(changed)[:31] == pytest.approx(plug_in_bets(x)[:31])


def test_wealth_is_fair_where_nothing_is_to_be_won():
    """The mean wealth over both outcomes of every coin is the stake: a martingale, whatever was bet."""
    coins = np.array(np.meshgrid(*[[-1.0, 1.0]] * 8)).reshape(8, -1).T
    assert np.mean([np.exp(log_evidence(x)[-1]) for x in coins]) == pytest.approx(1)


def test_a_better_challenger_is_found_and_an_equal_one_is_not():
    found = [Evidence.of(people(200, 0.12, seed)).enough for seed in range(40)]
    assert sum(found) >= 32
    assert not any(Evidence.of(people(200, 0.0, seed)).enough for seed in range(100, 140))
    assert not any(Evidence.of(people(200, -0.05, seed)).enough for seed in range(100, 140))


def test_a_test_that_has_stopped_stays_stopped():
    x = np.concatenate([people(300, 0.2), np.full(80, -0.5)])
    evidence = Evidence.of(x)
    assert evidence.log_e < math.log(evidence.threshold) < evidence.log_most
    assert evidence.enough


def test_what_is_missing_is_said_in_units():
    assert Evidence.of(np.array([])).missing is None
    assert Evidence.of(people(200, -0.1)).missing is None
    some = Evidence.of(people(60, 0.12, 3))
    assert not some.enough
    assert some.missing is not None
    assert 5 < some.missing < 300
    assert Evidence.of(people(300, 0.2)).missing == 0


def test_people_of_one_scene_count_once():
    assert by_group(np.array([0.2, 0.4, -1.0]), ["a", "a", "b"]) == pytest.approx([0.3, -1.0])


def test_the_gain_is_what_the_figures_say():
    assert Evidence.of(np.full(10, 1 / 9)).gain == pytest.approx(0.2)  # errors 10 and 8
