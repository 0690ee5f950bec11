from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from posetune.data.people import ImageRecord
from posetune.geometry import Crop
from posetune.tune.people.augment import AugmentConfig
from posetune.tune.people.batches import BatchMaker, BatchPlan, Revisited, Sampler, ahead
from posetune.tune.people.samples import ImageCache, Subject


class Pictures(ImageCache):
    def read(self, record):
        return np.random.default_rng(0).integers(0, 255, (200, 200, 3), dtype=np.uint8)


def test_every_pass_sees_everyone_once_and_the_order_depends_on_seed_and_place_alone():
    whole = Sampler(5, seed=1).take(10)
    assert sorted(i for i, _ in whole[:5]) == sorted(i for i, _ in whole[5:]) == [0, 1, 2, 3, 4]
    assert Sampler(5, seed=1, start=4).take(3) == whole[4:7]
    assert [i for i, _ in Sampler(50, 1).take(50)] != [i for i, _ in Sampler(50, 2).take(50)]


def maker():
    own = Subject(ImageRecord(1, Path("none.jpg"), 200, 200, "g"), Crop(100, 100, 200), np.full((33, 2), 100.0),
                  np.ones(33, np.float32), np.ones(33, np.float32), None, "own")  # fmt: skip
    plan = BatchPlan(batch=4, replay_share=0.25, size=64, augment=AugmentConfig(), seed=7)
    return BatchMaker([own] * 3, [replace(own, name="replay")], plan, Pictures())


def test_batches_repeat_by_step_and_hold_their_share_of_replay():
    first, again, other = maker()(5), maker()(5), maker()(6)
    assert torch.equal(first.images, again.images)
    assert torch.equal(first.targets.points, again.targets.points)
    assert not torch.equal(first.images, other.images)
    assert first.names == ("own", "own", "own", "replay")
    assert first.images.shape == (4, 3, 64, 64)
    assert 0 <= float(first.images.min()) <= float(first.images.max()) <= 1


def test_blocks_are_gone_through_twice_and_only_the_first_time_made():
    made = []

    def make(number):
        made.append(number)
        return f"batch {number}"

    order = [Revisited(make, 2, 32)(step) for step in range(8)]  # blocks of two batches; each step from a fresh start
    assert order == [f"batch {n}" for n in (0, 1, 0, 1, 2, 3, 2, 3)]
    made.clear()
    visits = Revisited(make, 2, 32)
    assert [visits(step) for step in range(8)] == order
    assert made == [0, 1, 2, 3]
    assert not visits._kept
    made.clear()
    later = Revisited(make, 2, 32)
    assert [later(step) for step in range(3, 8)] == order[3:]  # resumed within a block
    assert made == [1, 2, 3]
    assert [Revisited(make, 1, 32)(step) for step in range(3)] == ["batch 0", "batch 1", "batch 2"]


def test_an_error_on_the_thread_is_raised_where_it_belongs():
    def make(step):
        if step == 2:
            raise ValueError("image 2 is damaged")
        return step

    batches = ahead(make, 0, 5)
    assert [next(batches), next(batches)] == [0, 1]
    with pytest.raises(ValueError, match="image 2"):
        next(batches)
