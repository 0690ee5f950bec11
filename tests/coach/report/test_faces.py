from __future__ import annotations

from dataclasses import replace

import numpy as np
from tests.helpers.stick_figures import figure, pose, squatting

from posetune.coach.report.faces import Face, blur, face_of, faces_at
from posetune.landmarks import INDEX, REGIONS
from posetune.runtime.pose import Pose


def person(x: float = 100.0, y: float = 60.0, id: int = 1) -> Pose:
    found = pose(figure(0, squatting(0)), id)
    points = found.landmarks_px.copy()
    angles = np.linspace(0, 2 * np.pi, len(REGIONS["face"]), endpoint=False)
    for i, a in zip(REGIONS["face"], angles, strict=True):
        points[i, :2] = x + 12 * np.cos(a), y + 12 * np.sin(a)
    return replace(found, landmarks_px=points)


def test_the_face_is_covered_wholly():
    face = face_of(person())
    assert face is not None
    assert (round(face.x), round(face.y)) == (100, 60)
    assert face.radius > 12


def test_a_face_from_the_side_is_as_large_as_the_trunk_says():
    one = person()
    points = one.landmarks_px.copy()
    points[list(REGIONS["face"]), :2] = (100, 60)
    face = face_of(replace(one, landmarks_px=points))
    trunk = np.linalg.norm(points[INDEX["left_shoulder"], :2] - points[INDEX["left_hip"], :2])
    assert face.radius > 0.2 * trunk


def test_nothing_is_left_of_it_and_the_rest_stays():
    noise = np.random.default_rng(0).integers(0, 255, (120, 200, 3)).astype(np.uint8)
    canvas = noise.copy()
    blur(canvas, [Face(100, 60, 20), Face(-500, 10, 20), Face(199, 119, 30)])
    inside = canvas[50:70, 90:110].astype(float)
    assert inside.std() < 0.5 * noise[50:70, 90:110].std()
    assert (canvas[:, 10:60] == noise[:, 10:60]).all()


def test_who_is_missing_for_a_moment_is_blurred_where_they_were():
    frames = [(0.0, [person(100)]), (0.1, []), (0.2, [person(140), person(20, id=2)]), (5.0, [])]
    assert {round(f.x) for f in faces_at(frames, 0.1)} == {100, 20}
    assert {round(f.x) for f in faces_at(frames, 0.2)} == {140, 20}
    assert faces_at(frames, 5.0) == []
    # a picture between those that are known
    assert {round(f.x) for f in faces_at(frames, 0.15)} == {100, 20}
