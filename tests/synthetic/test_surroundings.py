"""Places: photographs may be the background."""

import numpy as np

from posetune.synthetic.take import Recipe, Set


def test_photographs_become_backgrounds(egl):
    photo = np.full((50, 90, 3), (250, 20, 20), np.uint8)
    reddish = []
    for seed in range(4):
        stage = Set((8, seed), "stand", Recipe(size=96, photos=(photo,)))
        picture = stage.take(egl).picture.astype(int)
        reddish.append(np.median(picture[..., 0] - picture[..., 1]) > 60)
        assert (stage.place_name == "photo") == reddish[-1]
    assert any(reddish)
