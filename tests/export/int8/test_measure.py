"""Errors of a quantised network, with and without labels."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from posetune.export.int8.measure import Answers, errors


def test_errors_with_and_without_labels():
    points = np.zeros((2, 33, 2))
    near, far = (Answers(points + d, np.zeros((2, 2, 2)), np.ones(2, bool)) for d in ((3.0, 4.0), (6.0, 8.0)))
    assert errors(far, near, (points, np.ones((2, 33), bool))) == pytest.approx((10.0, 1.0))
    assert errors(far, near, None) == pytest.approx((5.0, np.hypot(1, 5 / 7) - 1))
