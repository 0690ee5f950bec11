"""Where the camera of a take stands."""

import numpy as np
import pytest

from posetune.synthetic.scenes import get
from posetune.synthetic.take import Recipe, Set


def test_the_ceiling_camera_looks_down_from_where_a_ceiling_is():
    for seed in range(6):
        stage = Set((6, seed), "ceiling", Recipe(size=96))
        down = stage.camera.axes[2]  # where it looks, m, z up
        assert down[2] < -np.sin(np.radians(40))
        assert np.linalg.norm(stage.camera.eye - stage.centre) > 1.9


@pytest.mark.parametrize("name", ["station", "mat"])
def test_a_camera_with_its_own_place_sees_everybody_from_there(name):
    scene = get(name)
    for seed in range(6):
        stage = Set((6, seed), name, Recipe(size=96))
        x, y, z = stage.camera.eye - stage.centre  # people face -y
        azimuth, elevation = np.degrees([np.arctan2(x, -y), np.arctan2(z, np.hypot(x, y))])
        assert scene.azimuth[0] - 12 < azimuth < scene.azimuth[1] + 12  # the body's middle is not its box's
        assert scene.elevation[0] - 12 < elevation < scene.elevation[1] + 12
