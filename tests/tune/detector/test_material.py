import numpy as np
import pytest

from posetune.data.split_record import SplitRecord
from posetune.errors import PosetuneError
from posetune.progress import Reporter
from posetune.tune.detector.config import load_detector_config
from posetune.tune.detector.material import collect_scenes, unlabelled
from posetune.tune.detector.samples import Sample
from posetune.tune.detector.scenes import Circles
from posetune.tune.detector.score import Looked
from posetune.tune.people.samples import ImageCache
from posetune.tune.run import Run
from posetune.tune.run_folder import RunFolder


def opened(data, out, *assignments):
    out.mkdir()
    config = load_detector_config(None, {"data": str(data), "out": str(out)}, assignments)
    said = []
    return Run(config, RunFolder(out), None, ImageCache(), Reporter(said.append)), config, said


def test_what_is_learned_from_is_said_and_noted(pictures, tmp_path):
    run, config, said = opened(pictures, tmp_path / "run", "replay.sample_set=false", "val_pictures=2")
    material = collect_scenes(run, config)
    assert (len(material.train), len(material.val), material.held, material.ordinary) == (8, 2, [], [])
    assert len(material.val_set.images) == 4
    record = SplitRecord.of_run(run.folder.path)
    assert (len(record.trained_on), len(record.held_out)) == (8, 4)
    assert "8 pictures" in said[0]


def test_the_sample_set_is_held_without_teaching_its_labels(pictures, tmp_path):
    run, config, said = opened(pictures, tmp_path / "run")
    material = collect_scenes(run, config)
    assert len(material.held) > 100
    assert not any(len(scene.people) for scene in material.held)
    assert len(material.ordinary) > 10
    assert any(text.startswith("Replay") for text in said)


def test_a_folder_without_pictures_to_be_held_on_is_said(pictures, tmp_path):
    run, config, _ = opened(pictures, tmp_path / "run", f"replay.folder={tmp_path / 'none'}")
    with pytest.raises(PosetuneError, match="none"):
        collect_scenes(run, config)


def test_people_whom_nobody_labelled_are_told_of():
    hip = np.array([[100.0, 100.0]])
    one = Circles(hip, hip - [0, 20], hip - [0, 40])
    samples = [Sample(np.zeros((224, 224, 3), np.uint8), one, np.zeros((0, 4)), "base", "one")]

    def says(*hips):
        return unlabelled(Looked(tuple(samples), (), (np.array(hips, float),)), 1)

    assert "miss the others" in says((100, 100), (30, 30), (200, 30))
    assert "miss the others" not in says((100, 100))
