"""Prelabels that nobody has seen, learnt from on request."""

from __future__ import annotations

import dataclasses
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("torch")
from tests.helpers import labelled

from posetune.data.dataset import write_coco
from posetune.data.origin import Origin
from posetune.data.people import ImageRecord, Person
from posetune.errors import PosetuneError
from posetune.landmarks import INDEX
from posetune.opencv import cv2
from posetune.tune.config import load_config
from posetune.tune.people.prelabels import prelabel_subjects


@pytest.fixture
def folder(tmp_path):
    """Four clips; in the first somebody was seen, in the others are prelabels."""
    people = []
    for i, status in enumerate((None, "prelabel", "prelabel", "prelabel")):
        path = tmp_path / "images" / f"{i}.png"
        path.parent.mkdir(exist_ok=True)
        cv2.imwrite(str(path), np.full((400, 400, 3), 90, np.uint8))
        confidence = [0.8] * 33
        confidence[INDEX["left_knee"]], confidence[INDEX["left_ankle"]] = 0.1, None
        origin = Origin(status=status, confidence=tuple(confidence))
        people.append(
            Person(i + 1, ImageRecord(i, path, 400, 400, f"clip{i}"), labelled.true_keypoints(), origin=origin)
        )
    dataset = dataclasses.replace(
        labelled.dataset(), images=tuple(p.image for p in people), people=tuple(people), root=tmp_path
    )
    write_coco(dataset, tmp_path / "annotations" / "train.json")
    return tmp_path


def test_they_are_weighted_by_confidence_and_none_is_of_a_group_of_val(folder):
    config = SimpleNamespace(data=str(folder), train_split="train")
    val = labelled.dataset(images=(dataclasses.replace(labelled.IMAGE, group="clip3"),))
    said = []
    subjects = prelabel_subjects(config, val, [], said.append)
    assert [s.image.path.name for s in subjects] == ["1.png", "2.png"]
    assert "2 people" in said[0]
    weight = subjects[0].weight
    places = [INDEX[n] for n in ("left_wrist", "left_knee", "left_ankle", "nose")]
    assert weight[places] == pytest.approx([0.8, 0, 0.5, 0])


def test_none_counts_more_than_somebody_seen(folder):
    config = SimpleNamespace(data=str(folder), train_split="train")
    few = SimpleNamespace(weight=np.ones(3))
    subjects = prelabel_subjects(config, labelled.dataset(images=()), [few], lambda _: None)
    assert all(s.weight.sum() == pytest.approx(3) for s in subjects)


def test_a_corrector_does_not_take_them(tmp_path):
    keys = {"data": str(tmp_path), "out": str(tmp_path / "run"), "method": "corrector"}
    with pytest.raises(PosetuneError, match="--use-prelabels"):
        load_config(None, keys, ["use_prelabels=true"])
    assert load_config(None, {**keys, "method": "full"}, ["use_prelabels=true"]).use_prelabels
