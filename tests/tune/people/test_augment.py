from dataclasses import fields

import numpy as np
import pytest

pytest.importorskip("torch")

from posetune.geometry import Crop
from posetune.tune.people.augment import AugmentConfig, occlude, vary_crop, vary_pixels


def test_crops_vary_about_the_given_one_and_within_bounds():
    rng = np.random.default_rng(0)
    config = AugmentConfig(wild_rotation=0)
    crops = [vary_crop(Crop(100, 50, 80, 0.3), config, rng) for _ in range(400)]
    turns = np.degrees([c.angle - 0.3 for c in crops])
    assert abs(turns.mean()) < 2
    assert 7 < turns.std() < 11
    assert np.abs(turns).max() <= 45
    assert 0.4 < np.mean([c.mirror for c in crops]) < 0.6
    assert all(0.7 < c.side / 80 < 1.45 and abs(c.cx - 100) <= 9.6 for c in crops)


def test_nothing_varies_where_all_is_switched_off():
    still = AugmentConfig(*[0.0] * len(fields(AugmentConfig)))
    rng = np.random.default_rng(0)
    assert vary_crop(Crop(1, 2, 3, 0.5), still, rng) == Crop(1, 2, 3, 0.5)
    image = rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)
    assert vary_pixels(image, still, rng) is image


@pytest.mark.parametrize("part", ["light", "blur", "noise", "jpeg"])
def test_each_part_changes_pixels_and_keeps_the_form(part):
    config = AugmentConfig(**{k: 0.0 for k in ("light", "blur", "noise", "jpeg", "occluder")} | {part: 1.0})
    image = np.random.default_rng(3).integers(0, 255, (96, 96, 3), dtype=np.uint8)
    before = image.copy()
    for seed in range(12):
        out = vary_pixels(image, config, np.random.default_rng(seed))
        assert out.shape == image.shape
        assert out.dtype == np.uint8
        assert (out != image).any()
    np.testing.assert_array_equal(image, before)


def test_an_occluder_changes_what_it_says_it_hides_and_nothing_else():
    image = np.random.default_rng(3).integers(0, 255, (96, 96, 3), dtype=np.uint8)
    for seed in range(12):
        rng = np.random.default_rng(seed)
        out, hidden = occlude(image, np.zeros((0, 2)), AugmentConfig(occluder=1.0), rng)
        assert hidden.any()
        assert not hidden.all()
        np.testing.assert_array_equal(out[~hidden], image[~hidden])
        assert (out[hidden] != image[hidden]).any()
    out, hidden = occlude(image, np.zeros((0, 2)), AugmentConfig(occluder=0.0), np.random.default_rng(0))
    assert out is image
    assert not hidden.any()


def test_occluders_can_aim_at_joints():
    image = np.full((128, 128, 3), 127, np.uint8)
    joint = np.array([[30.0, 90.0]])

    def hits(share):
        config = AugmentConfig(occluder=1.0, occluder_on_joint=share)
        return sum(occlude(image, joint, config, np.random.default_rng(s))[1][90, 30] for s in range(60))

    assert hits(1.0) > 40
    assert hits(0.0) < 25
