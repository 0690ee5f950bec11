"""Which pictures a set has, and how a file differs from what was labelled."""

import shutil

import pytest
from tests.helpers.review_set import write_review_set

from posetune.label.pictures import Pictures, group_of, look, natural

NAME = "clip_000000.jpg"
ROW = {"width": 400, "height": 440}


@pytest.fixture
def pictures(tmp_path):
    write_review_set(tmp_path, 2)
    return Pictures(tmp_path)


def test_names_are_in_natural_order():
    assert sorted(["a10.jpg", "a9.jpg", "b/1.jpg", "a.jpg"], key=natural) == ["a9.jpg", "a10.jpg", "a.jpg", "b/1.jpg"]
    assert [group_of(name) for name in ("clip_000012.jpg", "x/7.png", "solo.jpg")] == ["clip", "x/", "solo"]


def test_a_picture_as_it_was_labelled_has_no_problem(pictures):
    seen = look(pictures, NAME, {**ROW, "sha256": pictures.sha256(pictures.folder / NAME)})
    assert (seen.problem, seen.width, seen.height) == (None, 400, 440)
    assert look(pictures, NAME, {}).width == 400


def test_what_has_become_of_a_picture_is_told(pictures):
    folder = pictures.folder
    assert look(pictures, NAME, {**ROW, "sha256": "ab" * 32}).problem == "changed"
    assert look(pictures, NAME, {"width": 200, "height": 220}).problem == "resized"
    (folder / "bad.jpg").write_bytes(b"no picture")
    assert look(pictures, "bad.jpg", ROW).problem == "damaged"
    (folder / "deep").mkdir()
    shutil.move(folder / NAME, folder / "deep" / NAME)
    assert look(Pictures(folder.parent), NAME, ROW).problem == "moved"
    (folder / "deep" / NAME).unlink()
    assert look(Pictures(folder.parent), NAME, ROW).problem == "missing"


def test_a_changed_file_is_read_again(pictures):
    path = pictures.folder / NAME
    before = pictures.sha256(path)
    path.write_bytes(path.read_bytes() + b"!")
    assert pictures.sha256(path) != before
