"""What --fix changes, and that nothing is lost."""

from __future__ import annotations

import gzip
import hashlib
import json

import pytest
from tests.helpers.coco_labels import annotation, content, read

from posetune.data.checks.repairs import findings_of, fix, repairs_of
from posetune.errors import PosetuneError

FAR = [50, 10, 2, 960, 30, 2, 40, 30, 1, 58, 70, 2, 42, 70, 2, 50, 25, 2]


def broken() -> dict:
    rows = [
        annotation(num_keypoints=17, mine={"kept": "as it is"}),
        annotation(id=8, keypoints=list(FAR), num_keypoints=6),
        annotation(id=9),
    ]
    return content(annotations=rows, info={"by": "Zoë"})


def test_wrong_counts_far_points_and_repetitions_are_put_right_and_nothing_else(folder):
    file = folder / "annotations" / "train.json"
    file.write_text(json.dumps(broken()))
    before = file.read_bytes()
    said: list[str] = []
    assert fix(file, said.append) == 4
    after = json.loads(file.read_text(encoding="utf-8"))
    expected = broken()
    expected["annotations"] = expected["annotations"][:2]  # the third is the first again
    expected["annotations"][0]["num_keypoints"] = 6
    expected["annotations"][1].update(num_keypoints=5, keypoints=[*FAR[:3], 0, 0, 0, *FAR[6:]])
    assert after == expected
    backup = folder / "annotations" / "train.json.before-fix-1"
    assert backup.read_bytes() == before
    (row,) = map(json.loads, (folder / "annotations" / "fixes.jsonl").read_text().splitlines())
    assert row["sha256_before"] == hashlib.sha256(before).hexdigest()
    assert row["sha256_after"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert [change["kind"] for change in row["changes"]] == ["count", "outside", "count", "labelled_twice"]
    assert row["changes"][3]["was"] == annotation(id=9)
    assert backup.name in said[0]


def test_a_second_run_changes_nothing_and_writes_nothing(folder):
    file = folder / "annotations" / "train.json"
    file.write_text(json.dumps(broken()))
    fix(file, print)
    names = sorted(p.name for p in file.parent.iterdir())
    assert fix(file, print) == 0
    assert sorted(p.name for p in file.parent.iterdir()) == names


def test_a_second_mistake_gets_a_backup_of_its_own_and_packed_files_stay_packed(folder):
    file = folder / "annotations" / "train.json.gz"
    for number in (1, 2):
        file.write_bytes(gzip.compress(json.dumps(broken()).encode()))
        assert fix(file, print) == 4
        assert (folder / "annotations" / f"train.json.gz.before-fix-{number}").exists()
    assert json.loads(gzip.decompress(file.read_bytes()))["info"] == {"by": "Zoë"}
    assert len((folder / "annotations" / "fixes.jsonl").read_text().splitlines()) == 2


def test_the_same_as_findings_with_image_and_person(folder):
    labels = broken()
    labels["annotations"].pop()
    dataset = read(folder, labels)
    found = findings_of(folder / "annotations" / "train.json", dataset)
    assert [(f.kind, f.image.path.name, f.person.id) for f in found] == [
        ("count", "a.png", 7), ("outside", "a.png", 8), ("count", "a.png", 8),
    ]  # fmt: skip
    assert "num_keypoints is 17, 6 points are labelled" in found[0].message


def test_of_sets_with_hands_and_feet_apart_the_count_is_another_one():
    rows = [annotation(num_keypoints=3, foot_kpts=[0] * 18)]
    assert list(repairs_of(content(annotations=rows))) == []


def test_what_is_no_coco_file_is_left_alone(folder):
    file = folder / "annotations" / "train.json"
    file.write_text("[1, 2]")
    assert findings_of(file, None) == []  # type: ignore[arg-type]
    with pytest.raises(PosetuneError, match="convert the set first"):
        fix(file, print)
