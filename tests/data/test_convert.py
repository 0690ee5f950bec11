"""Sets made over from one format to another."""

from __future__ import annotations

import json
import zipfile

import pytest
from tests.helpers import cvat_xml as x
from tests.helpers.coco_labels import annotation, content

from posetune.data.convert import convert, opened, read_parts
from posetune.data.dataset import load_dataset
from posetune.data.formats.reading import NONE, Reading
from posetune.errors import CheckFailed, PosetuneError
from posetune.progress import Reporter

HOW = Reading(require=NONE)


def lay(folder, split="train", **changes) -> None:
    (folder / "annotations" / f"{split}.json").write_text(json.dumps(content(**changes)))


@pytest.mark.parametrize("to", ["coco", "cvat", "yolo", "labelstudio"])
def test_what_is_written_is_read_again(folder, tmp_path, to):
    lay(folder)
    lay(folder, "val", annotations=[annotation(id=3, bbox=[1, 2, 90, 90])])
    before = read_parts(folder, HOW, Reporter())
    done = convert(before, tmp_path / "out", to)
    assert done.images == (2 if to == "yolo" else 1)  # one picture in both splits
    for split in ("train", "val"):
        after = load_dataset(tmp_path / "out", split)
        assert after.people[0].keypoints == pytest.approx(before[split].people[0].keypoints, abs=0.006)


def test_pictures_are_linked_or_copied(folder, tmp_path):
    lay(folder)
    convert(read_parts(folder, HOW, Reporter()), tmp_path / "links", "coco")
    convert(read_parts(folder, HOW, Reporter()), tmp_path / "copies", "coco", copy=True)
    assert (tmp_path / "links" / "images" / "a.png").is_symlink()
    assert (tmp_path / "copies" / "images" / "a.png").read_bytes() == (folder / "images" / "a.png").read_bytes()
    assert not (tmp_path / "copies" / "images" / "a.png").is_symlink()


def test_labels_convert_without_pictures_and_the_losses_say_so(tmp_path):
    path = tmp_path / "annotations.xml"
    path.write_text(x.export())
    done = convert(read_parts(path, HOW, Reporter()), tmp_path / "out", "coco")
    assert [str(loss) for loss in done.losses] == ["1 images: are missing, their labels are kept (a.png)"]
    rows = json.loads((tmp_path / "out" / "annotations" / "train.json").read_text())
    assert rows["images"][0]["file_name"] == "a.png"


def test_strict_writes_nothing_if_something_is_lost(folder, tmp_path):
    lay(folder)
    parts = read_parts(folder, HOW, Reporter())
    with pytest.raises(CheckFailed, match=r"--strict: .*'neck' means none of the 33"):
        convert(parts, tmp_path / "out", "coco", strict=True)
    assert not (tmp_path / "out").exists()
    mapped = read_parts(folder, Reading(require=NONE, names={"neck": "mouth_left"}), Reporter())
    assert convert(mapped, tmp_path / "out", "coco", strict=True).losses == ()


def test_a_folder_with_something_in_it_is_left_alone(folder, tmp_path):
    lay(folder)
    with pytest.raises(PosetuneError, match="not an empty folder"):
        convert(read_parts(folder, HOW, Reporter()), folder, "coco")


def test_archives_are_unpacked_beside_the_new_set_and_gone_afterwards(folder, tmp_path):
    path = tmp_path / "export.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("job/annotations.xml", x.export())
        archive.write(folder / "images" / "a.png", "job/images/a.png")
    out = tmp_path / "new" / "set"
    with opened(path, out, Reporter()) as source:
        convert(read_parts(source, HOW, Reporter()), out, "coco", copy=True)
    assert [p.name for p in out.parent.iterdir()] == ["set"]
    assert load_dataset(out, "train").images[0].path == out / "images" / "a.png"


def test_attributes_and_outside_points_survive_two_conversions(tmp_path):
    inside = x.points("nose", 5, 6) + x.points("left_hip", 7, 8, outside=1, occluded=1)
    more = '<attribute name="team">red</attribute>'
    (tmp_path / "annotations.xml").write_text(x.export(x.image(inside=x.skeleton(inside=inside, more=more))))
    convert(read_parts(tmp_path / "annotations.xml", HOW, Reporter()), tmp_path / "one", "coco")
    convert(read_parts(tmp_path / "one", HOW, Reporter()), tmp_path / "two", "cvat")
    text = (tmp_path / "two" / "annotations" / "train.xml").read_text()
    assert '<points label="left_hip" source="file" outside="1" occluded="1" points="7.00,8.00">' in text
    assert '<attribute name="team">red</attribute>' in text


def test_what_a_label_file_names_and_is_no_picture_is_not_copied(folder, tmp_path):
    (tmp_path / "secret").write_text("key")
    images = [{"id": 1, "file_name": str(tmp_path / "secret"), "width": 100, "height": 120}]
    lay(folder, images=images)
    assert convert(read_parts(folder, HOW, Reporter()), tmp_path / "out", "coco", copy=True).images == 0
    assert not (tmp_path / "out" / "images" / "secret").exists()
