"""A small set to be sent to a CVAT server: one or two people an image, one image with nobody."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from posetune.data.dataset import load_dataset, write_coco
from posetune.data.origin import PRELABEL, Origin
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.label.cvat.server import Patience, Server
from tests.helpers.cvat_server import TOKEN

#: Nothing to wait for: the server of the tests is quick.
HASTY = Patience(answer_s=2, pauses_s=(0.01, 0.1), poll_s=0.001)


def write_set(folder: Path, images: int = 7) -> Dataset:
    (folder / "images" / "clip").mkdir(parents=True)
    rng = np.random.default_rng(5)
    records, people = [], []
    for number in range(images):
        path = folder / "images" / "clip" / f"clip_{number:06d}.png"
        cv2.imwrite(str(path), rng.integers(0, 255, (12, 16, 3), np.uint8))
        record = ImageRecord(number + 1, path, 16, 12, "clip")
        records.append(record)
        for _ in range((1, 2, 0)[number % 3]):
            keypoints = np.column_stack([rng.uniform(0, 12, (33, 2)).round(3), rng.integers(0, 3, 33)])
            keypoints[0, 2] = 2
            keypoints[keypoints[:, 2] == 0, :2] = 0
            origin = Origin(network="a" * 64, status=PRELABEL, confidence=(0.5,) * 33) if number % 2 else Origin()
            people.append(Person(10 * len(people) + 3, record, keypoints, origin=origin, bbox=np.array([1.0, 1, 9, 9])))
    write_coco(Dataset("small", tuple(records), tuple(people), (), (), folder), folder / "annotations" / "train.json")
    return load_dataset(folder, "train")


def connect(url: str, say=lambda _: None, patience: Patience = HASTY, token: str = TOKEN) -> Server:
    return Server(url, token, say, patience=patience)
