"""Backdrops out of nothing."""

import numpy as np

from posetune.synthetic.collage import picture


def test_a_backdrop_has_the_shape_asked_for_and_the_same_seed_the_same_pixels():
    made = [picture(np.random.default_rng(seed), 96, 64) for seed in (3, 3, 4)]
    assert made[0].shape == (64, 96, 3)
    assert made[0].dtype == np.uint8
    assert (made[0] == made[1]).all()
    assert (made[0] != made[2]).any()


def test_it_is_as_busy_as_a_photograph():
    """Neighbours are alike, and yet there are edges: of a photograph's differences a few are many times the typical one."""
    kurtosis = []
    for seed in range(4):
        grey = picture(np.random.default_rng(seed), 160, 120).mean(axis=2)
        step = np.diff(grey, axis=1)
        assert grey.std() > 15
        kurtosis.append(float(((step - step.mean()) ** 4).mean() / step.var() ** 2))
    assert np.median(kurtosis) > 5  # 3 for noise
