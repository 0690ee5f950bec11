"""What a run learns from rendered people."""

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from posetune.data.dataset import load_dataset
from posetune.landmarks import COUNT
from posetune.progress import Reporter
from posetune.tune.config import load_config
from posetune.tune.people import replay
from posetune.tune.people.label_trust import DISTRUSTED
from posetune.tune.people.labelled import trainable_people
from posetune.tune.people.replay import replay_subjects
from posetune.tune.people.samples import collate, make_sample, subject_of
from posetune.tune.training.losses import Prediction, losses


@pytest.fixture(scope="module")
def rendered(sample):
    return trainable_people(load_dataset(sample, "val"))[:6]


def pool(monkeypatch, rendered, *settings):
    monkeypatch.setattr(replay, "_rendered", lambda count, report: rendered[:count])
    config = load_config(
        None, {"data": "d", "out": "o"}, ["replay.sample_set=false", "replay.surroundings=0", *settings]
    )
    twelve = np.repeat(np.float32([1, 0]), [12, COUNT - 12])
    own = [dataclasses.replace(subject_of(rendered[0]), weight=twelve)]
    return config, replay_subjects(config, None, own, Reporter())


def test_depth_alone_is_learnt_from_rendered_people_unless_asked(monkeypatch, rendered):
    config, subjects = pool(monkeypatch, rendered, "replay.synthetic=4")
    assert len(subjects) == 4
    for subject, person in zip(subjects, rendered, strict=False):
        np.testing.assert_array_equal(subject.weight > 0, person.labelled)
        assert subject.weight.max() == np.float32(DISTRUSTED)
        assert np.isnan(subject.visible).all()
        np.testing.assert_array_equal(subject.world, person.keypoints_3d)
    batch = collate([make_sample(s, s.image.read(), 256, None, np.random.default_rng(0)) for s in subjects])
    g = torch.Generator().manual_seed(0)
    answer = Prediction(
        torch.rand(4, 39, 5, generator=g) * 200, torch.rand(4, 1, generator=g),
        torch.randn(4, 64, 64, 39, generator=g), torch.randn(4, 39, 3, generator=g) * 0.3,
    )  # fmt: skip
    stock = Prediction(answer.points + 9, answer.presence, answer.heatmap - 1, answer.world + 0.1)
    moved = answer.points.clone().requires_grad_()
    parts = losses(
        Prediction(moved, answer.presence, answer.heatmap, answer.world), stock, batch.targets, 256, config.loss
    )
    assert parts["world"] > 0.1
    (gradient,) = torch.autograd.grad(parts["z"], moved)
    assert (gradient[:, :COUNT, 2] != 0).all()  # every z is known, those outside the picture, too
    assert parts["visibility"] == 0


def test_their_points_count_as_much_as_ones_own_if_asked_for(monkeypatch, rendered):
    _, subjects = pool(monkeypatch, rendered, "replay.synthetic=4", "replay.synthetic_points=true")
    for subject, person in zip(subjects, rendered, strict=False):
        np.testing.assert_allclose(subject.weight[person.labelled], 12 / COUNT)
        assert np.isfinite(subject.visible[person.labelled]).all()


def test_places_besides_ones_own_people_are_held(monkeypatch, rendered):
    _, subjects = pool(monkeypatch, rendered, "replay.surroundings=5")
    assert len(subjects) == 5
    assert {s.image for s in subjects} == {rendered[0].image}
    assert not any(s.weight.any() for s in subjects)
