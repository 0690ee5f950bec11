"""A teacher's labels: what its views do not agree on is not trusted."""

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")
from posetune.data.people import ImageRecord
from posetune.data.teacher import VIEWS, View, pseudo_labels
from posetune.geometry import Crop


def test_what_the_views_do_not_agree_on_is_not_trusted(lite_landmarker, unlabelled):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (320, 240, 3), dtype=np.uint8)
    record = ImageRecord("noise", None, 240, 320, "noise")
    crop = lite_landmarker.predict(cv2.imread(str(unlabelled / "person0.png"))[..., ::-1], 1)[0].crop
    labels = pseudo_labels(lite_landmarker, [(record, crop)], lambda _: noise)
    assert not labels.believable[0]
    assert labels.trust[0].mean() < 0.3


def test_a_view_moves_turns_and_scales_in_the_crops_own_frame():
    crop = Crop(100, 50, 200, np.radians(90))  # its right is the image's down, its down the image's left
    view = View(turn=-90, scale=0.5, mirrored=True, right=0.1, down=0.2).of(crop)
    assert (view.cx, view.cy) == pytest.approx((60, 70))
    assert (view.side, view.angle, view.mirror) == (100, pytest.approx(0), True)
    assert len({v.of(crop) for v in VIEWS}) == len(VIEWS)
