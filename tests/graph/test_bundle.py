"""Bundles: stored, aligned, repeatable; and what cannot be unpacked is said in one sentence."""

from __future__ import annotations

import io
import zipfile

import pytest
from tests.helpers.variants import zipped

from posetune.errors import PosetuneError
from posetune.graph import bundle

DETECTOR, LANDMARKS = b"d" * 101, b"l" * 1003


def test_members_are_stored_and_aligned():
    content = bundle.pack(LANDMARKS, DETECTOR)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.namelist() == ["pose_detector.tflite", "pose_landmarks_detector.tflite"]
        assert all(info.compress_type == zipfile.ZIP_STORED for info in archive.infolist())
        assert archive.testzip() is None
    assert content.index(DETECTOR) % 64 == 0
    assert content.index(LANDMARKS) % 64 == 0


def test_packing_repeats_to_the_byte_and_unpacks():
    content = bundle.pack(LANDMARKS, DETECTOR)
    assert content == bundle.pack(LANDMARKS, DETECTOR)
    assert bundle.unpack(content) == bundle.Bundle(DETECTOR, LANDMARKS)


def test_unpacking_takes_deflated_members(tmp_path):
    members = {bundle.DETECTOR_MEMBER: DETECTOR, bundle.LANDMARKS_MEMBER: LANDMARKS}
    file = tmp_path / "a.task"
    file.write_bytes(zipped(members, deflate=True))
    assert bundle.unpack(file) == bundle.Bundle(DETECTOR, LANDMARKS)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not a readable"),
        (b"PK\x03\x04 cut", "not a readable"),
        (bundle.pack(LANDMARKS, DETECTOR)[:-30], "not a readable"),
        (bundle.pack(LANDMARKS, DETECTOR).replace(b"ddd", b"dxd", 1), "not a readable"),
        (zipped({"hands.tflite": b"x"}), "no pose_detector.tflite and no pose_landmarks_detector.tflite"),
    ],
)
def test_bad_bundles_are_one_sentence(content, words):
    with pytest.raises(PosetuneError, match=words):
        bundle.unpack(content, "a.task")


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(PosetuneError, match="No such file"):
        bundle.unpack(tmp_path / "none.task")
