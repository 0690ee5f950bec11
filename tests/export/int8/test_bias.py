"""Bias correction."""

import pytest

torch = pytest.importorskip("torch")
from posetune.export.int8 import plan
from posetune.export.int8.bias import corrected
from posetune.export.int8.ranges import Watching, whole_scale
from posetune.export.int8.simulate import Simulated
from posetune.graph import int8


def test_bias_correction_brings_the_means_back(wide, images, seen):
    scales = {t: whole_scale(s) for t, s in seen.items()}
    layers = sorted(plan.landmark_places(wide) & set(int8.candidates(wide)) - plan.heads(wide))
    mended = corrected(wide, layers, scales, [images])
    with torch.no_grad():
        plain, before, after = (
            n(images, (0,))[0].reshape(3, 39, 5)[:, :33, :2]
            for n in (Watching(wide), Simulated(wide, layers, scales), Simulated(mended, layers, scales))
        )
    assert float((after - plain).abs().mean()) < float((before - plain).abs().mean())
