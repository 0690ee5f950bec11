"""Everybody that a run of a head needs."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from tests.helpers.own_points import NAMES, run, write_labels

import posetune
from posetune.errors import PosetuneError


def test_points_without_hips_and_shoulders_take_the_detectors_crop(people, tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "annotations").mkdir()
    for split, chosen in (("train", people[:11]), ("val", people[11:])):
        write_labels(tmp_path, split, chosen, NAMES, [4, 5, 6])
    result, said = run(
        tmp_path, tmp_path / "run", "head.kind=regression", "head.stages=[head]", "head.frozen_passes=1", "head.views=1"
    )
    assert any("the detector looks for them" in s for s in said)
    assert np.isnan(result.stock_px)
    assert np.isfinite(result.tuned_px)
    assert posetune.load(result.run).network.described.skeleton.names == ("neck", "left_shin", "right_shin")
    with pytest.raises(PosetuneError, match="has no mask"):
        posetune.load(result.run, segmentation=True)
