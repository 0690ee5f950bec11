import cv2
import numpy as np
import pytest

pytest.importorskip("torch")
from tests.helpers.figures import room

from posetune.data.people import ImageRecord
from posetune.data.unlabelled import unlabelled_images
from posetune.errors import PosetuneError
from posetune.geometry import Crop
from posetune.landmarks import INDEX
from posetune.progress import Reporter
from posetune.tune.people.pseudo_labels import hold_out, keep, kept, pseudo_labelled, scaled
from posetune.tune.people.samples import Subject


def subject(name, group, weight=1.0):
    record = ImageRecord(name, None, 10, 10, group)
    return Subject(record, None, np.zeros((33, 2)), np.full(33, weight, np.float32), np.full(33, np.nan), None, name)


def test_people_in_a_folder_become_subjects_with_the_teachers_points(lite_landmarker, unlabelled, tmp_path):
    said = []
    records = unlabelled_images([unlabelled], tmp_path / "frames", said.append)
    subjects = pseudo_labelled(lite_landmarker, records, Reporter(said.append), drawings=True)
    assert {s.image.path.name for s in subjects} == {"person0.png", "person1.png"}
    assert "1 damaged" in said[-1]
    for s in subjects:
        pose = lite_landmarker.predict(s.image.read(), 1)[0]
        sure = s.weight > 0.9
        assert sure.sum() > 15
        assert np.linalg.norm(s.keypoints - pose.landmarks_px[:, :2], axis=1)[sure].max() < 0.04 * s.crop.side


def test_who_is_drawn_is_left_out(lite_landmarker, unlabelled, tmp_path):
    records = unlabelled_images([unlabelled], tmp_path / "frames", lambda _: None)
    with pytest.raises(PosetuneError, match="2 who seem to be drawn"):
        pseudo_labelled(lite_landmarker, records, Reporter())


def test_a_damaged_file_of_pseudo_labels_is_asked_anew(tmp_path):
    file = tmp_path / "pseudo_labels.npz"
    keep(file, "heavy", [])
    content = bytearray(file.read_bytes())
    for place in range(0, len(content), 3):
        damaged = bytes(content[:place] + bytes([content[place] ^ 0x5A]) + content[place + 1 :])
        file.write_bytes(damaged)
        assert kept(file, "heavy") in (None, [])


def test_nothing_to_learn_from_is_said(lite_landmarker, tmp_path):
    with pytest.raises(PosetuneError, match="no image or video"):
        unlabelled_images([tmp_path], tmp_path / "frames", lambda _: None)
    with pytest.raises(PosetuneError, match="There is no"):
        unlabelled_images([tmp_path / "missing"], tmp_path / "frames", lambda _: None)
    cv2.imwrite(str(tmp_path / "room.png"), room(240, 320))
    records = unlabelled_images([tmp_path], tmp_path / "frames", lambda _: None)
    with pytest.raises(PosetuneError, match="sure of nobody"):
        pseudo_labelled(lite_landmarker, records, Reporter())


def test_pseudo_labels_are_kept_for_a_resumed_run(tmp_path):
    rng = np.random.default_rng(0)
    made = [
        Subject(ImageRecord(f"{k}.png", tmp_path / f"{k}.png", 0, 0, "clip"), Crop(5.5 + k, 7, 90, 0.3),
                rng.random((33, 2)), rng.random(33).astype(np.float32), np.full(33, np.nan), None, "")
        for k in range(3)
    ]  # fmt: skip
    file = tmp_path / "pseudo_labels.npz"
    keep(file, "heavy", made)
    again = kept(file, "heavy")
    assert [s.image.path for s in again] == [s.image.path.resolve() for s in made]
    assert [s.crop for s in again] == [s.crop for s in made]
    assert again[2].image.group == "clip"
    np.testing.assert_array_equal(again[1].keypoints, made[1].keypoints)
    np.testing.assert_array_equal(again[1].weight, made[1].weight)
    assert kept(file, "another teacher") is None
    file.write_bytes(file.read_bytes()[:200])
    assert kept(file, "heavy") is None
    assert kept(tmp_path / "none.npz", "heavy") is None


def test_a_group_that_is_too_large_to_be_held_out_gives_its_end():
    people = [subject(f"{g}{k}", g) for g, count in (("a", 9), ("b", 11)) for k in range(count)]
    train, val = hold_out(people, 0.15, seed=0)
    assert [s.name for s in val] == ["b8", "b9", "b10"]
    assert len(train) == 17


def test_whole_videos_are_held_out():
    people = [subject(f"{g}{k}", g) for g in "abcd" for k in range(5)]
    train, val = hold_out(people, 0.25, seed=0)
    assert len(val) == 5
    assert not {s.image.group for s in train} & {s.image.group for s in val}
    train, val = hold_out(people[:5], 0.2, seed=0)  # a single video: its end
    assert [s.name for s in val] == ["a4"]


def test_scaling_bounds_what_a_person_counts_for():
    few, many = subject("few", "a", 0.1), subject("many", "b", 1.0)
    a, b = scaled([few, many], 12)
    assert a.weight.sum() == pytest.approx(3.3)
    assert b.weight.sum() == pytest.approx(12)
    assert a.weight[INDEX["nose"]] == pytest.approx(0.1)
