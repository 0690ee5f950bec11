"""Pictures and groups in more than one split."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from tests.helpers.figures import room
from tests.helpers.labelled import dataset

from posetune.data.checks.duplicates import copies, likenesses, shared_groups
from posetune.data.checks.pictures import CELLS, read_pictures
from posetune.data.people import ImageRecord


def test_groups_and_images_in_two_splits():
    other = ImageRecord(2, Path("b.png"), 400, 400, "scene")
    sets = [dataset(name="train"), dataset(images=(other,), name="val")]
    assert [f.kind for f in shared_groups(sets)] == ["shared_group"]
    assert copies(sets) == []
    again = [dataset(name="train"), dataset(name="val")]
    assert [(f.kind, f.split) for f in copies(again)] == [("duplicate_image", "val")]


def test_one_name_in_two_folders_is_no_leak_but_one_content_under_two_names_is(tmp_path):
    for name, content in (("a/0.jpg", b"one"), ("b/0.jpg", b"two"), ("b/1.jpg", b"one")):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    train, val, copy = (ImageRecord(1, tmp_path / n, 9, 9, n) for n in ("a/0.jpg", "b/0.jpg", "b/1.jpg"))
    assert copies([dataset(images=(train,), name="train"), dataset(images=(val,), name="val")]) == []
    found = copies([dataset(images=(train,), name="train"), dataset(images=(val, copy), name="val")])
    assert [(f.kind, f.image, f.beside, f.confidence) for f in found] == [("duplicate_image", copy, train, 1.0)]


def test_a_copy_in_its_own_split_is_told_but_is_no_leak(tmp_path):
    images = []
    for i in range(2):
        (tmp_path / f"{i}.jpg").write_bytes(b"same")
        images.append(ImageRecord(i, tmp_path / f"{i}.jpg", 9, 9, str(i)))
    found = copies([dataset(images=tuple(images), name="train")])
    assert len(found) == 1
    assert found[0].confidence < 1


def test_a_recoded_smaller_picture_is_found_in_the_other_split(tmp_path):
    sets = []
    for split, names in (("train", ("a", "b", "c")), ("val", ("d", "like-b"))):
        images = []
        for name in names:
            picture = room(160, 120)
            at = 20 * "abcd".index(name[-1])
            picture[10 + at // 2 : 50 + at // 2, 20 + at : 60 + at] = (200, 30, 30 + at)
            path = tmp_path / f"{name}.{'jpg' if len(name) > 1 else 'png'}"
            cv2.imwrite(str(path), cv2.resize(picture, (100, 75)) if len(name) > 1 else picture)
            images.append(ImageRecord(name, path, 160, 120, name))
        sets.append(dataset(images=tuple(images), name=split))
    looks = [read_pictures(s).looks for s in sets]
    found = likenesses(sets, looks)
    assert [(f.image.id, f.beside.id) for f in found] == [("like-b", "b")]
    assert 0.5 <= found[0].confidence < 1
    assert likenesses(sets, looks, found) == []


def test_the_number_of_pictures_that_are_compared_grows_with_the_set_not_with_its_square():
    """All pictures alike: the worst there is for hashing."""
    one = np.random.default_rng(0).normal(size=CELLS * CELLS).astype(np.float32)
    one = (one - one.mean()) / np.linalg.norm(one - one.mean())
    images = [tuple(ImageRecord(i, Path(f"{s}{i}.png"), 9, 9, f"{s}{i}") for i in range(600)) for s in "ab"]
    sets = [dataset(images=these, name=name) for these, name in zip(images, ("train", "val"), strict=True)]
    found = likenesses(sets, [np.tile(one, (600, 1))] * 2)
    assert len(found) == 600
