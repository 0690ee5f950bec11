"""Contact sheets: what stands below the people is not cut off."""

from __future__ import annotations

import numpy as np
from tests.helpers.standing import person

from posetune.data.contact_sheet import contact_sheet
from posetune.data.people import ImageRecord
from posetune.opencv import cv2


def test_a_long_caption_is_wrapped(tmp_path):
    path = tmp_path / "a.png"
    cv2.imwrite(str(path), np.zeros((400, 400, 3), np.uint8))
    who = person(image=ImageRecord(1, path, 400, 400, "scene"))
    nothing = np.zeros(33, bool)

    def sheet(caption: str) -> np.ndarray:
        return contact_sheet([who], [who.keypoints], [nothing], [caption])

    short, long = (
        sheet("a.png, person 1"),
        sheet("a.png, person 1: " + "left_ankle is 2.31 torsos from where the network " * 3),
    )
    assert long.shape[0] > short.shape[0]
    caption = long[240:, :484].min(axis=2) < 128  # the dark letters below the pair of pictures
    lines = np.flatnonzero(caption.any(axis=1))
    assert np.diff(lines).max() > 3  # more than one line
    assert not caption[:, -6:].any()  # none runs out of the picture
