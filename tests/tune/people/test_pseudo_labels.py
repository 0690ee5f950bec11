import json

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")

from tests.helpers.figures import room, write_footage
from tests.helpers.golden import assert_summary_keys

import posetune
from posetune.cli import main
from posetune.data.people import ImageRecord
from posetune.data.teacher import VIEWS, View, pseudo_labels
from posetune.data.unlabelled import unlabelled_images
from posetune.errors import PosetuneError
from posetune.geometry import Crop
from posetune.landmarks import INDEX
from posetune.progress import Reporter
from posetune.tune.people.pseudo_labels import hold_out, keep, kept, pseudo_labelled, scaled
from posetune.tune.people.samples import Subject


@pytest.fixture(scope="module")
def teacher():
    return posetune.load("lite", threads=1)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two drawn people, one empty room, one damaged file."""
    root = tmp_path_factory.mktemp("unlabelled")
    write_footage(root, 2)
    return root


def subject(name, group, weight=1.0):
    record = ImageRecord(name, None, 10, 10, group)
    return Subject(record, None, np.zeros((33, 2)), np.full(33, weight, np.float32), np.full(33, np.nan), None, name)


def test_people_in_a_folder_become_subjects_with_the_teachers_points(teacher, folder, tmp_path):
    said = []
    records = unlabelled_images([folder], tmp_path / "frames", said.append)
    subjects = pseudo_labelled(teacher, records, Reporter(said.append), drawings=True)
    assert {s.image.path.name for s in subjects} == {"person0.png", "person1.png"}
    assert "1 damaged" in said[-1]
    for s in subjects:
        pose = teacher.predict(s.image.read(), 1)[0]
        sure = s.weight > 0.9
        assert sure.sum() > 15
        assert np.linalg.norm(s.keypoints - pose.landmarks_px[:, :2], axis=1)[sure].max() < 0.04 * s.crop.side


def test_who_is_drawn_is_left_out(teacher, folder, tmp_path):
    records = unlabelled_images([folder], tmp_path / "frames", lambda _: None)
    with pytest.raises(PosetuneError, match="2 who seem to be drawn"):
        pseudo_labelled(teacher, records, Reporter())


def test_what_the_views_do_not_agree_on_is_not_trusted(teacher, folder):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (320, 240, 3), dtype=np.uint8)
    record = ImageRecord("noise", None, 240, 320, "noise")
    crop = teacher.predict(cv2.imread(str(folder / "person0.png"))[..., ::-1], 1)[0].crop
    labels = pseudo_labels(teacher, [(record, crop)], lambda _: noise)
    assert not labels.believable[0]
    assert labels.trust[0].mean() < 0.3


def test_video_frames_are_written_once_and_belong_to_their_video(tmp_path):
    from posetune.runtime.video_writer import writing_video

    with writing_video(tmp_path / "clip.mp4", 10, 64, 48) as video:
        for k in range(21):
            video.write(np.full((48, 64, 3), 10 * k, np.uint8))
    frames = tmp_path / "frames"
    records = unlabelled_images([tmp_path / "clip.mp4"], frames, lambda _: None)
    assert len(records) == 5  # two a second of two seconds, and the first
    assert len({r.group for r in records}) == 1
    assert records[0].group.startswith("clip-")
    first = (frames / records[0].path.name).stat().st_mtime_ns
    unlabelled_images([tmp_path / "clip.mp4"], frames, lambda _: None)
    assert (frames / records[0].path.name).stat().st_mtime_ns == first


def test_videos_of_one_name_are_different_videos_and_a_damaged_one_is_left_out(tmp_path):
    from posetune.runtime.video_writer import writing_video

    for name, grey in (("a", 20), ("b", 220)):
        (tmp_path / "videos" / name).mkdir(parents=True)
        with writing_video(tmp_path / "videos" / name / "clip.mp4", 10, 64, 48) as video:
            for _ in range(6):
                video.write(np.full((48, 64, 3), grey, np.uint8))
    broken = tmp_path / "videos" / "broken.mp4"
    broken.write_bytes(b"no video")
    said = []
    records = unlabelled_images([tmp_path / "videos"], tmp_path / "frames", said.append)
    brightness = {r.group: r.read().mean() for r in records}
    assert len(brightness) == 2
    assert abs(brightness[records[0].group] - brightness[records[-1].group]) > 150
    assert any("broken.mp4" in text for text in said)
    with pytest.raises(PosetuneError, match=r"broken\.mp4"):
        unlabelled_images([broken], tmp_path / "frames", said.append)


def test_images_of_other_splits_are_not_learnt_from(tmp_path):
    from posetune.synthetic.sample import write_sample
    from posetune.tune.config import load_config
    from posetune.tune.people.collect import _held_back, trainable_networks
    from posetune.tune.people.labelled import load_splits

    write_sample(tmp_path)
    config = load_config(None, {"data": str(tmp_path), "base": "lite", "out": str(tmp_path / "run")}, [])
    lite = trainable_networks("lite")
    held = _held_back(config, load_splits(config, lite, Reporter())[1])
    in_train = {p["file_name"] for p in json.loads((tmp_path / "annotations" / "train.json").read_text())["images"]}
    names = {str(path.relative_to((tmp_path / "images").resolve())) for path in held}
    everything = {str(p.relative_to(tmp_path / "images")) for p in (tmp_path / "images").rglob("*") if p.is_file()}
    assert names
    assert not names & in_train
    assert names | in_train == everything

    (tmp_path / "annotations" / "val.json").unlink()  # a part of train is kept for validation then
    train, val = load_splits(config, lite, Reporter())
    held = _held_back(config, val)
    assert {i.path.resolve() for i in val.images} <= held
    assert not {i.path.resolve() for i in train.images} & held


def test_a_damaged_file_of_pseudo_labels_is_asked_anew(tmp_path):
    file = tmp_path / "pseudo_labels.npz"
    keep(file, "heavy", [])
    content = bytearray(file.read_bytes())
    for place in range(0, len(content), 3):
        damaged = bytes(content[:place] + bytes([content[place] ^ 0x5A]) + content[place + 1 :])
        file.write_bytes(damaged)
        assert kept(file, "heavy") in (None, [])


def test_nothing_to_learn_from_is_said(teacher, tmp_path):
    with pytest.raises(PosetuneError, match="no image or video"):
        unlabelled_images([tmp_path], tmp_path / "frames", lambda _: None)
    with pytest.raises(PosetuneError, match="There is no"):
        unlabelled_images([tmp_path / "missing"], tmp_path / "frames", lambda _: None)
    cv2.imwrite(str(tmp_path / "room.png"), room(240, 320))
    records = unlabelled_images([tmp_path], tmp_path / "frames", lambda _: None)
    with pytest.raises(PosetuneError, match="sure of nobody"):
        pseudo_labelled(teacher, records, Reporter())


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


def test_numbered_images_that_look_like_their_neighbours_are_a_sequence(tmp_path):
    rng = np.random.default_rng(0)
    scene, other = (cv2.resize(rng.integers(0, 256, (12, 12, 3), dtype=np.uint8), (240, 240)) for _ in range(2))
    files = {
        "a9": scene,
        "a10": np.roll(scene, 4, 1),
        "a11": other,
        "b_1_x": scene,
        "b_2_x": scene // 2,
        "kitchen": scene,
    }
    for name, image in files.items():
        cv2.imwrite(str(tmp_path / f"{name}.png"), image)
    (tmp_path / "a12.png").write_bytes(b"no image")
    groups: dict[str, list[str]] = {}
    for record in unlabelled_images([tmp_path], tmp_path / "frames", lambda _: None):
        groups.setdefault(record.group, []).append(record.path.stem)
    assert sorted(groups.values()) == [["a11"], ["a12"], ["a9", "a10"], ["b_1_x", "b_2_x"], ["kitchen"]]


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


def test_the_command_learns_from_a_folder_without_labels(folder, tmp_path, capsys):
    command = ["train", "--method", "distill", "--teacher", "lite", "--base", "lite", "--out", str(tmp_path / "run")]
    settings = ["samples=[8, 8]", "batch=4", "validations=1", "replay.sample_set=false", "blend=1", "val_share=0.5"]
    settings += ["drawings=true"]  # for that is what they are
    assert main([*command, "--unlabelled", str(folder), *(f"--set={s}" for s in settings), "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    assert posetune.load(result["model"], threads=1).predict(ImageRecord("", folder / "person0.png", 0, 0, "").read())
    summary = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert summary["method"] == "distill"
    assert_summary_keys("distill", summary)
    assert main(["train", "--resume", "--out", str(tmp_path / "run")]) == 0
    assert "2 people, as kept in" in capsys.readouterr().err
    for name in ("checkpoint.pt", "model.tflite"):
        (tmp_path / "run" / name).unlink(missing_ok=True)  # a run that was cut off when the teacher had spoken
    assert main(["train", "--resume", "--out", str(tmp_path / "run")]) == 0
    assert "2 people, as kept in" in capsys.readouterr().err
    assert main(command) == 2
    assert "--unlabelled" in capsys.readouterr().err


def test_a_view_moves_turns_and_scales_in_the_crops_own_frame():
    crop = Crop(100, 50, 200, np.radians(90))  # its right is the image's down, its down the image's left
    view = View(turn=-90, scale=0.5, mirrored=True, right=0.1, down=0.2).of(crop)
    assert (view.cx, view.cy) == pytest.approx((60, 70))
    assert (view.side, view.angle, view.mirror) == (100, pytest.approx(0), True)
    assert len({v.of(crop) for v in VIEWS}) == len(VIEWS)
