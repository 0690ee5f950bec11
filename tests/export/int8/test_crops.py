"""Whom an int8 network is fitted on, and whom it is measured on."""

import pytest

pytest.importorskip("torch")

from posetune import stock
from posetune.errors import PosetuneError
from posetune.export.int8 import crops
from posetune.progress import Reporter


def test_people_fitted_on_are_not_measured_on(drawn_set, monkeypatch):
    monkeypatch.setattr(crops, "_FEWEST", 2)
    lite, said = stock.resolve("lite"), []
    found = crops.load(drawn_set, lite.landmarks, lite.detector, 0, Reporter(said.append))
    fit, check = ({subject.image.path.name for subject in people} for people in (found.fit, found.check))
    assert (len(fit), len(check)) == (4, 2)
    assert not fit & check
    assert found.labelled
    assert found.fit_crops(64).shape == (4, 64, 64, 3)
    assert "Calibrating on 4 and measuring on 2 labelled people" in said[-1]


def test_too_few_people_are_told_with_their_number(drawn_set):
    lite = stock.resolve("lite")
    with pytest.raises(PosetuneError, match="has 4 people to calibrate on and 2 others"):
        crops.load(drawn_set, lite.landmarks, lite.detector, 0, Reporter())
