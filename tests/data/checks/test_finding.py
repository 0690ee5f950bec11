"""What a finding says of itself, and in which order."""

from __future__ import annotations

import json
from pathlib import Path

from tests.helpers.labelled import dataset, true_keypoints

from posetune.data.checks.finding import Finding, by_confidence, name_of
from posetune.data.people import ImageRecord
from posetune.landmarks import INDEX


def test_as_json_names_image_person_and_points():
    person = dataset(true_keypoints()).people[0]
    finding = Finding("bones", "too long", 0.81234, "train", person.image, person, (INDEX["left_knee"],))
    assert json.loads(json.dumps(finding.to_json(Path(".")))) == {
        "kind": "bones", "split": "train", "image": "a.png", "person": 1, "points": ["left_knee"], "confidence": 0.812,
        "message": "too long",
    }  # fmt: skip
    assert Finding("order", "names").to_json(Path("."))["image"] is None


def test_images_are_named_within_the_set():
    image = ImageRecord(1, Path("/sets/mine/images/a/b.jpg"), 9, 9, "g")
    assert name_of(image, Path("/sets/mine")) == "images/a/b.jpg"
    assert name_of(image, Path("/elsewhere")) == "/sets/mine/images/a/b.jpg"


def test_the_surest_come_first_and_what_hinders_before_remarks():
    found = [Finding("visibility", "a", 0.9), Finding("missing", "b", 0.9), Finding("bones", "c", 0.95)]
    assert [f.message for f in by_confidence(found)] == ["c", "b", "a"]
