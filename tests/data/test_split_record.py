import cv2
import numpy as np
import pytest

from posetune.data.people import ImageRecord, Person
from posetune.data.split_record import SPLIT, SplitRecord, recorded


@pytest.fixture
def images(tmp_path):
    folder = tmp_path / "set" / "images"
    folder.mkdir(parents=True)
    random = np.random.default_rng(0)
    for name in "abc":
        cv2.imwrite(str(folder / f"{name}.png"), random.integers(0, 255, (40, 40, 3), dtype=np.uint8))
    return [ImageRecord(n, folder / f"{n}.png", 40, 40, n) for n in "abc"]


def people_of(images):
    return [Person(i, image, np.zeros((33, 3))) for i, image in enumerate(images)]


def test_images_are_known_by_their_content_wherever_they_stand(images, tmp_path):
    root = tmp_path / "set"
    a, b, _ = images
    record = SplitRecord("set", "train", "val", True, recorded([a, a], root), recorded([b], root))
    record.save(tmp_path)
    read = SplitRecord.of_run(tmp_path)
    assert read == record
    assert [(i.name, i.people) for i in read.trained_on] == [("images/a.png", 2)]
    root.rename(tmp_path / "elsewhere")
    moved = [ImageRecord(i.id, tmp_path / "elsewhere" / "images" / i.path.name, 40, 40, i.group) for i in images]
    moved[0].path.rename(moved[0].path.with_name("renamed.png"))
    moved[0] = ImageRecord("a", moved[0].path.with_name("renamed.png"), 40, 40, "a")
    assert read.learned_from(people_of(moved)).tolist() == [True, False, False]
    assert read.held_back(people_of(moved)).tolist() == [False, True, False]


def test_what_the_base_had_seen_counts_too(images, tmp_path):
    a, b, _ = images
    record = SplitRecord(None, "train", "val", False, recorded([a], None), (), recorded([b], None))
    assert record.learned_from(people_of(images)).tolist() == [True, True, False]


def test_files_that_are_gone_are_left_out_and_stop_nothing(images, tmp_path):
    images[1].path.unlink()
    record = SplitRecord("set", "train", "val", False, recorded(images, None), ())
    assert [i.people for i in record.trained_on] == [1, 1]
    assert record.learned_from(people_of(images)).tolist() == [True, False, True]


@pytest.mark.parametrize("content", [None, "", "[]", '{"data": 1}', '{"trained_on": [{"name": 1}]}'])
def test_a_run_without_it_says_nothing(tmp_path, content):
    if content is not None:
        (tmp_path / SPLIT).write_text(content)
    assert SplitRecord.of_run(tmp_path) is None
