"""Whole sets that contradict the network are told, with the cause; sets that are right, or merely hard, are not."""

from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from tests.helpers.exif import with_exif

from posetune.data.contradictions import MOST_PEOPLE, find_contradiction, sample_of
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.data.picture_sizes import to_shown
from posetune.landmarks import COUNT, FLIP, INDEX

WIDTH, HEIGHT = 300, 200
RNG = np.random.default_rng(0)
#: Somebody upright who faces the camera, in torsos from the hips.
UPRIGHT = {
    "nose": (0, -1.3), "shoulder": (0.3, -1), "elbow": (0.4, -0.5), "wrist": (0.45, 0), "hip": (0.2, 0), "knee": (0.22, 0.8),
    "ankle": (0.22, 1.6),
}  # fmt: skip


def a_person(turned_away: bool = False) -> np.ndarray:
    """(33, 2) image px; unlabelled points too lie somewhere on the body."""
    points = np.tile([0.0, -0.5], (COUNT, 1))
    for name, (x, y) in UPRIGHT.items():
        for side, sign in (("left_", 1), ("right_", -1)) if name != "nose" else (("", 1),):
            points[INDEX[side + name]] = sign * (-x if turned_away else x), y
    size = RNG.uniform(25, 35)
    return points * size + RNG.uniform([90, 70], [240, 120])


class Network:
    """Finds whom it is told to, a little beside where they are."""

    def __init__(self, truth: dict[int, np.ndarray], noise: float = 1.5) -> None:
        self.truth, self.noise = truth, noise

    def predict(self, image: np.ndarray, most: int) -> list[SimpleNamespace]:
        points = self.truth.get(int(image[0, 0, 0]))
        return (
            [] if points is None else [SimpleNamespace(landmarks_px=points + RNG.normal(0, self.noise, points.shape))]
        )


@pytest.fixture
def pictures(tmp_path: Path) -> list[ImageRecord]:
    images = []
    for i in range(12):
        path = tmp_path / f"{i}.png"
        cv2.imwrite(str(path), np.full((HEIGHT, WIDTH, 3), i, np.uint8))
        images.append(ImageRecord(i, path, WIDTH, HEIGHT, str(i)))
    return images


def compare(pictures, mistake, away=lambda i: False, noise: float = 1.5):
    truth = {i: a_person(away(i)) for i in range(len(pictures))}
    people = []
    for i, image in enumerate(pictures):
        keypoints = np.zeros((COUNT, 3))
        for name in UPRIGHT:
            for side in ("left_", "right_") if name != "nose" else ("",):
                keypoints[INDEX[side + name], 2] = 2
        keypoints[:, :2] = mistake(truth[i], i) * (keypoints[:, 2:] > 0)
        people.append(Person(i, image, keypoints))
    dataset = Dataset("set", tuple(pictures), tuple(people), (), (), pictures[0].path.parent)
    return find_contradiction(dataset, Network(truth, noise), "full")


@pytest.mark.parametrize(
    ("mistake", "cause"),
    [
        (lambda p, i: np.column_stack([p[:, 0], HEIGHT - p[:, 1]]), "y counted from the bottom"),
        (lambda p, i: p[:, ::-1], "x and y exchanged"),
        (lambda p, i: p / [WIDTH, HEIGHT] * 100, "per cent"),
        (lambda p, i: p / [WIDTH, HEIGHT], "shares (0…1)"),
        (lambda p, i: p / 2, "multiplied by 2.00"),
        (lambda p, i: [WIDTH, HEIGHT] - p, "turned by 180°"),
    ],
)
def test_coordinates_that_are_none(pictures, mistake, cause):
    found = compare(pictures, mistake)
    assert cause in found.text
    assert "full is " in found.text


def test_left_and_right_as_the_viewer_sees_them(pictures):
    def as_seen(points, i):
        return points if i % 3 == 0 else points[FLIP]

    found = compare(pictures, as_seen, away=lambda i: i % 3 == 0)
    assert found.text == "8 of 12 people have left and right exchanged: were they labelled as the viewer sees them?"
    everybody = compare(pictures, lambda p, i: p[FLIP], away=lambda i: i % 3 == 0)
    assert "12 of 12" in everybody.text
    assert "names exchanged" in everybody.text


def test_a_part_of_the_set_with_a_mistake_is_told_but_does_not_contradict_as_a_whole(pictures):
    sides = compare(pictures, lambda p, i: p[FLIP] if i % 3 == 0 else p)
    assert sides.in_part
    assert sides.text.startswith("4 of 12 people have left and right exchanged, the others have not")
    half = compare(pictures, lambda p, i: p[FLIP] if i % 2 else p)
    assert half.in_part
    assert half.text.startswith("6 of 12 people have left and right exchanged, the others have not")
    upside_down = compare(pictures, lambda p, i: np.column_stack([p[:, 0], HEIGHT - p[:, 1]]) if i % 2 else p)
    assert upside_down.in_part
    assert "6 of 12 people fit only with y counted from the bottom" in upside_down.text


def test_names_in_another_order(pictures):
    order = np.arange(COUNT)
    limbs = [
        INDEX[f"{s}_{p}"] for p in ("shoulder", "wrist", "knee", "ankle", "elbow", "hip") for s in ("left", "right")
    ]
    order[limbs] = np.roll(limbs, 4)
    found = compare(pictures, lambda p, i: p[order])
    assert found.kind == "names"
    assert "is the list of names in another order" in found.text


def test_names_in_another_order_are_not_taken_for_exchanged_sides(pictures):
    """An order that is off by one exchanges sides, too."""
    order = np.arange(COUNT)
    labelled = [INDEX["nose"], *(INDEX[f"{s}_{p}"] for p in UPRIGHT if p != "nose" for s in ("left", "right"))]
    order[labelled] = np.roll(labelled, 1)
    assert compare(pictures, lambda p, i: p[order]).kind == "names"


def test_pictures_mirrored_back_are_not_taken_for_exchanged_sides(pictures):
    found = compare(pictures, lambda p, i: np.column_stack([WIDTH - p[:, 0], p[:, 1]]), away=lambda i: i % 2 == 0)
    assert "x counted from the right" in found.text


def test_labels_of_other_pictures(pictures):
    moved = compare(pictures, lambda p, i: p - p.min(axis=0))  # counted from a box
    assert moved.kind == "elsewhere"
    assert "full finds nobody near the labels: of 12 people they lie " in moved.text


def test_labels_turned_though_they_were_made_on_the_picture_as_shown(pictures):
    turned = []
    for i, image in enumerate(pictures):
        jpeg = cv2.imencode(".jpg", np.full((WIDTH, HEIGHT, 3), i, np.uint8))[1].tobytes()
        path = image.path.with_suffix(".jpg")
        path.write_bytes(with_exif(jpeg, 8))
        turned.append(ImageRecord(i, path, WIDTH, HEIGHT, str(i)))
    matrix = to_shown(8, HEIGHT, WIDTH)
    found = compare(turned, lambda p, i: p @ matrix[:, :2].T + matrix[:, 2])
    assert "not turned as EXIF turns the pictures" in found.text


def test_pictures_that_exif_transposes_are_named_rather_than_x_and_y_exchanged(pictures):
    transposed = []
    for i, image in enumerate(pictures):
        jpeg = cv2.imencode(".jpg", np.full((WIDTH, HEIGHT, 3), i, np.uint8))[1].tobytes()
        path = image.path.with_suffix(".jpg")
        path.write_bytes(with_exif(jpeg, 5))
        transposed.append(ImageRecord(i, path, WIDTH, HEIGHT, str(i)))
    assert "the labels turned as EXIF turns the pictures" in compare(transposed, lambda p, i: p[:, ::-1]).text


def test_good_labels_a_few_swaps_and_a_network_that_is_lost_are_no_contradiction(pictures):
    assert compare(pictures, lambda p, i: p) is None
    assert compare(pictures, lambda p, i: p[FLIP] if i < 3 else p) is None
    assert compare(pictures, lambda p, i: p, noise=60) is None
    assert compare(pictures[:3], lambda p, i: p[:, ::-1]) is None  # of three people nothing can be said


def test_a_sample_of_large_sets(pictures):
    keypoints = np.ones((COUNT, 3))
    people = tuple(Person(i, pictures[0], keypoints) for i in range(500))
    sample = sample_of(Dataset("set", tuple(pictures), people, (), (), Path(".")))
    assert len(sample) == MOST_PEOPLE
    assert sample[-1].id == 499
