"""Equalisation changes nothing in float."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from posetune.export.int8.equalise import equalise, spaces
from posetune.export.int8.ranges import Watching

OUTPUTS = (0, 1, 3, 4)


def test_equalised_channels_are_alike_and_the_network_is_the_same(wide, images, seen):
    equal, factors = equalise(wide, {t: s.size for t, s in seen.items()}, strength=1.0)
    after = Watching(equal).watch([images], OUTPUTS)
    with torch.no_grad():
        pairs = zip(Watching(wide)(images, OUTPUTS), Watching(equal)(images, OUTPUTS), strict=True)
    for (before, now), limit in zip(pairs, (0.02, 1e-4, 0.02, 1e-4), strict=True):
        assert float((before - now).abs().max()) <= limit

    for tensor, factor in factors.items():
        if tensor in seen:
            np.testing.assert_allclose(seen[tensor].times(factor).high, after[tensor].high, rtol=1e-3, atol=1e-3)

    def spread(found, tensor):
        size = found[tensor].size
        return float(np.std(np.log(size[size > 0])))

    free = [s for s in spaces(wide) if not s.fixed and not s.clipped and s.tensors & seen.keys()]
    assert free
    gained = [spread(seen, t) - spread(after, t) for s in free for t in s.tensors if t in after]
    assert np.mean(gained) > 0.1


def test_outputs_and_the_input_are_never_scaled(wide):
    ends = {int(t) for t in (*wide.subgraph.inputs, *wide.subgraph.outputs)}
    assert ends <= {t for s in spaces(wide) if s.fixed for t in s.tensors}
