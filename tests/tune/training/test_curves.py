"""The course of a run as one picture."""

import cv2
import pytest

pytest.importorskip("matplotlib")

from posetune.tune.training.curves import draw_curves


def test_a_picture_even_of_a_run_that_hardly_began(tmp_path):
    steps = [
        {"kind": "step", "samples": 8 * i, "loss": {"loss": 2.0 / i, "points": 1.0 / i}, "lr": 1.0} for i in (1, 2)
    ]
    validations = [{"kind": "validation", "samples": 8 * i, "mean_px": 9.0 - i} for i in (0, 1)]
    for name, events in (("whole", [*steps, *validations]), ("begun", steps[:1])):
        draw_curves(events, tmp_path / f"{name}.png")
        assert cv2.imread(str(tmp_path / f"{name}.png")).shape[1] > 1000
    assert [p.name for p in sorted(tmp_path.iterdir())] == ["begun.png", "whole.png"]
