"""How large activations get."""

import numpy as np
import pytest

pytest.importorskip("torch")

from posetune.export.int8.ranges import Seen, Watching, whole_scale


def test_the_scale_covers_everything_seen():
    seen = Seen(np.array([-1.0, 0.5]), np.array([0.25, 3.0]))
    assert seen.size.tolist() == [1, 3]
    scaled = seen.times(np.array([2.0, 0.5]))
    assert (scaled.low.tolist(), scaled.high.tolist()) == ([-2, 0.25], [0.5, 1.5])
    scale = whole_scale(seen)
    assert scale.step == pytest.approx(4 / 255)


def test_batches_seen_one_by_one_are_seen_as_one(wide, images, seen):
    apart = Watching(wide).watch([images[:1], images[1:]], (0,))
    assert len(apart) > 50
    for tensor, one in apart.items():
        np.testing.assert_allclose(one.low, seen[tensor].low, atol=1e-4)
        np.testing.assert_allclose(one.high, seen[tensor].high, atol=1e-4)
