"""The landmark network's outputs and the refinement by the heatmap."""

from __future__ import annotations

import numpy as np
import pytest

from posetune import stock
from posetune.errors import PosetuneError
from posetune.runtime.landmark_network import LandmarkNetwork, _find_outputs, refine, refine_unit, sigmoid

STOCK_SHAPES = [(1, 195), (1, 1), (1, 256, 256, 1), (1, 64, 64, 39), (1, 117)]


def points_at(x: float, y: float) -> np.ndarray:
    """One point, the others in the middle."""
    points = np.full((39, 5), 128, np.float32)
    points[0, :2] = x, y
    return points


def quiet() -> np.ndarray:
    return np.full((64, 64, 39), -20, np.float32)


def test_outputs_are_found_by_shape_in_any_order():
    assert _find_outputs(STOCK_SHAPES) == {
        "points": 0, "presence": 1, "segmentation": 2, "heatmap": 3, "world": 4
    }  # fmt: skip
    shuffled = [(1, 117), (1, 48, 48, 39), (1, 1, 1, 1), (1, 195), (1, 192, 192, 1)]
    assert _find_outputs(shuffled) == {
        "world": 0, "heatmap": 1, "presence": 2, "points": 3, "segmentation": 4
    }  # fmt: skip
    assert "segmentation" not in _find_outputs([s for s in STOCK_SHAPES if s[1:] != (256, 256, 1)])


def test_missing_outputs_are_named():
    with pytest.raises(PosetuneError, match="none for presence, world"):
        _find_outputs([STOCK_SHAPES[0], STOCK_SHAPES[3]])


def test_stock_network_runs_and_refuses_wrong_crops():
    network = LandmarkNetwork(stock.path("lite").read_bytes(), threads=1)
    output = network(np.full((256, 256, 3), 127, np.uint8))
    assert network.size == 256
    assert output.points.shape == (39, 5)
    assert output.heatmap.shape == (64, 64, 39)
    assert output.world.shape == (39, 3)
    assert output.segmentation is None  # unless asked for: tests/graph/test_trim.py
    assert 0 <= output.presence < 0.5
    again = network(np.full((256, 256, 3), 30, np.uint8))
    assert not np.array_equal(again.points, output.points)  # the first answer is a copy, not a view of a buffer
    for wrong in (np.zeros((224, 224, 3), np.uint8), np.zeros((256, 256, 3), np.float32)):
        with pytest.raises(PosetuneError, match="uint8"):
            network(wrong)


def test_refinement_leaves_points_alone_where_the_heatmap_is_unsure():
    heatmap = quiet()
    heatmap[20, 20, 0] = np.log(0.49 / 0.51)  # a sigmoid of .49
    points = points_at(82, 81)
    assert np.array_equal(refine(points, heatmap, 256), points)


def test_refinement_moves_to_the_weighted_mean_of_the_window():
    heatmap = quiet()
    heatmap[20, 20, 0] = heatmap[21, 22, 0] = 0.0  # sigmoid .5 each
    heatmap[20, 24, 0] = 5.0  # four columns from the point's cell: outside the 7×7 window
    refined = refine(points_at(82, 81), heatmap, 256)
    assert refined[0, :2] == pytest.approx([21 * 4, 20.5 * 4], abs=1e-3)
    assert refined[0, 2] == 128  # z is not the heatmap's business
    assert np.array_equal(refined[1:], points_at(82, 81)[1:])


def test_refinement_scales_with_the_crop():
    heatmap = np.full((48, 48, 39), -20, np.float32)
    heatmap[10, 12, 0] = 3.0
    assert refine(points_at(47, 41), heatmap, 192)[0, :2] == pytest.approx([48, 40], abs=1e-3)


@pytest.mark.parametrize("size", [256, 192])
def test_the_runtimes_refinement_is_the_same_in_sides_of_the_crop(size):
    rng = np.random.default_rng(0)
    heatmap = rng.normal(0, 2, (size // 4, size // 4, 39)).astype(np.float32)
    points = rng.uniform(0, size, (39, 5)).astype(np.float32)
    in_px, unit = refine(points, heatmap, size), refine_unit(points, heatmap, size)
    assert unit[:, :3] * size == pytest.approx(in_px[:, :3], abs=1e-4)
    assert np.array_equal(unit[:, 3:], points[:, 3:])
    if size == 256:  # a power of two: divided without rounding
        assert np.array_equal(unit[:, :3] * 256, in_px[:, :3])


def test_refinement_at_the_border_looks_at_what_there_is():
    heatmap = quiet()
    heatmap[0, 0, 0] = 3.0
    heatmap[63, 63, 0] = 9.0  # must not be reached by wrapping round
    assert refine(points_at(2, 3), heatmap, 256)[0, :2] == pytest.approx([0, 0], abs=1e-3)


@pytest.mark.parametrize(("x", "y", "moves"), [(-5, 20, False), (300, 20, False), (20, -5, False), (-3, 20, True)])
def test_points_off_the_map_stay(x, y, moves):
    """C++ truncates towards zero, so that a point less than one cell off the edge still counts as inside."""
    heatmap = quiet()
    heatmap[:, :, 0] = 3.0
    points = points_at(x, y)
    assert (refine(points, heatmap, 256)[0, 0] != points[0, 0]) == moves


def test_points_just_below_the_map_are_pulled_in_as_mediapipe_does():
    heatmap = quiet()
    heatmap[63, 30, 0] = 3.0
    assert refine(points_at(120, 258), heatmap, 256)[0, :2] == pytest.approx([120, 252], abs=1e-3)
    assert refine(points_at(120, 280), heatmap, 256)[0, 1] == 280


def test_refinement_does_not_touch_its_input():
    heatmap = quiet()
    heatmap[20, 20, 0] = 3.0
    points = points_at(82, 81)
    refine(points, heatmap, 256)
    assert np.array_equal(points, points_at(82, 81))


def test_sigmoid_does_not_overflow():
    with np.errstate(all="raise"):
        assert sigmoid(np.array([-1e6, 0, 1e6])).tolist() == pytest.approx([0, 0.5, 1])
