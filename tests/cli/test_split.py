"""posetune data split, as a user calls it."""

import json

import pytest
from tests.helpers.coco_labels import annotation, content

from posetune.cli import main


@pytest.fixture
def folder_of_clips(tmp_path):
    """Four clips of two frames each; the pictures are not there."""
    images = [{"id": i, "file_name": f"{'abcd'[i // 2]}_frame_{i}.png", "width": 100, "height": 120} for i in range(8)]
    rows = [annotation(id=i + 1, image_id=i) for i in range(8)]
    folder = tmp_path / "set"
    (folder / "annotations").mkdir(parents=True)
    (folder / "annotations" / "train.json").write_text(json.dumps(content(images=images, annotations=rows)))
    return folder


def test_clips_stay_whole(folder_of_clips, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["data", "split", str(folder_of_clips), str(out), "--val", "0.25", "--test", "0.25"]) == 0
    printed = capsys.readouterr().out
    assert "val: 2 images, 2 people, 1 groups" in printed
    clips = {}
    for split in ("train", "val", "test"):
        for image in json.loads((out / "annotations" / f"{split}.json").read_text())["images"]:
            clips.setdefault(image["group"], set()).add(split)
    assert len(clips) == 4
    assert all(len(splits) == 1 for splits in clips.values())
    assert main(["data", "split", str(folder_of_clips), str(tmp_path / "two"), "--group-by", "folder"]) == 2
    assert "a group is never divided" in capsys.readouterr().err
