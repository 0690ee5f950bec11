"""Whom a run learns from, and which networks can be trained."""

import pytest

pytest.importorskip("torch")

from posetune.errors import PosetuneError
from posetune.tune.people.collect import Material, trainable_networks


def test_networks_that_can_be_trained(renamed_full, corrector_run, tmp_path):
    assert trainable_networks("lite").is_stock
    assert not trainable_networks(str(renamed_full)).is_stock
    with pytest.raises(PosetuneError, match="has a corrector behind it"):
        trainable_networks(str(corrector_run))
    damaged = tmp_path / "damaged.tflite"
    damaged.write_bytes(renamed_full.read_bytes()[:50_000])
    with pytest.raises(PosetuneError, match="damaged"):
        trainable_networks(str(damaged))


def test_the_summary_counts_people():
    assert Material([1, 2, 3], [4], []).counts() == {"train_people": 3, "val_people": 1, "replay_people": 0}
