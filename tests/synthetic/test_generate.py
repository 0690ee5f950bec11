"""Whole sets: repeatable, resumable, readable by the rest of posetune; and the sample set that is shipped."""

import json
import os

import numpy as np
import pytest

from posetune.data.dataset import find_splits, load_dataset
from posetune.errors import PosetuneError
from posetune.landmarks import NAMES
from posetune.synthetic import generate as generating
from posetune.synthetic.generate import Order, _row, generate, make_renderer
from posetune.synthetic.label import Label
from posetune.synthetic.sample import ordinary_pictures, write_sample
from posetune.synthetic.scenes import get
from posetune.synthetic.take import Recipe, Set


@pytest.fixture(scope="module")
def egl():
    try:
        return make_renderer("egl")
    except PosetuneError as error:
        pytest.skip(f"no picture can be rendered with OpenGL here: {error}")


def order(**changes):
    return Order(**{"scene_names": ("stand",), "count": 2, "size": 96, "renderer": "software", **changes})


def content(folder):
    return {p.name: p.read_bytes() for p in folder.rglob("*") if p.is_file() and p.suffix in (".jpg", ".json")}


def test_a_set_is_repeatable_to_the_byte_and_taken_up_where_it_stopped(tmp_path):
    generate(order(), tmp_path / "a", workers=2)
    generate(order(count=1), tmp_path / "b", workers=1)  # as if stopped after the first
    first = (tmp_path / "b" / "images" / "train-stand-1-000000.jpg").stat().st_mtime_ns
    generate(order(), tmp_path / "b", workers=1)
    assert content(tmp_path / "a") == content(tmp_path / "b")
    assert (tmp_path / "b" / "images" / "train-stand-1-000000.jpg").stat().st_mtime_ns == first
    with pytest.raises(PosetuneError, match="other settings"):
        generate(order(seed=2), tmp_path / "b", workers=1)

    dataset = load_dataset(tmp_path / "a", "train")
    assert len(dataset.images) == 2
    assert not dataset.warnings
    assert not dataset.dropped_names
    person = dataset.people[0]
    assert person.keypoints_3d.shape == (33, 3)
    assert person.keypoints_3d[[23, 24]].mean(0) == pytest.approx(0, abs=1e-3)
    assert len(person.origin.other["self_occluded"]) == 33
    assert dataset.images[0].group != dataset.images[1].group


def test_a_sequence_shares_people_place_and_group(tmp_path):
    generate(order(scene_names=("squat",), count=1, frames=3), tmp_path, workers=1)
    dataset = load_dataset(tmp_path, "train")
    assert len(dataset.images) == 3
    assert len(dataset.groups) == 1
    hips = [p.keypoints_3d[25, 1] for p in dataset.people if not p.ignore][:3]
    assert np.ptp(hips) > 0.01  # but it moves


def test_bad_orders_get_one_sentence(tmp_path):
    cases = (
        ({"scene_names": ("fly",)}, "no scene"), ({"count": 0}, "nothing"), ({"size": 10}, "--size"),
        ({"seed": -1}, "--seed"), ({"split": "a/b"}, "--split"), ({"backgrounds": str(tmp_path)}, "background"),
    )  # fmt: skip
    for wrong, word in cases:
        with pytest.raises(PosetuneError, match=word):
            generate(order(**wrong), tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_a_set_that_is_not_ours_is_left_alone(tmp_path):
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "train.json").write_text("{}")
    with pytest.raises(PosetuneError, match="not made here"):
        generate(order(), tmp_path)
    assert (tmp_path / "annotations" / "train.json").read_text() == "{}"


def test_a_picture_shows_the_person_that_the_label_means(egl):
    take = Set((4, 2), "handstand", Recipe(size=160)).take(egl)
    assert take.picture.shape == (160, 160, 3)
    assert take.picture.std() > 8
    row = generating.describe(take, "x", "x", "handstand")["people"][0]
    assert len(row["keypoints"]) == 3 * len(NAMES)
    label = take.labels[0]
    seen = label.visibility == 2
    low, high = label.bbox[:2] - 4, label.bbox[:2] + label.bbox[2:] + 4
    assert seen.sum() > 10
    assert ((label.points_px[seen] >= low) & (label.points_px[seen] <= high)).all()
    assert label.points_px[0, 1] > label.points_px[[25, 26], 1].max()  # upside down


def test_both_renderers_agree_on_what_is_hidden(egl):
    for scene in ("worker", "sit"):
        stage = Set((3, 7), scene, Recipe(size=200))
        hard, soft = (stage.take(r).labels for r in (egl, make_renderer("software")))
        differing = np.mean([a.visibility != b.visibility for a, b in zip(hard, soft, strict=True)])
        assert differing < 0.04
        assert [a.points_px.tolist() for a in hard] == [b.points_px.tolist() for b in soft]


def test_photographs_become_backgrounds(egl):
    photo = np.full((50, 90, 3), (250, 20, 20), np.uint8)
    reddish = []
    for seed in range(4):
        stage = Set((8, seed), "stand", Recipe(size=96, photos=(photo,)))
        picture = stage.take(egl).picture.astype(int)
        reddish.append(np.median(picture[..., 0] - picture[..., 1]) > 60)
        assert (stage.place_name == "photo") == reddish[-1]
    assert any(reddish)


def test_the_sample_set_is_complete_and_its_people_differ(tmp_path):
    counts = write_sample(tmp_path / "sample")
    assert counts["train"], counts["val"] == (240, 60)
    assert counts["test"] == 120
    assert counts["ordinary"] >= 60
    assert set(find_splits(tmp_path / "sample")) == set(counts)
    lengths = {}
    for split in ("train", "test", "ordinary"):
        dataset = load_dataset(tmp_path / "sample", split)
        assert len(dataset.usable) >= 0.9 * len(dataset.images)
        lengths[split] = {tuple(p.keypoints_3d[0].round(3)) for p in dataset.usable}
    assert not lengths["train"] & lengths["test"]
    assert write_sample(tmp_path / "sample") == counts  # again, over itself


def test_the_sample_set_refuses_a_folder_with_another_set(tmp_path):
    (tmp_path / "annotations").mkdir()
    (tmp_path / "annotations" / "dev.json").write_text("{}")
    with pytest.raises(PosetuneError, match="another data set"):
        write_sample(tmp_path)


def test_ordinary_pictures_can_be_had_without_writing_them():
    pictures = list(ordinary_pictures())
    assert len(pictures) >= 100
    assert pictures[0].shape == (320, 320, 3)
    assert pictures[0].dtype == np.uint8


def test_the_ceiling_camera_looks_down_from_where_a_ceiling_is():
    for seed in range(6):
        stage = Set((6, seed), "ceiling", Recipe(size=96))
        down = stage.camera.axes[2]  # where it looks, m, z up
        assert down[2] < -np.sin(np.radians(40))
        assert np.linalg.norm(stage.camera.eye - stage.centre) > 1.9


@pytest.mark.parametrize("name", ["station", "mat"])
def test_a_camera_with_its_own_place_sees_everybody_from_there(name):
    scene = get(name)
    for seed in range(6):
        stage = Set((6, seed), name, Recipe(size=96))
        x, y, z = stage.camera.eye - stage.centre  # people face -y
        azimuth, elevation = np.degrees([np.arctan2(x, -y), np.arctan2(z, np.hypot(x, y))])
        assert scene.azimuth[0] - 12 < azimuth < scene.azimuth[1] + 12  # the body's middle is not its box's
        assert scene.elevation[0] - 12 < elevation < scene.elevation[1] + 12


def test_recipes_say_everything_that_decides_a_picture():
    known = order().fingerprint()
    assert "count" not in known
    assert json.loads(json.dumps(known))["size"] == 96


def test_somebody_mostly_hidden_is_left_out():
    def row(hidden, covered=0.0):
        points = np.tile([[60.0, 60.0]], (33, 1))
        object_occluded = np.arange(33) < hidden
        label = Label(
            points_px=points, world=np.zeros((33, 3)), hips=np.zeros(3), in_frame=np.ones(33, bool),
            self_occluded=np.zeros(33, bool), object_occluded=object_occluded, bbox=np.array([10, 10, 60, 100.0]),
            area=900.0, covered=covered, height=100.0,
        )  # fmt: skip
        return _row(label, 128)["ignore"]

    assert [row(0), row(16), row(17), row(33)] == [0, 0, 1, 1]
    assert [row(0, covered=890.0), row(0, covered=910.0)] == [0, 1]


def test_processes_started_inside_run_one_thread_and_the_environment_is_as_before(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    with generating.one_thread():
        assert os.environ["OMP_NUM_THREADS"] == os.environ["OPENBLAS_NUM_THREADS"] == "1"
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert "OPENBLAS_NUM_THREADS" not in os.environ
