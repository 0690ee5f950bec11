"""The simulation is what LiteRT computes."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from posetune.backends.litert import Network as Lite
from posetune.export.int8 import plan
from posetune.export.int8.ranges import Watching, whole_scale
from posetune.export.int8.simulate import Simulated
from posetune.graph import int8


def test_simulation_is_what_litert_computes(wide, crops, images, seen):
    scales = {t: whole_scale(s) for t, s in seen.items()}
    # A few layers only: rounding ties, broken differently, grow into pixels behind fifty layers.
    layers = sorted(plan.landmark_places(wide) & set(int8.candidates(wide)))[20:26]
    lite = Lite(int8.quantised(wide, layers, scales), 1)
    with torch.no_grad():
        ours, plain = Simulated(wide, layers, scales)(images, (0,))[0], Watching(wide)(images, (0,))[0]
    theirs = np.stack([lite.run(c * np.float32(1 / 255))[0][0] for c in crops])
    ours, plain = (a.numpy().reshape(3, 39, 5)[:, :33, :2] for a in (ours, plain))
    theirs = theirs.reshape(3, 39, 5)[:, :33, :2]
    assert np.abs(theirs - plain).mean() > 0.02
    assert np.abs(theirs - ours).mean() < 0.3 * np.abs(theirs - plain).mean()
