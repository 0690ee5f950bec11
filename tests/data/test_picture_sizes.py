"""The size and the turn of pictures from the head of their files: as read_image gives them."""

import cv2
import numpy as np
import pytest
from tests.helpers.exif import with_exif

from posetune.data.picture_sizes import PictureSize, orientation_of, picture_size, to_shown
from posetune.runtime.images import read_image


def drawn(orientation: int) -> np.ndarray:
    image = np.zeros((40, 60, 3), np.uint8)
    image[6:14, 40:50] = 255
    return image


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_turned_jpeg(tmp_path, orientation):
    path = tmp_path / "a.jpg"
    path.write_bytes(with_exif(cv2.imencode(".jpg", drawn(orientation))[1].tobytes(), orientation, padding=2))
    size, image = picture_size(path), read_image(path)
    assert size == PictureSize(*image.shape[1::-1], orientation)
    assert size.stored == (60, 40)
    ys, xs = np.nonzero(image[..., 0] > 128)
    matrix = to_shown(orientation, 60, 40)
    assert matrix[:, :2] @ [45, 10] + matrix[:, 2] == pytest.approx([xs.mean() + 0.5, ys.mean() + 0.5], abs=0.6)


@pytest.mark.parametrize("suffix", [".png", ".webp", ".bmp", ".tiff", ".ppm"])
def test_other_kinds(tmp_path, suffix):
    path = tmp_path / f"a{suffix}"
    cv2.imwrite(str(path), drawn(1))
    assert picture_size(path) == PictureSize(60, 40)


def test_what_is_no_picture_has_no_size(tmp_path):
    assert picture_size(tmp_path / "gone.jpg") is None
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8\xff\xe0 no more")
    assert picture_size(tmp_path / "a.jpg") is None
    assert orientation_of(with_exif(b"\xff\xd8\xff\xda", 77)) == 1
