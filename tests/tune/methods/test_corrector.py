"""Training a corrector: what the three models learn, who may choose, and a whole run on figures drawn here."""

from __future__ import annotations

import json
import types

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch is not installed: pip install '.[train]'")
pytest.importorskip("sklearn", reason="scikit-learn is not installed: pip install '.[train]'")

from tests.helpers.drawn_set import write_drawn_set
from tests.helpers.golden import assert_summary_keys

import posetune
from posetune import cli, stock
from posetune.data.answer_cache import cached_answers
from posetune.data.answers import crop_answers
from posetune.data.dataset import load_dataset
from posetune.landmarks import FLIP
from posetune.measure.evaluate import evaluate
from posetune.progress import Reporter
from posetune.runtime.corrector import FEATURES, Corrector
from posetune.runtime.landmarker import Landmarker
from posetune.tune.methods.corrector import train as training
from posetune.tune.methods.corrector.fit import (
    Material,
    candidates,
    fit_constant,
    fit_gate,
    fit_mlp,
    fit_ridge,
    fit_svr,
    one_thread,
    predict,
)
from posetune.tune.methods.corrector.train import choose, error_px, two_halves

LANDMARKS = np.array([13, 14, 25])


@pytest.fixture(autouse=True)
def _one_thread():
    with one_thread():  # as the training has it
        yield


def material(count: int = 160, seed: int = 0, groups: int = 6, learnable: bool = True) -> Material:
    """Answers of three kinds of pose whose labels lie where a linear rule says (or anywhere, without ``learnable``)."""
    random = np.random.default_rng(seed)
    poses = np.random.default_rng(99).normal(0, 1, (4, FEATURES))
    hidden = random.normal(0, 1, (count, 4))
    features = hidden @ poses + random.normal(0, 0.05, (count, FEATURES))
    rule = np.random.default_rng(98).normal(0, 0.05, (4, 6))
    targets = (hidden @ rule if learnable else random.normal(0, 0.1, (count, 6))) + np.tile([0.1, 0], 3)
    group = np.array([f"video {i % groups}" for i in range(count)], dtype=object)
    return Material(features, targets.reshape(-1, 3, 2), np.ones((count, 3)), np.full(count, 50.0), group)


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


def test_the_halves_share_no_group():
    groups = np.array(["a"] * 50 + ["b"] * 30 + ["c"] * 15 + ["d"] * 5)
    first, second = two_halves(groups, 0)
    assert not set(groups[first]) & set(groups[second])
    assert first.sum() == second.sum() == 50
    assert two_halves(np.array(["a"] * 9), 0) == []


def test_the_gate_lets_through_what_was_learnt_from():
    features = material().features
    gate = fit_gate(features)
    assert gate(features).mean() > 0.97
    strange = np.random.default_rng(0).normal(0, 3, features.shape)
    assert (gate(strange) == 0).all()


def test_nothing_is_taken_that_is_worse_on_validation_than_the_constant_offset(monkeypatch):
    few = candidates(0, ("ridge",))[1:2]
    monkeypatch.setattr(training, "candidates", lambda seed: few)
    said: list[str] = []
    chosen, constant, _ = choose(material(), material(60, 1), LANDMARKS, 0, Reporter(said.append))
    assert chosen.kind in ("ridge", "mean")
    assert chosen.error < 0.7 * error_px(material(60, 1), constant)
    assert any(text.startswith("ridge") for text in said)
    other = material(60, 1)
    other.targets[:] = -material(60, 1).targets + 0.2  # the rule is the very reverse in the videos to choose on
    chosen, constant, _ = choose(material(), other, LANDMARKS, 0, Reporter(said.append))
    assert chosen.error <= error_px(other, constant)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    write_drawn_set(folder, "train", [150, 165, 180, 210, 225, 240])
    write_drawn_set(folder, "val", [170, 230])
    return folder


def _own_cache(monkeypatch, folder):
    """Answers go to a folder of the test's own; stock networks still come from where they are."""
    monkeypatch.setattr("posetune.data.answer_cache.cache", types.SimpleNamespace(folder=lambda: folder))


def test_a_whole_run(data, tmp_path, capsys, monkeypatch):
    _own_cache(monkeypatch, tmp_path / "cache")
    monkeypatch.setattr(training, "candidates", lambda seed: candidates(seed, ("ridge",))[1:2])
    run = tmp_path / "run"
    command = ["train", "--method", "corrector", "--data", str(data), "--out", str(run), "--json"]
    assert cli.main(command) == 0
    told = json.loads(capsys.readouterr().out)
    summary = json.loads((run / "summary.json").read_text())
    assert summary["tuned_px"] == told["tuned_px"] <= summary["constant_px"] <= summary["stock_px"] == told["stock_px"]
    assert summary["train_people"] == 6
    assert_summary_keys("corrector", summary)
    assert (run / stock.RUN_NETWORK).read_bytes() == stock.path("full").read_bytes()
    corrector = Corrector.load(run)
    assert corrector.about["base"] == "full"
    assert set(corrector.landmarks) == {11, 12, 23, 24, 25, 26, 27, 28}
    # What validation said is what the network as a whole does, measured through the file.
    measured = evaluate(data, "val", [run], stock_names=["full"], pipeline=False, with_offset=False, threads=1)
    error = measured.result["protocols"]["crop"]["run"]["mean_error_crop_px"]
    assert error == pytest.approx(summary["tuned_px"], abs=0.02)

    assert cli.main(command) == 2  # the folder holds a run already
    assert "already holds a run" in capsys.readouterr().err
    assert cli.main([*command[:-2], str(tmp_path / "other"), "--base", str(run)]) == 2
    assert "has a corrector already" in capsys.readouterr().err
    assert cli.main([*command, "--resume"]) == 2
    assert "nothing to resume" in capsys.readouterr().err


def test_answers_are_asked_for_once(data, tmp_path, monkeypatch):
    _own_cache(monkeypatch, tmp_path / "cache")
    people = load_dataset(data, "train").usable[:3]
    network: Landmarker = posetune.load("full", threads=1)
    asked = []
    plain = crop_answers({"": network}, people)[""]

    def counting(networks, people, **options):
        asked.append(len(people))
        return crop_answers(networks, people, **options)

    monkeypatch.setattr("posetune.data.answer_cache.crop_answers", counting)
    first = cached_answers(network, "abc", people[:2])
    second = cached_answers(network, "abc", people)
    assert asked == [2, 1]
    np.testing.assert_allclose(second.points_px, plain.points_px, atol=1e-3)
    np.testing.assert_array_equal(second.points_px[:2], first.points_px)
    np.testing.assert_allclose(second.visibility, plain.visibility, atol=1e-6)
    cached_answers(network, "abd", people[:1])  # another network
    cached_answers(network, "abc", people[:1], mirrored=True)  # another view
    assert asked == [2, 1, 1, 1]
    people[0].image.path.touch()  # another picture under the same name
    cached_answers(network, "abc", people)
    assert asked[-1] == 1
    for file in (tmp_path / "cache" / "answers").iterdir():
        file.write_bytes(b"damaged")
    cached_answers(network, "abc", people)
    assert asked[-1] == 3
