"""The picture of what was named."""

import cv2
import numpy as np
from tests.helpers.nameless import bodies

from posetune.data.names_preview import preview, write_preview
from posetune.data.people import ImageRecord, Person
from posetune.landmarks import NAMES


def test_each_point_is_drawn_in_the_colour_of_its_side(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.full((600, 600, 3), 60, np.uint8))
    image = ImageRecord(1, tmp_path / "a.png", 600, 600, "g")
    person = Person(1, image, np.column_stack([bodies(1)[0], np.full(33, 2.0)]))
    picture = preview([person] * 4, [n if n != "nose" else None for n in NAMES])
    assert picture.shape == (1280, 1920, 3)
    for colour in ((255, 140, 0), (0, 170, 255), (160, 160, 160)):
        assert (picture[:640, :640] == colour).all(axis=2).any()
    write_preview([person], NAMES, tmp_path / "names.jpg")
    assert cv2.imread(str(tmp_path / "names.jpg")).shape == (640, 1920, 3)
