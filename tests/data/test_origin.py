"""Where labels come from, in the label file and back."""

from __future__ import annotations

import json

import pytest

from posetune.data.origin import Origin

SAID = {
    "network": "ab" * 32, "version": "0.1.0", "confidence": [0.9, None, 0.25], "reviewer": "kim", "status": "corrected",
}  # fmt: skip


def test_it_is_written_and_read():
    row = {"origin": SAID, "phase": "pull"}
    origin = Origin.of(row, range(3))
    assert (origin.network, origin.version, origin.reviewer, origin.status) == ("ab" * 32, "0.1.0", "kim", "corrected")
    assert origin.confidence == (0.9, None, 0.25)
    assert origin.other == {"phase": "pull"}
    assert json.loads(json.dumps(origin.to_row())) == row


def test_confidence_follows_its_points():
    assert Origin.of({"origin": SAID}, [2, None, 0]).confidence == (0.25, None, 0.9)


def test_labels_that_nobody_proposed_have_none():
    assert Origin.of({}, range(3)) == Origin()
    assert Origin().to_row() == {}


@pytest.mark.parametrize(
    "said",
    ["a video", {"camera": 3}, {"status": "good"}, {"confidence": [1, 2, 3]}, {"confidence": 0.5}, {"confidence": [0.5]},
     {"confidence": [True, 0, 0]}, {"network": 7}],
)  # fmt: skip
def test_an_origin_of_somebody_elses_is_kept_as_it_stands(said):
    origin = Origin.of({"origin": said}, range(3))
    assert origin == Origin(other={"origin": said})
    assert origin.to_row() == {"origin": said}
