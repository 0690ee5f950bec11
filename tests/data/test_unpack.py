"""Archives from strangers."""

from __future__ import annotations

import stat
import zipfile

import pytest

from posetune.data import unpack as module
from posetune.data.unpack import is_zip, unpack
from posetune.errors import PosetuneError


def archive(tmp_path, *members: tuple[str, bytes]):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members:
            file.writestr(name, content)
    return path


def test_what_is_in_it_lies_in_the_folder(tmp_path):
    path = archive(tmp_path, ("annotations/train.json", b"{}"), ("images/a.png", b"x"))
    assert is_zip(path)
    unpack(path, tmp_path / "out")
    assert (tmp_path / "out" / "annotations" / "train.json").read_bytes() == b"{}"


@pytest.mark.parametrize("name", ["../a.txt", "/a.txt", "a/../../b.txt", "C:\\a.txt", "..\\a.txt"])
def test_names_that_climb_out_are_refused(tmp_path, name):
    path = archive(tmp_path, ("fine.txt", b"x"), (name, b"x"))
    with pytest.raises(PosetuneError, match="leads out of its folder"):
        unpack(path, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_links_and_doubles_are_refused(tmp_path):
    path = tmp_path / "a.zip"
    link = zipfile.ZipInfo("link")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(link, "/etc/passwd")
    with pytest.raises(PosetuneError, match="holds the link"):
        unpack(path, tmp_path / "out")
    with pytest.warns(UserWarning, match="Duplicate"):
        path = archive(tmp_path, ("a", b"1"), ("a", b"2"))
    with pytest.raises(PosetuneError, match="twice"):
        unpack(path, tmp_path / "out")


def test_bombs_are_refused_by_what_they_say_and_by_what_they_do(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_SMALL", 1000)
    path = archive(tmp_path, ("zeros", bytes(1_000_000)))
    with pytest.raises(PosetuneError, match="more than 100 times its size"):
        unpack(path, tmp_path / "out")
    monkeypatch.setattr(module, "_check_growth", lambda *_: None)  # an archive whose head lies
    with pytest.raises(PosetuneError, match="grows without end"):
        unpack(path, tmp_path / "out")


def test_damaged_ones_are_one_sentence(tmp_path):
    path = archive(tmp_path, ("a", b"content" * 100))
    path.write_bytes(path.read_bytes().replace(b"content"[:4], b"cxxx")[:-3])
    with pytest.raises(PosetuneError, match="cannot be unpacked"):
        unpack(path, tmp_path / "out")
