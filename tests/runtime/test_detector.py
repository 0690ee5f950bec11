"""The detector: anchors, decoding, suppression, and people found where they were drawn."""

from __future__ import annotations

import numpy as np
import pytest
from tests.helpers.figures import draw_person, room

from posetune import stock
from posetune.errors import PosetuneError
from posetune.geometry import Crop
from posetune.runtime.detector import Detector, anchors, decode, merged_by_points, weighted_nms


@pytest.fixture(scope="module")
def detector() -> Detector:
    return Detector(stock.path("detector").read_bytes(), threads=1)


def box(x0: float, y0: float, x1: float, y1: float, point: float = 0.0) -> np.ndarray:
    return np.array([x0, y0, x1, y1] + [point] * 8, np.float32)


def test_anchors_are_mediapipes():
    grid = anchors(224)
    assert grid.shape == (28 * 28 * 2 + 14 * 14 * 2 + 7 * 7 * 6, 2)
    assert np.allclose(grid[:2], 0.5 / 28)
    assert np.allclose(grid[2], [1.5 / 28, 0.5 / 28])  # x runs first
    assert np.allclose(grid[28 * 28 * 2], [0.5 / 14, 0.5 / 14])
    assert np.allclose(grid[-6:], [6.5 / 7, 6.5 / 7])  # the three layers of stride 32 lie cell by cell


def test_decode_places_boxes_and_points_relative_to_the_anchor():
    raw = np.zeros((3, 12), np.float32)
    raw[1] = [22.4, 0, 44.8, 89.6, 11.2, 22.4, 0, 0, 0, 0, -22.4, 0]
    centre = np.array([[0.1, 0.1], [0.5, 0.25], [0.9, 0.9]], np.float32)
    boxes, scores = decode(raw, np.array([-3, 2, -0.01], np.float32), centre, 224, min_score=0.5)
    assert len(boxes) == 1
    assert boxes[0] == pytest.approx([0.5, 0.05, 0.7, 0.45, 0.55, 0.35, 0.5, 0.25, 0.5, 0.25, 0.4, 0.25])
    assert scores == pytest.approx([1 / (1 + np.exp(-2))])


def test_decode_drops_what_is_no_box():
    raw = np.zeros((3, 12), np.float32)
    raw[0, 2] = -5
    raw[1, 7] = np.nan
    boxes, _ = decode(raw, np.full(3, 500, np.float32), np.full((3, 2), 0.5, np.float32), 224, 0.5)
    assert len(boxes) == 1


def test_nms_merges_overlaps_into_the_weighted_mean_and_keeps_the_order():
    boxes = np.stack([box(0.5, 0.5, 0.9, 0.9, 0.7), box(0, 0, 0.4, 0.4, 0.2), box(0, 0, 0.4, 0.5, 0.3)])
    merged = weighted_nms(boxes, np.array([0.6, 0.9, 0.3], np.float32))
    assert [score for _, score in merged] == pytest.approx([0.9, 0.6])
    assert merged[0][0][:5] == pytest.approx([0, 0, 0.4, (0.4 * 0.9 + 0.5 * 0.3) / 1.2, 0.225])
    assert merged[1][0] == pytest.approx(boxes[0])


def test_nms_keeps_boxes_that_overlap_by_half_or_less():
    boxes = np.stack([box(0, 0, 0.4, 0.4), box(0, 0, 0.4, 0.19)])
    assert len(weighted_nms(boxes, np.array([0.9, 0.8]))) == 2
    assert weighted_nms(np.zeros((0, 12), np.float32), np.zeros(0)) == []


def test_nms_ends_with_boxes_without_area():
    boxes = np.stack([box(0.2, 0.2, 0.2, 0.2), box(0.1, 0.1, 0.3, 0.3)])
    assert len(weighted_nms(boxes, np.array([0.9, 0.8]))) == 1


@pytest.mark.parametrize(("width", "height"), [(400, 500), (900, 400), (400, 1100), (181, 207)])
def test_a_drawn_person_is_found_where_it_is_in_wide_and_tall_images(detector, width, height):
    hip, scale = (0.55 * width, 0.5 * height), min(width, height) / 450
    found = detector(draw_person(room(width, height), hip, scale))
    assert len(found) == 1
    assert found[0].score > 0.8
    assert np.linalg.norm(found[0].points_px[0] - hip) < 30 * scale
    assert found[0].crop is not None
    assert abs(np.degrees(found[0].crop.angle)) < 10
    assert 330 * scale < found[0].crop.side < 600 * scale


def test_the_crop_turns_with_the_person(detector):
    angle = np.radians(30)
    found = detector(draw_person(room(640, 640), (320, 320), 1.4, angle))
    assert found[0].crop is not None
    assert found[0].crop.angle == pytest.approx(angle, abs=np.radians(6))


def test_nobody_in_an_empty_room(detector):
    assert detector(room(320, 240)) == []


def test_other_networks_are_refused():
    with pytest.raises(PosetuneError, match="no BlazePose detector"):
        Detector(stock.path("lite").read_bytes())
    with pytest.raises(PosetuneError, match="LiteRT cannot run this pose detector"):
        Detector(b"\x1c\0\0\0TFL3" + bytes(200))


def test_in_a_crowd_people_are_told_apart_by_their_points():
    """Two whose boxes overlap, as they do wherever chests are close; each said by two anchors."""

    def said(x, radius):
        centre = np.array([x, 0.5])
        points = [centre + (0, 0.1), centre + (0, 0.1 - radius), centre - (0, 0.05), centre - (0, 0.1)]
        return np.concatenate([centre - 0.1, centre + 0.1, *points])

    boxes = np.array([said(0.50, 0.2), said(0.505, 0.2), said(0.56, 0.2), said(0.565, 0.2)], np.float32)
    scores = np.array([0.9, 0.8, 0.7, 0.6], np.float32)
    assert len(weighted_nms(boxes, scores)) == 1
    apart = merged_by_points(boxes, scores)
    assert len(apart) == 2
    np.testing.assert_allclose([box[4] for box, _ in apart], [0.502, 0.562], atol=1e-3)
    assert [score for _, score in apart] == pytest.approx([0.9, 0.7])


def test_windows_are_looked_at_by_several_threads_with_the_same_answers_in_order(detector):
    picture = draw_person(room(600, 400), (150, 200), 0.9)
    windows = [Crop(x, 200.0, 380.0) for x in (150.0, 480.0, 190.0, 300.0)]
    alone = detector.looks(picture, windows, 0.5, 0.001)
    spread = Detector(stock.path("detector").read_bytes(), threads=2).looks(picture, windows, 0.5, 0.001)
    assert [len(a.scores) for a in alone] == [len(a.scores) for a in spread]
    assert (alone[0].scores > 0.5).any()
    assert not (alone[1].scores > 0.5).any()
    for one, other in zip(alone, spread, strict=True):
        np.testing.assert_allclose(one.scores, other.scores, atol=1e-4)
        np.testing.assert_allclose(one.points_px, other.points_px, atol=0.05)


def test_an_error_in_one_window_is_raised(detector):
    two = Detector(stock.path("detector").read_bytes(), threads=2)
    with pytest.raises(AttributeError):
        two.looks(np.zeros((9, 9, 3), np.uint8), [Crop(4.0, 4.0, 9.0), None], 0.5, 0.001)
    assert len(two.looks(np.zeros((9, 9, 3), np.uint8), [Crop(4.0, 4.0, 9.0)] * 5, 0.5, 0.001)) == 5
