"""What joints can do."""

from posetune.synthetic import limits


def test_limits_see_a_knee_that_cannot_be(poser):
    assert not limits.violations(poser)
    poser.leg("L", [0, -1, 0.8], [0, 1, -0.55])
    assert "left_knee_flexion" in limits.violations(poser)
