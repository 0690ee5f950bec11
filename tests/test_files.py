import os

import pytest

from posetune.errors import PosetuneError
from posetune.files import replacing, write_bytes


def test_a_failed_write_leaves_the_old_file_and_nothing_else(tmp_path):
    target = tmp_path / "a" / "file.bin"
    write_bytes(target, b"old")

    def fail():
        with replacing(target) as temporary:
            temporary.write_bytes(b"half")
            raise ValueError("the work failed")

    with pytest.raises(ValueError, match="the work failed"):
        fail()
    assert target.read_bytes() == b"old"
    assert os.listdir(target.parent) == ["file.bin"]


def test_a_full_disk_is_one_sentence(tmp_path, monkeypatch):
    def full(self, content):
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(PosetuneError, match="No space left"):
        write_bytes(tmp_path / "file.bin", b"x")
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PosetuneError, match="Cannot write"):
        write_bytes(tmp_path / "file" / "below.bin", b"x")
