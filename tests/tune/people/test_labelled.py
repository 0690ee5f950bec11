"""People of labelled sets."""

import json

import pytest

pytest.importorskip("torch")
from posetune.progress import Reporter


def test_images_of_other_splits_are_not_learnt_from(tmp_path):
    from posetune.synthetic.sample import write_sample
    from posetune.tune.config import load_config
    from posetune.tune.people.collect import _held_back, trainable_networks
    from posetune.tune.people.labelled import load_splits

    write_sample(tmp_path)
    config = load_config(None, {"data": str(tmp_path), "base": "lite", "out": str(tmp_path / "run")}, [])
    lite = trainable_networks("lite")
    held = _held_back(config, load_splits(config, lite, Reporter())[1])
    in_train = {p["file_name"] for p in json.loads((tmp_path / "annotations" / "train.json").read_text())["images"]}
    names = {str(path.relative_to((tmp_path / "images").resolve())) for path in held}
    everything = {str(p.relative_to(tmp_path / "images")) for p in (tmp_path / "images").rglob("*") if p.is_file()}
    assert names
    assert not names & in_train
    assert names | in_train == everything

    (tmp_path / "annotations" / "val.json").unlink()  # a part of train is kept for validation then
    train, val = load_splits(config, lite, Reporter())
    held = _held_back(config, val)
    assert {i.path.resolve() for i in val.images} <= held
    assert not {i.path.resolve() for i in train.images} & held
