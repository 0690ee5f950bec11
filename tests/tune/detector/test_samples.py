import dataclasses
from pathlib import Path

import numpy as np
import pytest

from posetune.data.dataset import load_dataset
from posetune.data.people import ImageRecord
from posetune.geometry import Crop
from posetune.runtime.detector import SIZE
from posetune.tune.detector.config import load_detector_config
from posetune.tune.detector.samples import SampleMaker, SampleOrder, make_sample, plain_sample
from posetune.tune.detector.scenes import Circles, Scene, scenes_of

PLAIN = load_detector_config(None, {"data": "x", "out": "y"}).sample


def scene_with(hip, radius=40.0, width=400, height=200):
    """Somebody upright whose hips are at ``hip``, in a grey picture with a white spot there."""
    hip = np.array(hip, float)
    image = np.full((height, width, 3), 90, np.uint8)
    x, y = hip.astype(int)
    image[max(y - 3, 0) : y + 4, max(x - 3, 0) : x + 4] = 255
    circle = hip - [0, radius]
    people = Circles(hip[None], (hip - [0, radius / 2])[None], circle[None])
    return Scene(ImageRecord(1, Path("a.jpg"), width, height, "a"), people), image


def test_the_whole_picture_is_seen_as_the_detector_sees_it():
    scene, image = scene_with((300, 100))
    sample = plain_sample(scene, image)
    assert sample.pixels.shape == (SIZE, SIZE, 3)
    assert not sample.pixels[:50].any()  # black above
    assert not sample.pixels[-50:].any()
    np.testing.assert_allclose(sample.people.hip, [[300 * 0.56, 112]])
    np.testing.assert_allclose(sample.people.radius, 40 * 0.56)


@pytest.mark.parametrize("seed", range(6))
def test_however_a_sample_is_cut_its_people_are_where_they_say(seed):
    scene, image = scene_with((260, 90))
    config = dataclasses.replace(PLAIN, empty=0.0, mosaic=0.0, whole=0.5, light=0, blur=0, noise=0, jpeg=0, smallest=50)
    sample = make_sample(scene, image, lambda: (scene, image), config, np.random.default_rng(seed))
    for x, y in sample.people.hip:
        assert sample.pixels[int(y), int(x)].min() > 150


def test_in_a_mosaic_people_are_where_they_say():
    scene, image = scene_with((200, 100))
    config = dataclasses.replace(PLAIN, empty=0.0, mosaic=1.0, whole=0.0, light=0, blur=0, noise=0, jpeg=0)
    sample = make_sample(scene, image, lambda: (scene, image), config, np.random.default_rng(1))
    assert len(sample.people) >= 4
    for x, y in sample.people.hip:
        assert sample.pixels[int(y), int(x)].min() > 120


def test_who_is_cut_off_by_the_window_is_ignored():
    scene, image = scene_with((5, 100))
    moved = dataclasses.replace(scene, people=scene.people.seen_in(Crop(200, 100, 400), 400, (-18.0, 0)))
    sample = plain_sample(moved, image)
    assert len(sample.people) == 0
    assert len(sample.ignored) == 1


@pytest.mark.parametrize("seed", range(4))
def test_a_part_without_people_shows_none(seed):
    scene, image = scene_with((260, 90))
    config = dataclasses.replace(PLAIN, empty=1.0, whole=0.0, mosaic=0.0, light=0, blur=0, noise=0, jpeg=0)
    sample = make_sample(scene, image, lambda: (scene, image), config, np.random.default_rng(seed))
    assert len(sample.people) == len(sample.ignored) == 0
    assert sample.pixels.max() < 120  # the white spot is not in it
    assert sample.pixels.min() > 60  # and no black


def test_the_same_number_gives_the_same_sample_and_some_are_held(pictures):
    scenes = scenes_of(load_dataset(pictures, "train"))
    held = [Scene(s.image, Circles.none()) for s in scenes[:2]]

    def maker():
        return SampleMaker(scenes, held, lambda s: s.image.read(), PLAIN, SampleOrder(0.25, 3))

    first, again = maker(), maker()
    first(0)
    np.testing.assert_array_equal(first(5).pixels, again(5).pixels)
    assert sum(not len(first(n).people) for n in range(8)) >= 2
