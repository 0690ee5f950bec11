"""Learnt from and measured by is what somebody has seen."""

from __future__ import annotations

import dataclasses
import json

import pytest
from tests.helpers import labelled
from tests.helpers.coco_labels import annotation, content

from posetune.data.dataset import load_train_and_val
from posetune.data.origin import ImageOrigin, Origin
from posetune.data.people import Dataset, ImageRecord, Person
from posetune.data.reviewed import labels_seen, prelabelled, seen
from posetune.errors import PosetuneError


def reviewed_set(*statuses: str | None) -> Dataset:
    """One image for each status, with one person."""
    images = tuple(
        dataclasses.replace(labelled.IMAGE, id=i, origin=ImageOrigin(status=None if s is None else "prelabel"))
        for i, s in enumerate(statuses)
    )
    people = tuple(
        Person(i + 1, image, labelled.true_keypoints(), origin=Origin(status=s))
        for i, (image, s) in enumerate(zip(images, statuses, strict=True))
    )
    return Dataset("set", images, people, (), (), labelled.IMAGE.path.parent)


def test_prelabels_and_rejected_people_are_left_out_and_said():
    said = []
    found = seen(reviewed_set(None, "corrected", "verified", "prelabel", "rejected"), said.append)
    assert [p.id for p in found.usable] == [1, 2, 3]
    assert [i.id for i in found.images] == [0, 1, 2]  # nobody looked at the others
    assert len(said) == 1
    assert "1 people whose prelabels nobody has seen and 1 who were rejected and 2 images" in said[0]


def test_beside_somebody_seen_a_prelabel_is_a_region_to_ignore():
    whole = reviewed_set("verified")
    beside = dataclasses.replace(whole.people[0], id=2, origin=Origin(status="prelabel"))
    found = seen(dataclasses.replace(whole, people=(*whole.people, beside)), lambda _: None)
    assert [p.ignore for p in found.people] == [False, True]


def test_an_image_without_anybody_counts_once_it_was_looked_at():
    empty = [dataclasses.replace(labelled.IMAGE, id=i, origin=ImageOrigin(status=s)) for i, s in
             enumerate(("prelabel", "verified", None))]  # fmt: skip
    dataset = dataclasses.replace(reviewed_set(None), images=(labelled.IMAGE, *empty))
    assert [i.origin.status for i in seen(dataset, lambda _: None).images] == [None, "verified", None]


def test_who_needs_labels_is_told_where_there_are_none():
    with pytest.raises(PosetuneError, match=r"all its 2 people are prelabels.*posetune annotate"):
        labels_seen(reviewed_set("prelabel", "rejected"), lambda _: None)
    assert len(labels_seen(reviewed_set("prelabel", "verified"), lambda _: None).usable) == 1


def test_nothing_is_said_of_an_ordinary_set():
    said = []
    dataset = reviewed_set(None, "verified")
    assert seen(dataset, said.append) is dataset
    assert not said


def test_prelabels_alone_without_what_is_held_back():
    whole = reviewed_set("prelabel", "verified", "prelabel")
    assert [p.id for p in prelabelled(whole, lambda image: image.id == 2).people] == [1]


def test_training_and_validation_are_read_without_prelabels(folder):
    rows = [annotation(id=1), annotation(id=2, status="prelabel"), annotation(id=3, status="rejected")]
    for split in ("train", "val"):
        (folder / "annotations" / f"{split}.json").write_text(json.dumps(content(annotations=rows)))
    said = []
    sets = load_train_and_val(folder, "train", "val", 0.2, 0, said.append)
    assert [[p.id for p in s.people if not p.ignore] for s in sets] == [[1], [1]]
    assert len(said) == 2


def test_facts_of_images_pass_through_files(folder):
    from tests.helpers.coco_labels import read

    from posetune.data.dataset import load_dataset, write_coco

    images = [{**content()["images"][0], "sha256": "ab", "time_s": 0.5, "frame": 3, "status": "prelabel"}]
    first = read(folder, content(images=images))
    write_coco(first, folder / "annotations" / "again.json")
    facts = ImageOrigin(sha256="ab", time_s=0.5, frame=3, status="prelabel")
    assert load_dataset(folder, "again").images[0].origin == facts
    assert ImageRecord(1, labelled.IMAGE.path, 1, 1, "g").origin == ImageOrigin()
