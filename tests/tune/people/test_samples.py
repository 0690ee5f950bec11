from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from posetune.data.people import ImageRecord
from posetune.geometry import Crop
from posetune.landmarks import INDEX
from posetune.tune.people.augment import AugmentConfig
from posetune.tune.people.samples import BatchMaker, ImageCache, Revisited, Sampler, Subject, ahead, make_sample

LEFT, RIGHT = INDEX["left_wrist"], INDEX["right_wrist"]


def subject(**changes):
    keypoints, weight = np.zeros((33, 2)), np.zeros(33, np.float32)
    keypoints[LEFT], keypoints[RIGHT] = (140, 100), (60, 90)
    weight[[LEFT, RIGHT]] = 1, 0.5
    world = np.full((33, 3), np.nan)
    world[LEFT], world[RIGHT] = (0.4, 0.1, -0.2), (-0.3, 0.0, 0.1)
    values = {
        "image": ImageRecord(1, Path("none.jpg"), 200, 200, "g"),
        "crop": Crop(100, 100, 200),
        "keypoints": keypoints,
        "weight": weight,
        "visible": np.ones(33, np.float32),
        "world": world,
    }
    return Subject(**{**values, **changes})


def dots():
    image = np.zeros((200, 200, 3), np.uint8)
    image[98:103, 138:143, 0] = 255  # red at the left wrist
    image[88:93, 58:63, 1] = 255  # green at the right wrist
    return image


def center(channel):
    ys, xs = np.nonzero(channel > 100)
    return xs.mean(), ys.mean()


def test_points_follow_the_pixels():
    still = AugmentConfig(light=0, blur=0, noise=0, jpeg=0, occluder=0, flip=0, wild_rotation=0)
    for seed in range(5):
        pixels, points, *_ = make_sample(subject(), dots(), 256, still, np.random.default_rng(seed))
        assert points[LEFT] == pytest.approx(center(pixels[..., 0]), abs=1.5)
        assert points[RIGHT] == pytest.approx(center(pixels[..., 1]), abs=1.5)


def test_a_mirrored_sample_has_partners_swapped_in_everything():
    flipped = AugmentConfig(*[0] * 4, 1, *[0] * 6)
    pixels, points, weight, _, world = make_sample(subject(), dots(), 256, flipped, np.random.default_rng(0))
    # What was the left wrist is now, as seen, the right one: the red dot.
    assert points[RIGHT] == pytest.approx(center(pixels[..., 0]), abs=1.5)
    assert weight[RIGHT] == 1
    assert weight[LEFT] == 0.5
    assert world[RIGHT] == pytest.approx((-0.4, 0.1, -0.2))


def test_world_turns_with_the_crop():
    still = AugmentConfig(*[0] * 11)
    turned = subject(crop=Crop(100, 100, 200, np.pi / 2))
    *_, world = make_sample(turned, dots(), 256, still, np.random.default_rng(0))
    # The image's right is the turned crop's up: x 0.4 to the right becomes y -0.4.
    assert world[LEFT] == pytest.approx((0.1, -0.4, -0.2))


def test_every_pass_sees_everyone_once_and_the_order_depends_on_seed_and_place_alone():
    whole = Sampler(5, seed=1).take(10)
    assert sorted(i for i, _ in whole[:5]) == sorted(i for i, _ in whole[5:]) == [0, 1, 2, 3, 4]
    assert Sampler(5, seed=1, start=4).take(3) == whole[4:7]
    assert [i for i, _ in Sampler(50, 1).take(50)] != [i for i, _ in Sampler(50, 2).take(50)]


class Pictures(ImageCache):
    def read(self, record):
        return dots()


def maker(**changes):
    values = {"batch": 4, "replay_share": 0.25, "size": 64, "augment": AugmentConfig(), "seed": 7, "cache": Pictures()}
    return BatchMaker([subject(name="own")] * 3, [subject(name="replay")], **{**values, **changes})


def test_batches_repeat_by_step_and_hold_their_share_of_replay():
    first, again, other = maker()(5), maker()(5), maker()(6)
    assert torch.equal(first.images, again.images)
    assert torch.equal(first.points, again.points)
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


def test_the_cache_keeps_to_its_budget():
    class Record:
        def __init__(self, name):
            self.path, self.reads = name, 0

        def read(self):
            self.reads += 1
            return np.zeros((100, 100, 3), np.uint8)

    cache, records = ImageCache(megabytes=0.07), [Record(str(i)) for i in range(3)]
    for record in records:
        cache.read(record)
    cache.read(records[2])
    assert records[2].reads == 1
    cache.read(records[0])  # the oldest had to go
    assert records[0].reads == 2


def test_a_joint_behind_an_occluder_is_marked_hidden():
    covering = AugmentConfig(light=0, blur=0, noise=0, jpeg=0, flip=0, occluder=1, occluder_on_joint=1)
    marks = []
    for seed in range(20):
        pixels, points, _, visible, _ = make_sample(subject(), dots(), 256, covering, np.random.default_rng(seed))
        column, row = np.rint(points[LEFT]).astype(int)
        seen = pixels[row, column, 0] > 200 and pixels[row, column, 1] < 50
        assert seen == (visible[LEFT] == 1) or not seen  # a grey or red filling may look alike
        marks.append(visible[LEFT])
    assert 0 < np.mean(marks) < 1
