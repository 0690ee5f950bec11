"""Kinds of heads: torch and the file compute alike."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")
from tests.helpers.own_points import run


@pytest.mark.parametrize("kind", ["pool", "heatmap", "simcc"])
def test_every_kind_of_head_runs_alike_in_torch_and_in_the_file(kind, folder, tmp_path):
    arguments = (f"head.kind={kind}", "head.stages=[head]", "head.views=1", "head.frozen_passes=2")
    result, said = run(folder, tmp_path / "run", *arguments)
    best = next(float(s.split("mean ")[1].split(" ")[0]) for s in said if "frozen stage, best" in s)
    assert result.tuned_px == pytest.approx(best, abs=0.5)
