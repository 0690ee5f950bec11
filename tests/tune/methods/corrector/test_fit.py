"""What the models of a corrector learn."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: pip install '.[train]'")
pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install '.[train]'")
from tests.helpers.material import LANDMARKS, material

from posetune.landmarks import FLIP
from posetune.tune.methods.corrector.fit import (
    fit_constant,
    fit_gate,
    fit_mlp,
    fit_ridge,
    fit_svr,
    predict,
)
from posetune.tune.methods.corrector.train import error_px


@pytest.mark.parametrize(
    "fit",
    [lambda m: fit_ridge(m, 0.01), lambda m: fit_svr(m, 1.0, 0), lambda m: fit_mlp(m, 8, 0.1, 0)],
    ids=["ridge", "svr", "mlp"],
)
def test_each_model_learns_what_is_to_learn_and_holds_for_others(fit):
    learnt = predict(fit(material()), material(seed=1).features)
    constant = error_px(material(seed=1), fit_constant(material()))
    assert error_px(material(seed=1), learnt) < 0.6 * constant


@pytest.mark.parametrize("fit", [lambda m: fit_ridge(m, 0.01), lambda m: fit_mlp(m, 8, 0.1, 0)], ids=["ridge", "mlp"])
def test_a_few_wild_labels_do_little_harm(fit):
    dirty = material()
    wild = np.random.default_rng(5).random(len(dirty.targets)) < 0.08
    dirty.targets[wild] += 3.0  # 150 px off, all the same way
    clean = error_px(material(seed=1), predict(fit(material()), material(seed=1).features))
    assert error_px(material(seed=1), predict(fit(dirty), material(seed=1).features)) < clean + 1.5


def test_the_constant_offset_is_a_median():
    dirty = material(learnable=False)
    plain = fit_constant(dirty)
    np.testing.assert_allclose(plain, np.tile([0.1, 0], (3, 1)), atol=0.03)
    dirty.targets[:20] += 9
    np.testing.assert_allclose(fit_constant(dirty), plain, atol=0.05)


def test_what_has_no_label_teaches_nothing():
    partial = material()
    partial.weight[:, 2] = 0
    partial.targets[:, 2] = 7.0
    for fit in (lambda m: fit_ridge(m, 0.01), lambda m: fit_svr(m, 1.0, 0)):
        assert np.abs(predict(fit(partial), partial.features)[:, 2]).max() == 0
    assert (fit_constant(partial)[2] == 0).all()


def test_mirror_images_exchange_partners():
    plain = material(4)
    both = plain.with_mirror_images(LANDMARKS)
    assert FLIP[13] == 14
    np.testing.assert_allclose(both.targets[4:, 0], plain.targets[:, 1] * [-1, 1])
    assert (both.weight[4:, :2] == 1).all()
    assert (both.weight[4:, 2] == 0).all()  # the other knee is not among the landmarks
    again = both.take(np.arange(4, 8)).with_mirror_images(LANDMARKS)
    np.testing.assert_allclose(again.features[4:], plain.features, atol=1e-12)


def test_the_gate_lets_through_what_was_learnt_from():
    features = material().features
    gate = fit_gate(features)
    assert gate(features).mean() > 0.97
    strange = np.random.default_rng(0).normal(0, 3, features.shape)
    assert (gate(strange) == 0).all()
