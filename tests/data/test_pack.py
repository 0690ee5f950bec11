"""A packed set is the set: the same people, the same crops, the same figures up to JPEG."""

from __future__ import annotations

import tarfile
from dataclasses import replace

import numpy as np
import pytest

pq = pytest.importorskip("pyarrow.parquet")

from posetune.cli import main
from posetune.data.answers import crop_answers
from posetune.data.dataset import find_splits, load_dataset
from posetune.data.pack import cut, pack
from posetune.errors import PosetuneError


@pytest.fixture(scope="module")
def packed(drawn_set, tmp_path_factory):
    out = tmp_path_factory.mktemp("packed") / "set"
    for split in ("train", "val"):
        pack(load_dataset(drawn_set, split), out, split, shard=3)
    return out


def test_it_is_read_as_a_set(packed, drawn_set):
    assert find_splits(packed) == ["train", "val"]
    assert [p.name for p in sorted(packed.glob("*.tar"))] == ["train-00000.tar", "train-00001.tar", "val-00000.tar"]
    there, here = load_dataset(drawn_set, "train"), load_dataset(packed, "train")
    assert [p.group for p in here.people] == [p.group for p in there.people]
    assert [p.labelled.tolist() for p in here.people] == [p.labelled.tolist() for p in there.people]
    for one, other in zip(here.people, there.people, strict=True):
        pixels, expected = (p.crop.cut(p.image.read()).astype(float) for p in (one, other))
        assert np.abs(pixels - expected).mean() < 3


def test_a_network_says_the_same_of_it(packed, drawn_set, lite_landmarker):
    errors = []
    for place in (packed, drawn_set):
        people = load_dataset(place, "train").people
        said = crop_answers({"": lite_landmarker}, people)[""].points_px[:, :, :2]
        distances = [
            np.linalg.norm(s - p.keypoints[:, :2], axis=1)[p.labelled] for s, p in zip(said, people, strict=True)
        ]
        off = [d.mean() / p.crop.side for d, p in zip(distances, people, strict=True)]
        errors.append(256 * np.mean(off))
    assert errors[0] == pytest.approx(errors[1], abs=0.5)


def test_the_tar_files_are_plain_ones(packed):
    with tarfile.open(packed / "train-00000.tar") as tar:
        names = tar.getnames()
        assert names[:2] == ["000000000.jpg", "000000000.json"]
        row = pq.read_table(packed / "train.parquet").to_pylist()[0]
        member = tar.getmember(row["name"])
        assert (member.offset_data, member.size) == (row["offset"], row["size"])
        assert tar.extractfile(names[0]).read(2) == b"\xff\xd8"


def test_large_people_are_made_smaller_and_labels_go_with_them(drawn_set):
    import cv2

    person = load_dataset(drawn_set, "train").people[0]
    rgb = person.image.read()
    factor = 3
    large = replace(person, keypoints=person.keypoints * [factor, factor, 1])
    moved, picture = cut(large, cv2.resize(rgb, None, fx=factor, fy=factor))
    assert max(picture.shape) < max(rgb.shape) * factor
    assert moved.crop.side == pytest.approx(288, abs=2)
    pixels, expected = moved.crop.cut(picture).astype(float), person.crop.cut(rgb).astype(float)
    assert np.abs(pixels - expected).mean() < 6


def test_what_is_damaged_or_missing_is_told(packed, tmp_path):
    import shutil

    copy = tmp_path / "copy"
    shutil.copytree(packed, copy)
    with (copy / "train-00001.tar").open("r+b") as file:
        file.truncate(600)
    with pytest.raises(PosetuneError, match="is cut off"):
        load_dataset(copy, "train").people[-1].image.read()
    (copy / "val-00000.tar").unlink()
    with pytest.raises(PosetuneError, match="lacks val-00000"):
        load_dataset(copy, "val")


def test_the_verb(drawn_set, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["data", "pack", str(drawn_set), str(out), "--shard", "2"]) == 0
    assert "train: 4 people in 2 files" in capsys.readouterr().out
    assert main(["data", "pack", str(drawn_set), str(out)]) == 2
    assert "has a packed split train already" in capsys.readouterr().err
    assert main(["data", "info", str(out)]) == 0
    assert "val: 2 images" in capsys.readouterr().out
