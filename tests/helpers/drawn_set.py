"""A small COCO set of drawn people, each labelled where it was drawn."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import cv2
import numpy as np

from posetune.data.dataset import write_coco
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.landmarks import INDEX
from tests.helpers.figures import draw_person, room

Hip = tuple[float, float]
#: Joints of the figure that draw_person draws, relative to its hip; it faces us, so its left is on the right.
JOINTS = {"shoulder": (28, -98), "hip": (18, 0), "knee": (20, 75), "ankle": (22, 148)}
SIZE = (440, 400)


def keypoints_of(hip: Hip) -> np.ndarray:
    """(33, 3): x, y in image px and COCO's visibility, of a person drawn at scale 1 whose middle of the hips is at ``hip``."""
    keypoints = np.zeros((33, 3))
    for joint, (x, y) in JOINTS.items():
        keypoints[INDEX[f"left_{joint}"]] = hip[0] + x, hip[1] + y, 2
        keypoints[INDEX[f"right_{joint}"]] = hip[0] - x, hip[1] + y, 2
    return keypoints


def write_drawn_set(
    folder: Path, split: str, scenes: Iterable[float | Iterable[Hip]], area: float | None = None
) -> Dataset:
    """A split of pictures, written to the set folder ``folder``; each picture its own group.

    A scene: where the people's hips are, or x alone of one person.
    """
    images: list[ImageRecord] = []
    people: list[Person] = []
    (folder / "images").mkdir(exist_ok=True, parents=True)
    for number, hips in enumerate(scenes):
        picture = room(*SIZE)
        image = ImageRecord(number + 1, folder / "images" / f"{split}{number}.png", *SIZE, f"{split} scene {number}")
        for hip in [(hips, 220.0)] if isinstance(hips, (int, float)) else hips:
            picture = draw_person(picture, hip, arms=0.4)
            people.append(Person(len(people) + 1, image, keypoints_of(hip), area=area))
        cv2.imwrite(str(image.path), picture[..., ::-1])
        images.append(image)
    dataset = Dataset(split, tuple(images), tuple(people), (), (), folder)
    write_coco(dataset, folder / "annotations" / f"{split}.json")
    return dataset
