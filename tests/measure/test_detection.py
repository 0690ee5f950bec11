from types import SimpleNamespace

import numpy as np

from posetune.geometry import Crop
from posetune.measure.detection import DetectionTally, Labelled


def person(x, y, side, torso=20.0):
    return SimpleNamespace(
        crop=Crop(x, y, side),
        torso=torso,
        bbox=None,
        bbox_from=None,
        keypoints=np.zeros((33, 3)),
        labelled=np.zeros(33, bool),
    )


def pose(x, y, side, angle=0.0):
    return SimpleNamespace(crop=Crop(x, y, side, angle))


def detection(x, y, score):
    return SimpleNamespace(points_px=np.array([[x, y]] * 4, float), score=score)


def test_answers_are_counted_by_size_and_crops_compared():
    ignored = person(400, 400, 100)
    ignored.bbox = (380, 380, 40, 40)
    labelled = Labelled.of([person(100, 100, 75), person(200, 100, 250)], [ignored], (448, 448))
    poses = [pose(105, 100, 90, 0.1), pose(110, 100, 75), pose(400, 400, 75), pose(300, 300, 100)]
    hips = np.array([(p.crop.cx, p.crop.cy) for p in poses])
    tally = DetectionTally()
    tally.add(labelled, poses, hips, [detection(100, 100, 0.45), detection(200, 100, 0.95), detection(300, 300, 0.3)])
    found = tally.figures()
    assert (found.images, found.labelled, found.found, found.shared, found.duplicates, found.false) == (
        1,
        2,
        1,
        0,
        1,
        1,
    )
    sizes = {(s.from_px, s.to_px): (s.labelled, s.found, s.duplicates, s.false) for s in found.by_size}
    assert sizes[20.0, 40.0] == (1, 1, 1, 0)  # circles of 60 and 72 image px, halved
    assert sizes[40.0, 80.0] == (0, 0, 0, 1)
    assert sizes[80.0, 160.0] == (1, 0, 0, 0)
    assert found.crop is not None
    np.testing.assert_allclose(found.crop.side, 90 / 75)
    np.testing.assert_allclose(found.crop.centre, 5 / 75)
    np.testing.assert_allclose(found.crop.angle_deg, np.degrees(0.1))
    curve = {p.min_confidence: (p.recall, p.precision) for p in found.curve}
    assert curve[0.1] == (1.0, 2 / 3)
    assert curve[0.4] == (1.0, 1.0)
    assert curve[0.5] == (0.5, 1.0)
    assert found.to_json()["by_size"][-1]["to_px"] is None


def test_pictures_without_people_count_what_is_said_there():
    tally = DetectionTally()
    tally.add(Labelled.of([], [], (100, 100)), [pose(50, 50, 40)], np.array([[50.0, 50]]), [])
    found = tally.figures()
    assert (found.labelled, found.false, found.recall, found.precision, found.crop) == (0, 1, None, 0.0, None)
