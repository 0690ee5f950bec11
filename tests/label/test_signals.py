"""What speaks for an image."""

import cv2
import numpy as np
import pytest
from tests.helpers.arms import moving

from posetune.data.people import ImageRecord
from posetune.label.signals import Looker, PersonSignals, signals_of


@pytest.fixture(scope="module")
def looker(lite_landmarker):
    return Looker.of(lite_landmarker, lite_landmarker, ["lite"])


def test_signals_of_a_person_come_back_from_a_row(looker):
    (found,) = looker.look(moving(1)[0], None)
    assert found.views >= 0
    assert found.models < found.views + 5  # one network beside itself
    assert 0 <= found.doubt <= 1
    assert found.bones.shape == (10,)
    again = PersonSignals.of_row(found.to_row())
    assert again.to_row() == found.to_row()


def test_an_image_is_looked_at_once(looker, tmp_path):
    images = []
    for i, rgb in enumerate(moving(2)):
        cv2.imwrite(str(tmp_path / f"{i}.png"), rgb[:, :, ::-1])
        images.append((ImageRecord(i, tmp_path / f"{i}.png", 0, 0, "g"), None))
    (tmp_path / "bad.png").write_bytes(b"no picture")
    images.append((ImageRecord(2, tmp_path / "bad.png", 0, 0, "g"), None))
    steps = []
    first = list(signals_of(looker, images, tmp_path / "kept", lambda: steps.append(1)))
    assert [found is None for _, found in first] == [False, False, True]
    assert len(steps) == 3

    class NeverAsked:
        name = looker.name

        def look(self, rgb, crops):
            raise AssertionError("asked again")

    again = list(signals_of(NeverAsked(), images[:2], tmp_path / "kept", lambda: None))
    assert [p.to_row() for _, found in again for p in found] == [p.to_row() for _, found in first[:2] for p in found]
    cv2.imwrite(str(tmp_path / "0.png"), np.zeros((240, 320, 3), np.uint8))  # another picture of that name
    (changed,) = signals_of(looker, images[:1], tmp_path / "kept", lambda: None)
    assert changed[1] == []
