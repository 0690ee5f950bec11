"""Pictures that EXIF turns, and labels made on them as they are stored or shown."""

from __future__ import annotations

import cv2
import numpy as np
from tests.helpers.coco_labels import content, read
from tests.helpers.exif import with_exif
from tests.helpers.figures import room

from posetune.data.checks.exif import upright_in
from posetune.data.checks.pictures import read_pictures
from posetune.data.checks.repairs import findings_of
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.landmarks import INDEX


def person_at(image: ImageRecord, top: float, bottom: float) -> Person:
    keypoints = np.zeros((33, 3))
    for name, y in (("nose", top), ("left_hip", (top + bottom) / 2), ("left_ankle", bottom)):
        keypoints[INDEX[name]] = 30, y, 2
    return Person(1, image, keypoints)


def test_labels_made_on_the_picture_as_it_is_stored_are_told_from_those_on_the_turned_one(tmp_path):
    """Orientation 3, half a turn: the size tells nothing, where people stand tells."""
    path = tmp_path / "turned.jpg"
    path.write_bytes(with_exif(cv2.imencode(".jpg", room(60, 80))[1].tobytes(), 3))
    image = ImageRecord(1, path, 60, 80, "g")
    upside_down = Dataset("set", (image,), (person_at(image, 70, 10),), (), (), tmp_path)
    assert [f.kind for f in read_pictures(upside_down).findings] == ["exif"]
    upright = Dataset("set", (image,), (person_at(image, 10, 70),), (), (), tmp_path)
    assert read_pictures(upright).findings == []


def test_how_upright_somebody_stands():
    body = person_at(ImageRecord(1, None, 60, 80, "g"), 10, 70).keypoints  # type: ignore[arg-type]
    assert upright_in(body, np.eye(2)) > 0.99
    assert upright_in(body, -np.eye(2)) < -0.99
    assert upright_in(np.zeros((33, 3)), np.eye(2)) == 0


def test_a_label_file_with_the_size_as_it_is_stored_is_told_with_what_fits(folder):
    """Orientation 6: stored 120 × 100, shown 100 × 120."""
    path = folder / "images" / "a.jpg"
    path.write_bytes(with_exif(cv2.imencode(".jpg", room(120, 100))[1].tobytes(), 6))
    labels = content(images=[{"id": 1, "file_name": "a.jpg", "width": 120, "height": 100}])
    labels["annotations"][0]["keypoints"][3:6] = [115, 30, 2]
    dataset = read(folder, labels)
    (found,) = (f for f in findings_of(folder / "annotations" / "train.json", dataset) if f.kind == "exif")
    assert (
        "of 6 points 6 lie in the picture as it is stored, 5 as it is shown: they fit it as it is stored"
        in found.message
    )
    labels["images"][0].update(width=100, height=120)
    labels["annotations"][0]["keypoints"][3:6] = [60, 30, 2]
    assert findings_of(folder / "annotations" / "train.json", read(folder, labels)) == []
