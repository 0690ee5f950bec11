import numpy as np
import pytest

from posetune import stock
from posetune.data.dataset import load_dataset
from posetune.errors import PosetuneError
from posetune.progress import Reporter
from posetune.runtime.load import load
from posetune.tune.detector import fit as fitting
from posetune.tune.detector.fit import fit_of
from posetune.tune.detector.material import Material
from posetune.tune.detector.scenes import scenes_of
from posetune.tune.people.samples import ImageCache
from posetune.tune.run import Run
from posetune.tune.run_folder import RunFolder


@pytest.fixture
def run(tmp_path):
    said = []
    return Run(None, RunFolder(tmp_path), None, ImageCache(), Reporter(said.append)), said


@pytest.fixture(scope="module")
def material(sample):
    dataset = load_dataset(sample, "ordinary")
    return Material([], [], scenes_of(dataset)[:3], [], dataset)


def test_the_same_detector_twice_fits_the_same(run, material):
    detector = stock.detector_of("stock")
    fit = fit_of(run[0], material, (detector, detector), threads=1)
    assert fit.people > 0
    assert 0 < fit.base == fit.tuned < 1
    assert str(fit) in run[1][0]


def test_errors_are_of_the_labelled_points_in_torsos(material):
    image = material.val[0].image
    people = [p for p in material.val_set.people if p.image is image and not p.ignore]
    rgb = image.read()
    poses = load("full", threads=1).predict(rgb)
    errors = fitting._errors(people, poses)
    assert np.nanmin(errors) < 0.5
    assert np.isnan(fitting._errors(people, [])).all()


def test_without_a_landmark_network_it_is_said(run, material, monkeypatch):
    def nothing(name):
        raise PosetuneError("no network")

    monkeypatch.setattr(fitting, "resolve", nothing)
    assert fit_of(run[0], material, (b"", b"")) is None
    assert "no network" in run[1][0]
