"""The tuned file and what is said of it."""

from types import SimpleNamespace

import numpy as np
import pytest
from tests.helpers.standing import person

pytest.importorskip("torch")

from posetune.geometry import SIZE
from posetune.landmarks import INDEX
from posetune.tune.crop_protocol import Errors
from posetune.tune.run_folder import MODEL
from posetune.tune.training.result import Sides, TunedFile, write_tuned

NOBODY_FLIPS = Sides(10, 10, 8.0, 6.0, 0, 0)


def test_it_is_written_and_told_with_its_gain(tmp_path):
    file = TunedFile(b"content", 8.0, 6.0, 6.01, 0.002, NOBODY_FLIPS)
    said = []
    write_tuned(SimpleNamespace(folder=tmp_path, say=said.append), file)
    assert (tmp_path / MODEL).read_bytes() == b"content"
    assert "mean 6.000 crop px on validation (before 8.000, -25.0%)" in said[0]
    assert "Left and right" not in said[0]
    figures = {"base_px": 8.0, "tuned_px": 6.0, "torch_px": 6.01, "file_difference_px": 0.002}
    assert file.figures() == figures | {"kept_people": 10, "kept_base_px": 8.0, "kept_tuned_px": 6.0}


def test_people_whose_sides_flip_are_told_apart():
    who = person({"right_knee": (170, 240), "right_ankle": (170, 300)})
    target = np.repeat(who.keypoints[None, :, :2], 4, axis=0)
    known = np.repeat(who.labelled[None], 4, axis=0)
    knees = [INDEX["left_knee"], INDEX["right_knee"]]

    def errors(off, flipped):
        found = target + (off, 0)
        for i in flipped:
            found[i, knees] = found[i, knees[::-1]]
        return Errors(found, target, known, SIZE)

    sides = Sides.of(errors(4, (0,)), errors(2, (0, 3)))
    assert (sides.people, sides.kept, sides.base_flips, sides.file_flips) == (4, 2, 1, 2)
    assert (sides.base_px, sides.file_px) == pytest.approx((4, 2))
    assert "1 people of 4 before and 2 after; on the 2 others 4.000 → 2.000 (-50.0%)" in sides.text()
    assert Sides.of(errors(4, range(4)), errors(2, ())).figures()["kept_base_px"] is None
