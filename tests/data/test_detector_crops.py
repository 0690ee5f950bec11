"""Crops from a detector, for labels that imply none."""

import dataclasses
from types import SimpleNamespace

import cv2
import numpy as np

from posetune.data.detector_crops import completed, imply_crops, match_crops, people_without_crops, why_no_crop
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.geometry import Crop
from posetune.skeleton import BLAZEPOSE, infer

BAR = infer(["barbell_left", "barbell_right"])


def person(number, points, skeleton=BAR):
    keypoints = np.column_stack([points, np.full(len(points), 2.0)])
    return Person(number, ImageRecord(1, None, 400, 400, "g"), keypoints, skeleton=skeleton)


def test_a_crop_serves_the_person_whose_points_it_holds():
    left, right = person(1, [[40, 100], [80, 100]]), person(2, [[300, 100], [340, 100]])
    crops = [Crop(320, 100, 120), Crop(60, 100, 120), Crop(60, 100, 300)]
    assert match_crops([left, right], crops) == [crops[1], crops[0]]
    assert match_crops([left, left], crops[1:2]) == [crops[1], None]
    assert match_crops([left], []) == [None]
    assert match_crops([person(3, [[900, 900], [950, 900]])], crops) == [None]


def test_which_sets_imply_a_crop_of_the_whole_person():
    assert imply_crops(BLAZEPOSE)
    assert not imply_crops(BAR)
    torso = infer(["left_hip", "right_hip", "left_shoulder", "right_shoulder"])
    assert not imply_crops(torso)
    assert imply_crops(infer([*torso.names, "left_knee", "right_knee"]))


def test_a_seen_crop_wins_and_who_needs_one():
    torso = infer(["left_hip", "right_hip", "left_shoulder", "right_shoulder"])
    someone = person(1, [[90, 200], [60, 200], [95, 100], [55, 100]], torso)
    assert someone.crop is not None
    seen = dataclasses.replace(someone, seen_crop=Crop(75, 200, 500))
    assert seen.crop == Crop(75, 200, 500)
    dataset = Dataset(
        "d", (someone.image,), (someone, dataclasses.replace(someone, ignore=True)), (), (), None, (), torso
    )
    assert people_without_crops(dataset) == [0]


class Detector:
    """Finds one crop in every picture."""

    def detect(self, rgb):
        return [SimpleNamespace(crop=Crop(50, 50, 200))]


def test_upper_bodies_get_the_detectors_crop_and_single_people_that_are_cut_do_not(tmp_path):
    cv2.imwrite(str(tmp_path / "a.png"), np.zeros((100, 100, 3), np.uint8))
    image = ImageRecord(1, tmp_path / "a.png", 100, 100, "g")
    upper = np.zeros((33, 3))
    upper[[0, 11, 12], :2] = [[50, 10], [60, 40], [40, 40]]
    upper[[0, 11, 12], 2] = 2
    whole = upper.copy()
    whole[[23, 24]] = [[55, 90, 2], [45, 90, 2]]

    def a_set(*keypoints):
        return Dataset("d", (image,), tuple(Person(i, image, k) for i, k in enumerate(keypoints)), (), (), tmp_path)

    said = []
    dataset = completed(a_set(upper), Detector(), said.append)
    assert dataset.people[0].crop == Crop(50, 50, 200)
    assert "nobody has a labelled hip" in said[0]
    mostly_whole = a_set(whole, whole, upper)
    assert completed(mostly_whole, Detector(), said.append) is mostly_whole
    assert why_no_crop(mostly_whole.people) == "1 of 3 people have no labelled hip"
