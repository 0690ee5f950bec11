import os

import pytest

from posetune.errors import PosetuneError
from posetune.files import one_at_a_time, read_bytes, replacing, write_bytes


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


def test_what_must_outlive_a_power_cut_is_synced_with_its_folder(tmp_path, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda handle: synced.append(os.fstat(handle)))
    write_bytes(tmp_path / "cheap.bin", b"x")
    assert synced == []
    write_bytes(tmp_path / "kept.bin", b"x", durable=True)
    assert [state.st_ino for state in synced] == [path.stat().st_ino for path in (tmp_path / "kept.bin", tmp_path)]


def test_a_long_name_leaves_room_for_the_temporary_one(tmp_path):
    for name in ("あ" * 84, "x" * 251 + ".bin", "a." + "y" * 250):
        write_bytes(tmp_path / name, b"x")
    assert len(os.listdir(tmp_path)) == 3
    with pytest.raises(PosetuneError, match=r"too long.*Choose a shorter name"):
        write_bytes(tmp_path / ("x" * 300), b"x")


def test_one_process_at_a_time(tmp_path):
    lock = tmp_path / "lock"
    with one_at_a_time(lock, ""), pytest.raises(PosetuneError, match="first come"), one_at_a_time(lock, "first come"):
        pass
    assert os.listdir(tmp_path) == []
    with one_at_a_time(lock, "never"):
        pass


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="needs a device without end")
def test_a_device_is_not_read(tmp_path):
    with pytest.raises(PosetuneError, match=r"the image /dev/zero: it is a device"):
        read_bytes("/dev/zero", "the image")
    with pytest.raises(PosetuneError, match="No such file"):
        read_bytes(tmp_path / "none.tflite")
