"""Patterns of floors, walls and clothes."""

import numpy as np
import pytest

from posetune.synthetic import textures


@pytest.mark.parametrize("name", textures.NAMES)
def test_tiles_repeat_without_a_seam(name):
    tile = textures.tile(name).astype(float)
    assert tile.shape == (256, 256, 4)
    for axis in (0, 1):
        steps = np.abs(np.diff(np.concatenate([tile, tile.take([0], axis)], axis), axis=axis)).mean(axis=(1 - axis, 2))
        assert steps[-1] <= 1.3 * steps[:-1].max() + 2
