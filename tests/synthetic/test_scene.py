"""Between the ends of a movement."""

import numpy as np

from posetune.synthetic.scene import jitter, mix


def test_movements_begin_and_end_softly():
    a, b = np.array([0.0, 1.0]), np.array([2.0, 1.0])
    np.testing.assert_allclose([mix(a, b, 0), mix(a, b, 0.5), mix(a, b, 1)], [[0, 1], [1, 1], [2, 1]])
    assert mix(a, b, 0.01)[0] < 0.001
    assert 2 - mix(a, b, 0.99)[0] < 0.001


def test_one_seed_one_jitter():
    first, again = (jitter(np.random.default_rng(2), 0.1) for _ in range(2))
    assert first.shape == (3,)
    np.testing.assert_array_equal(first, again)
