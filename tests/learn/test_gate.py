from __future__ import annotations

import math

import numpy as np
import pytest

from posetune.learn import gate
from posetune.learn.evidence import Evidence
from posetune.learn.guards import Check
from posetune.learn.rules import Rules

RULES = Rules()


def both(x: np.ndarray) -> tuple[Evidence, Evidence]:
    return Evidence.of(x, RULES.threshold), Evidence.of(-x, RULES.threshold)


@pytest.mark.parametrize(
    ("x", "what"),
    [
        (np.zeros(0), "wait"),
        (np.full(10, 0.05), "wait"),
        (np.full(100, 0.2), "promote"),
        (np.full(40, -0.3), "refuse"),  # worse
        (np.tile([0.2, -0.22], 60), "refuse"),  # after so many nothing is seen
        (np.tile([0.2, -0.22], 20), "wait"),
    ],
)
def test_a_challenger_waits_until_the_evidence_is_enough(x, what):
    assert gate.on_challenger(*both(x), RULES).what == what


def test_a_trial_has_an_end():
    little = Evidence(RULES.most_units, 0.1, 0.2, 0.0, RULES.threshold)
    assert gate.on_challenger(little, little, RULES).what == "refuse"


def test_a_promotion_says_by_how_much_and_from_whom():
    why = gate.on_challenger(*both(np.full(100, 1 / 9)), RULES).why
    assert "100 audited people" in why
    assert "20% less" in why


def test_the_network_before_comes_back_on_less_evidence_than_a_promotion_takes():
    some = Evidence(50, math.log(30), math.log(30), 0.1, RULES.back)
    assert gate.on_shadow(some, RULES).what == "rollback"
    assert gate.on_shadow(Evidence(50, 0.0, 1.0, 0.0, RULES.back), RULES).what == "wait"
    assert gate.on_shadow(Evidence(RULES.shadow_units, -3.0, 1.0, 0.0, RULES.back), RULES).what == "expire"


def test_a_challenger_for_which_little_speaks_makes_room_for_one_that_knows_more():
    little = Evidence(50, 0.2, 0.5, 0.01, RULES.threshold)
    assert gate.makes_room(little, 100, 49, RULES) is None
    ruling = gate.makes_room(little, 100, 50, RULES)
    assert ruling is not None
    assert ruling.what == "expire"
    assert gate.makes_room(Evidence(50, 2.0, 2.0, 0.05, RULES.threshold), 100, 500, RULES) is None
    assert gate.makes_room(Evidence(20, 0.2, 0.5, 0.01, RULES.threshold), 100, 500, RULES) is None


def test_one_failed_check_refuses_and_silence_does_not():
    good, bad, silent = (
        Check("a", True, "a is fine."),
        Check("b", False, "b is worse."),
        Check("c", None, "c: too few."),
    )
    assert gate.guarded([good, silent]).what == "promote"
    ruling = gate.guarded([good, bad, silent])
    assert (ruling.what, ruling.reasons) == ("refuse", ("b is worse.",))


def test_what_could_not_be_shown_is_named_first():
    checks = [Check("a", True, "a is fine."), Check("b", None, "b cannot be shown."), Check("c", True, "c is fine.")]
    ruling = gate.guarded(checks)
    assert (ruling.what, ruling.why) == ("promote", "2 checks passed, 1 could not be shown.")
    assert ruling.reasons == ("b cannot be shown.", "a is fine.", "c is fine.")
    assert gate.guarded([*checks, Check("d", False, "d is worse.")]).reasons == ("d is worse.",)
