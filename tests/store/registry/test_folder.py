from __future__ import annotations

import errno
import os
import time
from pathlib import Path

import pytest

from posetune.errors import PosetuneError
from posetune.store.registry.folder import Folder


def test_a_file_is_made_once(tmp_path):
    place = Folder(tmp_path / "new", make=True)
    assert place.create("log/1", b"a")
    assert not place.create("log/1", b"b")
    assert place.read("log/1") == b"a"
    assert place.read("log/2") is None
    assert place.names("log") == ["1"]
    assert place.names("log", after="1") == []
    assert place.names("nothing") == []
    assert place.folders("") == ["log", "unfinished"]
    assert os.listdir(tmp_path / "new" / "unfinished") == []


@pytest.mark.parametrize(
    ("code", "says"),
    [(errno.ENOSPC, "disk is full"), (errno.EROFS, "let this program write"), (errno.ENOTSUP, "no hard links")],
)
def test_a_disk_that_does_not_take_it_is_one_sentence(tmp_path, monkeypatch, code, says):
    place = Folder(tmp_path)

    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "link", fail)
    with pytest.raises(PosetuneError, match=says):
        place.create("log/1", b"a")
    assert place.read("log/1") is None


def test_a_folder_that_is_gone_is_not_an_empty_one(tmp_path):
    place = Folder(tmp_path / "mounted", make=True)
    (tmp_path / "mounted").rmdir()
    with pytest.raises(PosetuneError, match="cannot be read"):
        place.names("log")


def test_what_a_killed_writer_left_is_removed_a_day_later(tmp_path):
    place = Folder(tmp_path)
    place.create("log/1", b"a")
    for name, age in (("old", 100_000), ("young", 10)):
        path = tmp_path / "unfinished" / name
        path.touch()
        os.utime(path, (time.time() - age,) * 2)
    place.create("log/2", b"b")
    assert os.listdir(tmp_path / "unfinished") == ["young"]


def test_that_nothing_can_be_written_is_found_out_beforehand(tmp_path, monkeypatch):
    place = Folder(tmp_path)
    place.check_writable()
    assert os.listdir(tmp_path / "unfinished") == []

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "touch", fail)
    with pytest.raises(PosetuneError, match="cannot be written: Read-only file system"):
        place.check_writable()
