"""Things by picture."""

import json

import pytest

from posetune.errors import PosetuneError
from posetune.runtime.by_picture import ByPicture, entries_of


def test_by_name_by_its_end_and_by_id():
    found = ByPicture(lambda name, frame: 7 if name == "seven.jpg" else None)
    found.add("a", {}, "sets/train/a.jpg", "")
    found.add("b", {"frame": 3}, "clip.mp4", "")
    found.add("c", {"image_id": 7.0}, None, "")
    assert found.of("a.jpg") == found.of("train/a.jpg") == found.of("more/sets/train/a.jpg") == ["a"]
    assert found.of("clip.mp4", 3) == ["b"]
    assert found.of("clip.mp4", 2) == []
    assert found.unused == {7}
    assert found.of("seven.jpg") == ["c"]
    assert not found.unused
    with pytest.raises(PosetuneError, match="which picture"):
        found.add("d", {}, None, "here")


def test_results_and_labels_are_read(tmp_path):
    file = tmp_path / "a.json"
    file.write_text(json.dumps({"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [{"image_id": 1}]}))
    assert [(name, where) for _, name, where in entries_of(file, "boxes")] == [("a.jpg", f"{file}, entry 1")]
    file.write_text(json.dumps([{"file_name": "b.jpg"}]))
    assert [name for _, name, _ in entries_of(file, "boxes")] == ["b.jpg"]
    for content, why in (("{}", "neither"), ("{", "no JSON")):
        file.write_text(content)
        with pytest.raises(PosetuneError, match=why):
            list(entries_of(file, "boxes"))
