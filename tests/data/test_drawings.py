import cv2
import numpy as np
import pytest
from tests.helpers.figures import draw_person, room

from posetune.data.dataset import load_dataset
from posetune.data.drawings import SIDE, body_mask, drawing_measures, is_drawing
from posetune.geometry import Crop


@pytest.fixture(scope="module")
def people(sample):
    """Crops of people of the sample set's test split, which nothing was fitted to, with their landmarks in crop px."""
    people = [p for p in load_dataset(sample, "test").usable if np.isfinite(p.keypoints).all()][:40]
    return [(p.crop.cut(p.image.read(), SIDE), p.crop.to_crop(p.keypoints[:, :2], SIDE)) for p in people]


def posterised(view):
    smooth = cv2.medianBlur(view, 9)
    some = smooth.reshape(-1, 3).astype(np.float32)
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 5, 1.0)
    _, _, colours = cv2.kmeans(some[::7], 8, None, stop, 1, cv2.KMEANS_PP_CENTERS)
    nearest = ((some[:, None] - colours) ** 2).sum(-1).argmin(1)
    return cv2.medianBlur(colours[nearest].reshape(view.shape).astype(np.uint8), 7)


def test_rendered_people_pass_and_cartoons_of_them_do_not(people):
    assert np.mean([is_drawing(view, points) for view, points in people]) <= 0.1
    cv2.setRNGSeed(0)
    assert np.mean([is_drawing(posterised(view), points) for view, points in people[:12]]) >= 0.7


def test_a_figure_of_a_few_strokes_is_a_drawing():
    image = draw_person(room(SIDE, SIDE), (128, 128), 0.7)
    points = np.full((33, 2), 128.0)
    points[[11, 12, 23, 24]] = [[150, 62], [106, 62], [146, 128], [110, 128]]
    points[[25, 26, 27, 28]] = [[142, 177], [114, 177], [143, 222], [113, 222]]
    points[[0, 7, 8]] = [[128, 40], [136, 40], [120, 40]]
    points[[13, 14, 15, 16]] = [[156, 95], [100, 95], [160, 125], [96, 125]]
    assert is_drawing(image, points)


def test_odd_input_gives_numbers():
    black = np.zeros((SIDE, SIDE, 3), np.uint8)
    for points in (np.zeros((33, 2)), np.full((33, 2), 9000.0), np.full((33, 2), -50.0)):
        assert body_mask(points).any()
        assert np.isfinite(drawing_measures(black, points)).all()


def test_measures_do_not_change_when_the_crop_is_cut_again(people):
    view, points = people[0]
    same = Crop(SIDE / 2, SIDE / 2, SIDE, 0.0).cut(view, SIDE)
    np.testing.assert_allclose(drawing_measures(same, points), drawing_measures(view, points), atol=0.2)
