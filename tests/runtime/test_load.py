"""A landmarker of a name, a run folder or a file."""

import pytest

from posetune import stock
from posetune.data.dataset import load_dataset
from posetune.errors import PosetuneError
from posetune.runtime.load import load, of_networks


def test_names_files_and_run_folders(corrector_run, renamed_full):
    assert load("lite", threads=1).name == "lite"
    assert load(renamed_full, threads=1).name == "my-network"
    assert load(corrector_run, threads=1).corrector is not None
    assert load(stock.resolve("lite"), threads=1).corrector is None
    assert of_networks(stock.resolve("lite"), name="mine", threads=1).name == "mine"


def test_a_detector_of_its_own_must_be_one(renamed_full):
    assert load("lite", detector="stock", threads=1).name == "lite"
    with pytest.raises(PosetuneError):
        load("lite", detector=renamed_full, threads=1)
    with pytest.raises(PosetuneError):
        load("lyte", threads=1)


def test_many_finds_people_whom_stock_misses(sample):
    """Lying, bent, seen from above: the sample set's hard scenes."""
    pictures = [image.read() for image in load_dataset(sample, "test").images[::10]]
    found = {}
    for name in ("stock", "many"):
        with load("lite", detector=name, threads=1) as landmarker:
            found[name] = sum(len(landmarker.detect(picture)) for picture in pictures)
    assert found["many"] > found["stock"]
