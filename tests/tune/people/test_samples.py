from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from posetune.data.people import ImageRecord
from posetune.geometry import Crop
from posetune.landmarks import INDEX
from posetune.tune.people.augment import AugmentConfig
from posetune.tune.people.samples import ImageCache, Subject, make_sample

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
        made = make_sample(subject(), dots(), 256, still, np.random.default_rng(seed))
        assert made.points[LEFT] == pytest.approx(center(made.pixels[..., 0]), abs=1.5)
        assert made.points[RIGHT] == pytest.approx(center(made.pixels[..., 1]), abs=1.5)


def test_a_mirrored_sample_has_partners_swapped_in_everything():
    flipped = AugmentConfig(*[0] * 4, 1, *[0] * 6)
    made = make_sample(subject(), dots(), 256, flipped, np.random.default_rng(0))
    # What was the left wrist is now, as seen, the right one: the red dot.
    assert made.points[RIGHT] == pytest.approx(center(made.pixels[..., 0]), abs=1.5)
    assert made.weight[RIGHT] == 1
    assert made.weight[LEFT] == 0.5
    assert made.world[RIGHT] == pytest.approx((-0.4, 0.1, -0.2))


def test_world_turns_with_the_crop():
    still = AugmentConfig(*[0] * 11)
    turned = subject(crop=Crop(100, 100, 200, np.pi / 2))
    made = make_sample(turned, dots(), 256, still, np.random.default_rng(0))
    # The image's right is the turned crop's up: x 0.4 to the right becomes y -0.4.
    assert made.world[LEFT] == pytest.approx((0.1, -0.4, -0.2))


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
        made = make_sample(subject(), dots(), 256, covering, np.random.default_rng(seed))
        column, row = np.rint(made.points[LEFT]).astype(int)
        seen = made.pixels[row, column, 0] > 200 and made.pixels[row, column, 1] < 50
        assert seen == (made.visible[LEFT] == 1) or not seen  # a grey or red filling may look alike
        marks.append(made.visible[LEFT])
    assert 0 < np.mean(marks) < 1
