"""Cameras and labels: exact projections, MediaPipe's axes, and who hides what. A renderer of two squares suffices."""

import numpy as np
import pytest
from tests.helpers.cameras import FRONT

from posetune.landmarks import INDEX
from posetune.synthetic.body import load
from posetune.synthetic.camera import Camera
from posetune.synthetic.label import label_people, ray_rotation, world_landmarks
from posetune.synthetic.mesh import Mesh, triangles_of
from posetune.synthetic.pose import Poser
from posetune.synthetic.shapes import box
from posetune.synthetic.software import SoftwareRenderer
from posetune.synthetic.surface import fields


def someone(move=lambda poser: None):
    body = load()
    poser = Poser(body, body.shape(np.zeros(body.people_scores.shape[1])))
    move(poser)
    posed, group = poser.posed(), body.groups["body"]
    mesh = Mesh(
        posed.vertices[group],
        triangles_of(body.quads["body"]),
        np.ones((group.stop, 4)),
        parts=fields().part[group],
        owner=1,
    )
    return posed, mesh


def labelled(things=(), move=lambda poser: None, camera=FRONT):
    posed, mesh = someone(move)
    renderer = SoftwareRenderer()
    truth = renderer.inspect([mesh, *things], camera)
    return label_people([posed], [[mesh]], truth, renderer, camera)[0]


def test_world_landmarks_of_someone_facing_the_camera():
    posed, _ = someone()
    world, hips = world_landmarks(load().landmarks(posed), FRONT)
    assert (world[INDEX["left_hip"]] + world[INDEX["right_hip"]]) / 2 == pytest.approx(0, abs=1e-9)
    assert world[INDEX["left_shoulder"], 0] > 0.1  # the person's left is on the image's right
    assert world[INDEX["nose"], 1] < -0.4  # y points down
    assert world[INDEX["nose"], 2] < world[INDEX["left_ear"], 2]  # z points away
    assert hips[2] == pytest.approx(4, abs=0.1)


def test_world_landmarks_do_not_depend_on_where_in_the_image_someone_is():
    posed, _ = someone()
    points = load().landmarks(posed)
    middle = world_landmarks(points, FRONT)[0]
    aside = world_landmarks(points, Camera.looking([0, -4, 1.0], [1.2, 0, 1.0], 50, 200, 200))[0]
    assert aside == pytest.approx(middle, abs=0.01)  # but for a little roll
    turn = ray_rotation(np.array([0.4, -0.2, 2.0]))
    assert turn @ turn.T == pytest.approx(np.eye(3), abs=1e-12)


def test_from_the_front_the_body_hides_nothing_of_arms_and_legs():
    label = labelled()
    for name in ("nose", "left_shoulder", "right_hip", "left_knee", "right_wrist", "left_foot_index", "mouth_left"):
        assert label.visibility[INDEX[name]] == 2, name
    assert label.in_frame.all()


def test_from_behind_the_face_is_hidden_by_the_head():
    label = labelled(camera=Camera.looking([0, 4, 1.0], [0, 0, 1.0], 50, 200, 200))
    for name in ("nose", "left_eye", "mouth_right"):
        assert label.self_occluded[INDEX[name]], name
        assert label.visibility[INDEX[name]] == 1
    assert not label.self_occluded[INDEX["left_knee"]]


def test_an_arm_behind_the_back_is_hidden_by_the_body():
    label = labelled(move=lambda p: p.reach("L", p.where("spine04") + [0, 0.2, 0]))
    assert label.self_occluded[INDEX["left_wrist"]]
    assert not label.object_occluded[INDEX["left_wrist"]]


def test_a_box_in_front_hides_what_is_behind_it_and_says_so():
    wall = box([2, 0.1, 0.6], (1, 1, 1)).transformed(np.eye(3), [0, -1, 0])
    label = labelled([wall.owned_by(100)])
    assert label.object_occluded[INDEX["left_ankle"]]
    assert not label.self_occluded[INDEX["left_ankle"]]
    assert not label.object_occluded[INDEX["nose"]]
    assert label.bbox[1] + label.bbox[3] < FRONT.project([[0, 0, 0.3]])[0, 1]


def test_points_outside_the_image_are_known_but_not_in_frame():
    label = labelled(camera=Camera.looking([0, -1.2, 1.5], [0, 0, 1.5], 40, 200, 200))
    foot = INDEX["left_foot_index"]
    assert not label.in_frame[foot]
    assert label.visibility[foot] == 0
    assert label.points_px[foot, 1] > 200
