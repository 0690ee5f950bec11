"""Image files are found under paths of other machines, in other spellings, behind links."""

import unicodedata
from pathlib import Path

import pytest

from posetune.data.formats.image_finder import ImageFinder
from posetune.errors import PosetuneError


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = tmp_path / "set" / "images"
    for name in ("a.jpg", "day1/b.jpg", "day2/b.jpg", "día 1/c.jpg"):
        path = folder / unicodedata.normalize("NFD", name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


@pytest.mark.parametrize(
    "name",
    ["..\\..\\label-studio\\upload\\4\\a.jpg", "C:\\Users\\me\\a.jpg", "/home/me/p/a.jpg", "frames/x/a.jpg", "s3://bucket/k/a.jpg",
     "/data/local-files/?d=images%2Fa.jpg", "https://x.example/u/a.jpg?token=1", "A.JPG", "/data/upload/3/9f8b7c6a-a.jpg"],
)  # fmt: skip
def test_the_one_picture_of_that_name_is_taken_and_said(images, name):
    finder = ImageFinder(images, "train")
    assert finder.find(name) == images / "a.jpg"
    assert "1 of 1 images are not where the label file says" in finder.notes()[0]


def test_a_drive_without_a_folder_is_no_part_of_the_name(images):
    assert ImageFinder(images, "train").find("D:a.jpg") == images / "a.jpg"


def test_of_several_the_one_whose_folder_fits_else_none(images):
    finder = ImageFinder(images, "train")
    assert finder.find("D:\\x\\day2\\b.jpg") == images / "day2" / "b.jpg"
    finder.find("/elsewhere/b.jpg")
    with pytest.raises(PosetuneError, match=r"b\.jpg \(2 times\)"):
        finder.complain(Path("train.json"))


def test_accents_composed_and_decomposed_are_the_same(images):
    finder = ImageFinder(images, "train")
    found = finder.find(unicodedata.normalize("NFC", "día 1/c.jpg"))
    assert found.exists()
    assert finder.notes() == []
    found = ImageFinder(images, "train").find("día 1/c.jpg")
    assert found.exists()


def test_links_are_followed_once(images, tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    (disk / "d.jpg").touch()
    (images / "linked").symlink_to(disk)
    (disk / "back").symlink_to(images)  # a circle
    assert ImageFinder(images, "train").find("/elsewhere/d.jpg") == images / "linked" / "d.jpg"
