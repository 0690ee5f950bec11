"""The closed-form start of a new dense layer."""

import numpy as np

from posetune.tune.methods.head.ridge import fit


def test_a_linear_relation_is_found_and_unlabelled_points_are_left_out():
    random = np.random.default_rng(0)
    truth, offset = random.normal(size=(3, 2, 12)), random.normal(size=(3, 2)) * 50 + 128

    def made(count):
        inputs = random.normal(size=(count, 12)).astype(np.float32) + 5
        targets = np.einsum("nd,kad->nka", inputs - 5, truth) + offset
        return inputs, targets, np.ones((count, 3))

    inputs, targets, weight = made(60)
    weight[:20, 1] = 0
    targets[:20, 1] = 1e6  # nonsense where there is no label
    weight[:, 2] = 0
    held = made(20)
    held[2][:, 2] = 0
    coefficients, constants, mean = fit(inputs, targets, weight, held)
    found = np.einsum("nd,kad->nka", held[0] - mean, coefficients) + constants
    spread = np.linalg.norm(held[1] - held[1].mean(axis=0), axis=-1)[:, :2].mean()
    assert np.linalg.norm(found - held[1], axis=-1)[:, :2].mean() < 0.05 * spread
    assert (coefficients[2] == 0).all()
    assert np.isfinite(constants).all()
