"""The sample set that is shipped."""

import numpy as np
import pytest

from posetune.data.dataset import find_splits, load_dataset
from posetune.errors import PosetuneError
from posetune.synthetic.sample import ordinary_pictures, write_sample


def test_the_sample_set_is_complete_and_its_people_differ(tmp_path):
    counts = write_sample(tmp_path / "sample")
    assert (counts["train"], counts["val"]) == (240, 60)
    assert counts["test"] == 120
    assert counts["ordinary"] >= 60
    assert set(find_splits(tmp_path / "sample")) == set(counts)
    lengths = {}
    for split in ("train", "test", "ordinary"):
        dataset = load_dataset(tmp_path / "sample", split)
        assert len(dataset.usable) >= 0.9 * len(dataset.images)
        lengths[split] = {tuple(p.keypoints_3d[0].round(3)) for p in dataset.usable}
    assert not lengths["train"] & lengths["test"]
    assert write_sample(tmp_path / "sample") == counts  # again, over itself


def test_the_sample_set_refuses_a_folder_with_another_set(tmp_path):
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "dev.json").write_text("{}")
    with pytest.raises(PosetuneError, match="another data set"):
        write_sample(tmp_path)


def test_ordinary_pictures_can_be_had_without_writing_them():
    pictures = list(ordinary_pictures())
    assert len(pictures) >= 100
    assert pictures[0].shape == (320, 320, 3)
    assert pictures[0].dtype == np.uint8
