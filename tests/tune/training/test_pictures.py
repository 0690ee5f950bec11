from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from posetune.data.people import ImageRecord
from posetune.geometry import Crop
from posetune.tune.crop_protocol import Errors
from posetune.tune.people.samples import Batch, ImageCache, Subject, Targets
from posetune.tune.training.pictures import of_batch, of_errors

GREEN, RED = (60, 200, 60), (230, 60, 60)


class Grey(ImageCache):
    def read(self, record):
        return np.full((100, 100, 3), 128, np.uint8)


def has(picture, colour, at):
    x, y = at
    return tuple(picture[y, x]) == colour


def test_a_batch_has_its_labels_on_it():
    points = torch.full((2, 33, 2), 32.0)
    weight = torch.zeros(2, 33)
    weight[0, 0] = 1
    unknown = torch.full((2, 33), torch.nan)
    batch = Batch(torch.full((2, 3, 64, 64), 0.5), Targets(points, weight, unknown, unknown), ("a", "b"))
    picture = of_batch(batch)
    assert picture.shape == (256, 512, 3)
    assert has(picture, GREEN, (128, 128))
    assert not has(picture, GREEN, (384, 128))  # nobody labelled it


def test_whoever_errs_most_comes_first_with_label_and_answer():
    target = np.full((2, 1, 2), 64.0)
    found = target + np.array([[[10.0, 0.0]], [[20.0, 0.0]]])
    someone = Subject(
        ImageRecord(1, Path("x"), 100, 100, "g"), Crop(50, 50, 100), np.zeros((1, 2)), np.ones(1), np.ones(1)
    )
    picture = of_errors(Errors(found, target, np.ones((2, 1), bool), 128), [someone, someone], Grey())
    assert has(picture, GREEN, (128, 128))
    assert has(picture, RED, (168, 128))
    assert has(picture, RED, (256 + 148, 128))
