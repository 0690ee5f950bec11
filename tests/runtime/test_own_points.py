"""What the outputs of a head say: the same place and confidence, whichever the head."""

import numpy as np
import pytest
from tests.helpers.heads import SKELETON

from posetune.errors import PosetuneError
from posetune.graph.points import OwnPoints
from posetune.runtime.own_points import OwnNetwork, decode

SIZE = 256
PLACE = (100.0, 60.0)


def described(head: str) -> OwnPoints:
    return OwnPoints(SKELETON, head, "lite")


def test_points_are_read_with_their_confidence():
    head = np.tile(np.array([*PLACE, 0.0], np.float32), SKELETON.count)[None]
    found = decode(described("regression"), [head], SIZE)
    np.testing.assert_allclose(found, np.tile([*PLACE, 0.5], (SKELETON.count, 1)))


def test_bins_give_the_middle_of_what_is_around_the_highest():
    bins = np.arange(2 * SIZE)[:, None].repeat(SKELETON.count, 1)
    columns, rows = (-(((bins / 2 - at) / 2) ** 2) / 2 for at in PLACE)
    found = decode(described("simcc"), [columns[None, None], rows[None, :, None]], SIZE)
    np.testing.assert_allclose(found[:, :2], np.tile(PLACE, (SKELETON.count, 1)), atol=0.05)
    assert (found[:, 2] > 0.95).all()


def test_a_network_with_mediapipes_points_has_none_of_its_own(lite):
    with pytest.raises(PosetuneError, match="no others"):
        OwnNetwork(lite, 1)
