"""The configuration of a detector's run."""

import pytest

from posetune.errors import PosetuneError
from posetune.tune.detector.config import load_detector_config

SOME = {"data": "set", "out": "run"}


def test_what_was_saved_is_read_back(tmp_path):
    config = load_detector_config(None, SOME, ["steps=7", "sample.mosaic=0"])
    assert config.steps == 7
    assert config.sample.mosaic == 0
    config.save(tmp_path / "train.yaml")
    assert load_detector_config(tmp_path / "train.yaml") == config


@pytest.mark.parametrize(
    ("given", "assignment", "says"),
    [
        ({"out": "run"}, "steps=7", "give --data"),
        ({"data": "set"}, "steps=7", "give --out"),
        (SOME, "others=some", "others wants"),
        (SOME, "stepz=7", "did you mean steps"),
        (SOME, "lr=-1", "lr wants"),
        (SOME, "blend=0", "blend wants"),
    ],
)
def test_what_is_wrong_is_named(given, assignment, says):
    with pytest.raises(PosetuneError, match=says):
        load_detector_config(None, given, [assignment])
