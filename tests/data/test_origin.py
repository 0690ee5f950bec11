"""Where labels come from, in the label file and back."""

from __future__ import annotations

import json

import pytest

from posetune.data.origin import ImageOrigin, Origin

SAID = {
    "network": "ab" * 32, "version": "0.1.0", "confidence": [0.9, None, 0.25], "reviewer": "kim", "status": "corrected",
}  # fmt: skip


def test_it_is_written_and_read():
    row = {"origin": SAID, "status": "corrected", "phase": "pull"}
    origin = Origin.of(row, range(3))
    assert (origin.network, origin.version, origin.reviewer, origin.status) == ("ab" * 32, "0.1.0", "kim", "corrected")
    assert origin.confidence == (0.9, None, 0.25)
    assert origin.other == {"phase": "pull"}
    assert json.loads(json.dumps(origin.to_row())) == row


def test_confidence_follows_its_points():
    assert Origin.of({"origin": SAID}, [2, None, 0]).confidence == (0.25, None, 0.9)


def test_points_and_footage_are_kept():
    said = {**SAID, "points": ["moved", None, "untouched"], "source_sha256": "cd" * 32, "time_s": 1.5}
    origin = Origin.of({"origin": said}, [2, None, 0])
    assert (origin.points, origin.source_sha256, origin.time_s) == (("untouched", None, "moved"), "cd" * 32, 1.5)
    assert Origin.of(origin.to_row(), range(3)) == origin


@pytest.mark.parametrize(("former", "now"), [("proposed", "prelabel"), ("confirmed", "verified")])
def test_former_words_are_read(former, now):
    assert Origin.of({"origin": {"status": former}}, range(3)).status == now
    assert Origin.of({"status": former}, range(3)).to_row() == {"status": now, "origin": {"status": now}}


def test_the_plain_status_goes_before_and_both_agree_when_written():
    origin = Origin.of({"status": "verified", "origin": {**SAID, "status": "prelabel"}}, range(3))
    assert origin.status == "verified"
    assert origin.to_row()["origin"]["status"] == origin.to_row()["status"] == "verified"
    other = {"status": "prelabel", "origin": "a video"}
    assert Origin.of(other, range(3)).status == "prelabel"
    assert Origin.of(other, range(3)).to_row() == other
    assert Origin.of({"status": "shipped"}, range(3)).to_row() == {"status": "shipped"}


@pytest.mark.parametrize(
    ("status", "seen"),
    [(None, True), ("corrected", True), ("verified", True), ("prelabel", False), ("rejected", False)],
)
def test_what_may_be_learnt_from(status, seen):
    assert Origin(status=status).seen is seen


def test_an_images_facts_are_written_and_read():
    row = {"sha256": "ab", "source": "a.mp4", "frame": 7, "time_s": 0.25, "blind": True, "status": "prelabel"}
    origin = ImageOrigin.of({**row, "width": 3})
    assert origin.to_row() == row
    assert ImageOrigin.of({"frame": "7", "time_s": -1, "blind": 1, "sha256": 5, "status": "good"}) == ImageOrigin()


def test_labels_that_nobody_proposed_have_none():
    assert Origin.of({}, range(3)) == Origin()
    assert Origin().to_row() == {}


@pytest.mark.parametrize(
    "said",
    ["a video", {"camera": 3}, {"status": "good"}, {"confidence": [1, 2, 3]}, {"confidence": 0.5}, {"confidence": [0.5]},
     {"confidence": [True, 0, 0]}, {"network": 7}, {"points": ["seen", None, None]}, {"time_s": -1}],
)  # fmt: skip
def test_an_origin_of_somebody_elses_is_kept_as_it_stands(said):
    origin = Origin.of({"origin": said}, range(3))
    assert origin == Origin(other={"origin": said})
    assert origin.to_row() == {"origin": said}
