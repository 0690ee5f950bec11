"""Crops in MediaPipe's arithmetic: to a thousandth of a px those of geometry."""

import numpy as np
import pytest
from tests.helpers.figures import draw_person, room

from posetune.geometry import crop_from_circle
from posetune.runtime.rect import rect_from_circle

CENTRE, ON_CIRCLE = np.array([150.0, 190.0]), np.array([163.0, 60.0])


def test_it_is_the_crop_of_the_circle():
    crop, rect = crop_from_circle(CENTRE, ON_CIRCLE), rect_from_circle(CENTRE, ON_CIRCLE, (300, 380))
    assert (rect.cx, rect.cy, rect.side, rect.angle) == pytest.approx(
        (crop.cx, crop.cy, crop.side, crop.angle), abs=1e-3
    )
    points = np.random.default_rng(0).uniform(0, 256, (5, 3))
    np.testing.assert_allclose(rect.to_image(points), crop.to_image(points), atol=2e-3)
    picture = draw_person(room(300, 380), (150, 190))
    assert np.abs(rect.cut(picture).astype(int) - crop.cut(picture)).max() <= 3
    assert rect.object_scale == pytest.approx(crop.side, rel=1e-5)


def test_a_circle_without_radius_is_none():
    assert rect_from_circle(CENTRE, CENTRE, (300, 380)) is None
    assert rect_from_circle(np.array([np.nan, 1]), ON_CIRCLE, (300, 380)) is None
