"""Labels come into the frame of the picture: resized, turned, sizes exchanged by the exporter; or are refused."""

import dataclasses
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.helpers.exif import with_exif

from posetune.data.label_frames import fit_to_pictures
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.data.picture_sizes import to_shown
from posetune.errors import PosetuneError
from posetune.landmarks import COUNT, FLIP

#: In px of the stored picture of 120 × 60.
POINTS = np.array([[5, 5], [110, 8], [90, 50], [30, 55], [60, 30.0]])


def a_set(
    folder: Path,
    points: np.ndarray,
    labelled: tuple[int, int],
    stored: tuple[int, int] = (120, 60),
    orientation: int = 1,
) -> Dataset:
    """Four pictures, ``stored`` (w, h) in their files, with the same five labelled points and a size in the label file."""
    jpeg = cv2.imencode(".jpg", np.full((*stored[::-1], 3), 90, np.uint8))[1].tobytes()
    images, people = [], []
    for i in range(4):
        path = folder / f"{i}.jpg"
        path.write_bytes(with_exif(jpeg, orientation) if orientation > 1 else jpeg)
        keypoints = np.zeros((COUNT, 3))
        keypoints[11 : 11 + len(points)] = np.column_stack([points, np.full(len(points), 2)])
        images.append(ImageRecord(i, path, *labelled, "g"))
        people.append(Person(i, images[-1], keypoints, bbox=np.array([0, 0, 60, 30.0]), area=100.0))
    return Dataset("set", tuple(images), tuple(people), (), (), folder)


def fitted(dataset: Dataset, strict: bool = True) -> tuple[np.ndarray, Dataset]:
    result = fit_to_pictures(dataset, where="train.json", strict=strict)
    assert all(p.image in result.images for p in result.people)
    return result.people[0].keypoints[11:16, :2], result


def test_what_fits_stays_as_it_is(tmp_path):
    dataset = a_set(tmp_path, POINTS, (120, 60))
    points, result = fitted(dataset)
    assert (points == POINTS).all()
    assert result.people == dataset.people
    assert result.warnings == ()


def test_resized_pictures_take_their_labels_with_them(tmp_path):
    points, result = fitted(a_set(tmp_path, POINTS * 2, (240, 120)))
    assert points == pytest.approx(POINTS)
    assert result.people[0].bbox == pytest.approx([0, 0, 30, 15])
    assert result.people[0].area == pytest.approx(25)
    assert (result.images[0].width, result.images[0].height) == (120, 60)
    assert len(result.warnings) == 1
    assert "4 images were resized after labelling (0.jpg is 120 × 60, labelled at 240 × 120)" in result.warnings[0]


@pytest.mark.parametrize("labelled", [(240, 120), (80, 40)])
def test_labels_that_are_in_the_pictures_frame_already_stay(tmp_path, labelled):
    """The exporter scaled the points and forgot the size."""
    many = np.random.default_rng(0).uniform([0, 0], [118, 58], (22, 2))
    result = fit_to_pictures(a_set(tmp_path, many, labelled), where="train.json", strict=True)
    assert result.people[0].keypoints[11:33, :2] == pytest.approx(many)
    assert "fit as they are" in result.warnings[0]


@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
@pytest.mark.parametrize("scale", [1, 3])
def test_labels_of_the_unturned_picture_are_turned_with_it(tmp_path, orientation, scale):
    _, result = fitted(a_set(tmp_path, POINTS * scale, (120 * scale, 60 * scale), orientation=orientation))
    matrix = to_shown(orientation, 120, 60)
    expected = np.zeros((COUNT, 2))
    expected[11:16] = POINTS @ matrix[:, :2].T + matrix[:, 2]
    if orientation in (5, 7):  # whoever labelled the mirror image exchanged left and right
        expected = expected[FLIP]
    assert result.people[0].keypoints[:, :2] == pytest.approx(expected)
    assert "turned with them" in result.warnings[0]


@pytest.mark.parametrize("orientation", [1, 6])
def test_an_exporter_that_exchanged_width_and_height(tmp_path, orientation):
    shown = POINTS[:, ::-1]  # in the picture of 60 × 120
    stored = (120, 60) if orientation == 6 else (60, 120)
    points, result = fitted(a_set(tmp_path, shown, (120, 60), stored, orientation))
    assert (points == shown).all()
    assert result.images[0].height == 120
    assert "width and height exchanged" in result.warnings[0]


def test_other_pictures_are_refused_or_told(tmp_path):
    dataset = a_set(tmp_path, POINTS, (100, 100))
    with pytest.raises(
        PosetuneError, match=r"4 of 4 images are not the pictures that were labelled \(0\.jpg is 120 × 60"
    ):
        fitted(dataset)
    points, result = fitted(dataset, strict=False)
    assert (points == POINTS).all()
    assert result.images[0].width == 100  # so that data check lists it
    assert len(result.warnings) == 1


def test_a_picture_that_was_turned_for_good_is_refused(tmp_path):
    """No EXIF tells which way, and the points do not fit the turned picture."""
    with pytest.raises(PosetuneError, match="not the pictures that were labelled"):
        fitted(a_set(tmp_path, POINTS + [10, 0], (120, 60), stored=(60, 120)))


def test_sizes_that_tell_nothing_are_said(tmp_path):
    points, result = fitted(a_set(tmp_path, POINTS, (120, 60), orientation=3))
    assert (points == POINTS).all()
    assert "labels are taken as made on the picture as it is shown" in result.warnings[0]


def test_a_label_file_without_sizes_and_one_pixel_of_rounding(tmp_path):
    dataset = a_set(tmp_path, POINTS, (0, 0))
    for size in ((0, 0), (121, 60)):
        images = tuple(dataclasses.replace(i, width=size[0], height=size[1]) for i in dataset.images)
        renewed = {id(a): b for a, b in zip(dataset.images, images, strict=True)}
        points, result = fitted(dataset.with_images(renewed, ()))
        assert (points == POINTS).all()
        assert (result.images[0].width, result.warnings) == (120, ())


@pytest.mark.parametrize("turned", [True, False])
def test_where_points_fit_either_way_most_people_stand_upright(tmp_path, turned):
    """Points within the square that both frames share; from shoulders to hips."""
    standing = np.zeros((14, 2))
    standing[[0, 1]], standing[[12, 13]] = [[20, 15], [40, 15]], [[22, 50], [38, 50]]
    standing[2:12] = [30, 20]
    # orientation 8: the stored picture is turned counterclockwise to be shown
    points = np.column_stack([60 - standing[:, 1], standing[:, 0]]) if turned else standing
    dataset = a_set(tmp_path, points, (120, 60), orientation=8)
    result = fit_to_pictures(dataset, where="train.json", strict=True)
    assert ("turned with them" in result.warnings[0]) == turned
    shoulders, hips = result.people[0].keypoints[11:13, 1], result.people[0].keypoints[23:25, 1]
    assert shoulders.mean() < hips.mean()
