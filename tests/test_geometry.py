import numpy as np
import pytest

from posetune.geometry import Crop, crop_from_circle, crop_from_labels, interior_angle, torso_px
from posetune.landmarks import INDEX


def standing():
    points, labelled = np.zeros((33, 3)), np.zeros(33, bool)
    for name, place in {
        "left_shoulder": (110, 50),
        "right_shoulder": (90, 50),
        "left_hip": (108, 100),
        "right_hip": (92, 100),
        "left_ankle": (100, 180),
    }.items():
        points[INDEX[name], :2] = place
        labelled[INDEX[name]] = True
    return points, labelled


@pytest.mark.parametrize("mirror", [False, True])
@pytest.mark.parametrize("angle", [0.0, 0.7, -2.9])
def test_to_crop_and_back(angle, mirror):
    crop = Crop(120, 80, 200, angle, mirror)
    points = np.random.default_rng(0).uniform(-50, 300, (7, 3))
    back = crop.to_image(crop.to_crop(points))
    np.testing.assert_allclose(back, points, atol=1e-9)
    np.testing.assert_allclose(crop.to_crop(np.array([120.0, 80.0])), [128, 128])


def test_a_positive_angle_turns_clockwise_on_the_screen():
    up = Crop(0, 0, 256, np.pi / 2).to_image(np.array([128.0, 0.0]))
    np.testing.assert_allclose(up, [128, 0], atol=1e-9)  # the crop's up is the image's right


def test_z_is_scaled_like_x():
    crop = Crop(0, 0, 512)
    assert crop.to_crop(np.array([0.0, 0.0, 10.0]))[2] == pytest.approx(5)


def test_the_crop_of_the_labels():
    crop = crop_from_labels(*standing())
    assert (crop.cx, crop.cy) == (100, 100)
    assert crop.angle == pytest.approx(0)
    assert crop.side == pytest.approx(2 * 1.25 * 1.1 * 80)  # the ankle is the farthest point


def test_no_crop_without_shoulders_or_hips_but_one_of_a_pair_will_do():
    points, labelled = standing()
    labelled[INDEX["left_shoulder"]] = False
    assert crop_from_labels(points, labelled) is not None
    labelled[INDEX["right_shoulder"]] = False
    assert crop_from_labels(points, labelled) is None


def test_the_circle_of_an_upside_down_person():
    crop = crop_from_circle(np.array([50.0, 50.0]), np.array([50.0, 90.0]))
    assert abs(crop.angle) == pytest.approx(np.pi)
    assert crop.side == pytest.approx(100)


def test_cut_samples_where_to_crop_points():
    image = np.zeros((200, 300, 3), np.uint8)
    image[60:63, 180:183] = 255
    for crop in (Crop(170, 70, 128, 0.5), Crop(170, 70, 128, -1.1, mirror=True)):
        x, y = crop.to_crop(np.array([181.0, 61.0]))
        cut = crop.cut(image, 256)
        ys, xs = np.nonzero(cut[..., 0] > 128)
        assert (xs.mean(), ys.mean()) == pytest.approx((x, y), abs=0.6)


def test_angles_and_torso():
    assert interior_angle([0, 1], [0, 0], [1, 0]) == pytest.approx(90)
    assert interior_angle([-1, 0], [0, 0], [5, 0]) == pytest.approx(180)
    assert np.isnan(interior_angle([0, 0], [0, 0], [1, 0]))
    points, labelled = standing()
    assert torso_px(points, labelled) == pytest.approx(np.hypot(18, 50))
    assert np.isnan(torso_px(points, np.zeros(33, bool)))
