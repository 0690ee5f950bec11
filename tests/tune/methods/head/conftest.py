"""A set of people of the sample set, with points of its own."""

import pytest
from tests.helpers.own_points import NAMES, write_labels

from posetune.data.dataset import load_dataset


@pytest.fixture(scope="session")
def people(sample):
    complete = [p for p in load_dataset(sample, "ordinary_train").usable if p.labelled.all() and p.torso > 30]
    assert len(complete) >= 18
    return complete[:18]


@pytest.fixture(scope="session")
def folder(people, tmp_path_factory):
    root = tmp_path_factory.mktemp("own")
    (root / "images").mkdir()
    (root / "annotations").mkdir()
    write_labels(root, "train", people[:10], NAMES, list(range(7)))
    write_labels(root, "val", people[10:], NAMES, list(range(7)))
    return root
