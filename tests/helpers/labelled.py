"""A person, labels of it, and answers to it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from posetune.data.dataset import Dataset, ImageRecord, Person
from posetune.landmarks import COUNT, FLIP, INDEX

IMAGE = ImageRecord(1, Path("a.png"), 400, 400, "scene")


PLACES = {
    "left_shoulder": (230, 100), "right_shoulder": (170, 100),
    "left_elbow": (250, 150), "right_elbow": (150, 150),
    "left_wrist": (260, 200), "right_wrist": (140, 200),
    "left_hip": (225, 180), "right_hip": (175, 180),
    "left_knee": (230, 240), "right_knee": (170, 240),
    "left_ankle": (230, 300), "right_ankle": (170, 300),
}  # fmt: skip


def true_keypoints() -> np.ndarray:
    keypoints = np.zeros((COUNT, 3))
    for name, (x, y) in PLACES.items():
        keypoints[INDEX[name]] = x, y, 2
    return keypoints


def dataset(*keypoints: np.ndarray, images: tuple[ImageRecord, ...] = (IMAGE,), name: str = "set") -> Dataset:
    people = tuple(Person(i + 1, IMAGE, k) for i, k in enumerate(keypoints))
    return Dataset(name, images, people, (), (), Path("."))


def answers(count: int, noise: float = 4.0, views: int = 2, visibility: float = 0.9) -> np.ndarray:
    """(views, count, 33, 4): the truth with a little noise."""
    points = np.zeros((views, count, COUNT, 4))
    points[..., :2] = true_keypoints()[:, :2] + np.random.default_rng(0).normal(0, noise, (views, count, COUNT, 2))
    points[..., 3] = visibility
    return points


def exchanged(region) -> np.ndarray:
    keypoints = true_keypoints()
    keypoints[region] = true_keypoints()[FLIP[region]]
    return keypoints
