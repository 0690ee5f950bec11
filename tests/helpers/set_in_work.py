"""A set as posetune label makes it."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import cv2
import numpy as np

from posetune.data.origin import PRELABEL, VERIFIED, ImageOrigin, Origin
from posetune.data.people import Person
from posetune.label.labelled_set import SetFolder, add, empty
from tests.helpers import labelled


def in_work(path: Path, statuses=(PRELABEL, PRELABEL, VERIFIED)) -> SetFolder:
    """A set as posetune label makes it, of which some was looked at."""
    folder = SetFolder.open(path)
    content = empty("set")
    for number, status in enumerate(statuses):
        origin = ImageOrigin(f"{number}", "squat.mp4", "f" * 64, 10 * number, 0.5, status=status, predicted=1)
        image = dataclasses.replace(
            labelled.IMAGE, path=folder.images / f"squat_{number:06d}.jpg", group="clip:squat", origin=origin
        )
        cv2.imwrite(str(image.path), np.full((400, 400, 3), number, np.uint8))
        confidence = tuple(0.9 if known else None for known in labelled.true_keypoints()[:, 2])
        said = Origin("a" * 64, "1", confidence, status=status, points=("untouched",) * 33, other={"score": 0.9})
        person = Person(1, image, labelled.true_keypoints(), bbox=np.array([1.0, 2.0, 30.0, 40.0]), origin=said)
        add(content, folder.path, [image], [person])
    folder.write(content, content)
    return folder
