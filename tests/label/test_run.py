"""From footage to a set."""

import json

import cv2
import numpy as np
import pytest
from tests.helpers.arms import clip_of_arms, clip_of_nobody, moving

from posetune.data.dataset import load_dataset
from posetune.errors import PosetuneError
from posetune.files import walk
from posetune.label.run import LabelOptions, label
from posetune.progress import Reporter


@pytest.fixture(scope="module")
def arms(tmp_path_factory):
    return clip_of_arms(tmp_path_factory.mktemp("footage") / "arms.mp4")


@pytest.fixture(scope="module")
def made(arms, tmp_path_factory, proposer):
    """A set of four images, one of them blind, and the report."""
    out = tmp_path_factory.mktemp("made") / "set"
    return out, label([arms], out, proposer, LabelOptions(pick=4, blind=0.25), Reporter())


def content(out, folder="annotations"):
    return json.loads((out / folder / "train.json").read_text())


def bytes_of(out):
    return {str(p.relative_to(out)): p.read_bytes() for p in walk(out)}


def test_a_set_of_prelabels(made, arms):
    out, report = made
    dataset = load_dataset(out, "train")
    assert report.images == len(dataset.images) == 4
    assert len(dataset.people) == 3  # one image is blind
    assert report.people == 4
    for image in dataset.images:
        assert image.path.name == f"arms_{image.origin.frame:06d}.jpg"
        assert image.group == "arms"
        assert image.origin.status == "prelabel"
        assert image.origin.time_s == pytest.approx(image.origin.frame / 10, abs=0.01)
        assert image.origin.source == "arms.mp4"
    assert sum(i.origin.blind for i in dataset.images) == 1
    for row in content(out)["annotations"]:
        assert row["status"] == row["origin"]["status"] == "prelabel"
        assert len(row["origin"]["confidence"]) == 33
        assert set(row["origin"]["points"]) == {"untouched"}
        assert len(row["origin"]["network"]) == 64
    assert len(content(out, "prelabels")["annotations"]) == 4


def test_the_arms_are_chosen_and_not_the_standing_still(made):
    frames = sorted(row["frame"] for row in content(made[0])["images"])
    assert sum(frame > 12 for frame in frames) <= 1


def test_again_adds_nothing_and_elsewhere_gives_the_same_bytes(made, arms, proposer, tmp_path):
    out, _ = made
    before = bytes_of(out)
    report = label([arms], out, proposer, LabelOptions(pick=4, blind=0.25), Reporter())
    assert (report.images, report.there_before) == (0, 4)
    assert bytes_of(out) == before
    label([arms], tmp_path / "set", proposer, LabelOptions(pick=4, blind=0.25), Reporter())
    assert bytes_of(tmp_path / "set") == before


class Stopped:
    """A proposer that is stopped at its n-th proposal."""

    def __init__(self, proposer, after):
        self._proposer, self._left = proposer, after

    def __getattr__(self, name):
        return getattr(self._proposer, name)

    def propose(self, *given):
        if self._left == 0:
            raise KeyboardInterrupt
        self._left -= 1
        return self._proposer.propose(*given)


def test_stopped_it_goes_on(made, arms, proposer, tmp_path):
    options = LabelOptions(pick=4, blind=0.25)
    with pytest.raises(KeyboardInterrupt):
        label([arms], tmp_path / "set", Stopped(proposer, 2), options, Reporter())
    assert not (tmp_path / "set" / "annotations" / "train.json").exists()
    label([arms], tmp_path / "set", Stopped(proposer, 2), options, Reporter())  # two are left
    assert bytes_of(tmp_path / "set") == bytes_of(made[0])


def test_more_footage_and_corrections_stay(made, arms, proposer, tmp_path):
    out = tmp_path / "set"
    label([arms], out, proposer, LabelOptions(pick=2), Reporter())
    labels = content(out)
    labels["annotations"][0]["status"] = "verified"
    (out / "annotations" / "train.json").write_text(json.dumps(labels))
    (tmp_path / "other").mkdir()
    other = clip_of_arms(tmp_path / "other" / "arms.mp4", frames=6, still=0)
    report = label([arms, other], out, proposer, LabelOptions(pick=5), Reporter())
    assert report.there_before == 2
    dataset = load_dataset(out, "train")
    assert len(dataset.images) == report.total_images == 5
    assert len({i.path.stem.casefold() for i in dataset.images}) == 5
    assert {i.group for i in dataset.images} == {"arms", "arms-2"}
    assert len({p.id for p in dataset.people}) == len(dataset.people)
    assert [p.origin.status for p in dataset.people].count("verified") == 1


def test_a_frame_every_so_often(arms, proposer, tmp_path):
    report = label([arms], tmp_path / "set", proposer, LabelOptions(None, every=0.3), Reporter())
    frames = [row["frame"] for row in content(tmp_path / "set")["images"]]
    assert all(frame % 3 == 0 for frame in frames)
    assert report.duplicates >= 3  # who stands still is taken once
    assert len(frames) + report.duplicates == report.candidates == 8


def test_nobody_and_more_than_there_are(tmp_path, proposer):
    report = label([clip_of_nobody(tmp_path / "room.mp4")], tmp_path / "set", proposer, LabelOptions(), Reporter())
    assert (report.images, report.people) == (1, 0)
    dataset = load_dataset(tmp_path / "set", "train")
    assert len(dataset.images) == 1
    assert not dataset.people


def test_pictures_are_upright_without_exif(tmp_path, proposer):
    from tests.helpers.exif import with_exif

    lying = np.ascontiguousarray(np.rot90(moving(1)[0], 1))
    jpeg = cv2.imencode(".jpg", lying[:, :, ::-1])[1].tobytes()
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "a b.jpg").write_bytes(with_exif(jpeg, 6))
    label([tmp_path / "pictures"], tmp_path / "set", proposer, LabelOptions(), Reporter())
    image = load_dataset(tmp_path / "set", "train").images[0]
    assert image.path.name == "a-b.jpg"
    assert (image.width, image.height) == (240, 320)
    assert b"Exif" not in image.path.read_bytes()
    assert cv2.imread(str(image.path), cv2.IMREAD_IGNORE_ORIENTATION | cv2.IMREAD_COLOR).shape[:2] == (320, 240)


def test_faces_are_blurred_in_what_is_written(made, arms, proposer, tmp_path):
    report = label([arms], tmp_path / "set", proposer, LabelOptions(pick=4, blur_faces=True), Reporter())
    assert report.faces_blurred == 4
    name = content(tmp_path / "set")["images"][0]["file_name"]
    assert (tmp_path / "set" / "images" / name).read_bytes() != (made[0] / "images" / name).read_bytes()
    people = [content(o)["annotations"][-1]["keypoints"] for o in (tmp_path / "set",)]
    assert people[0] in [row["keypoints"] for row in content(made[0], "prelabels")["annotations"]]


def test_nothing_that_can_be_read(tmp_path, proposer):
    (tmp_path / "a.mp4").write_bytes(b"nothing at all")
    with pytest.raises(PosetuneError, match=r"nothing to label.*a\.mp4"):
        label([tmp_path / "a.mp4"], tmp_path / "set", proposer, LabelOptions(), Reporter())
    assert not (tmp_path / "set").exists(), "a folder with nothing in it is no set"


def test_predictions_from_elsewhere_become_prelabels(arms, proposer, tmp_path):
    from posetune.label.proposer import PredictionProposer
    from posetune.landmarks import COCO17

    def entry(frame, dx=0.0):
        flat = [v for i in COCO17 for v in (60 + 5.0 * i + dx, 50 + 3.0 * i, 0.9 if i else 0.2)]
        return {"file_name": "arms.mp4", "frame": frame, "keypoints": flat, "score": 0.7}

    file = tmp_path / "results.json"
    file.write_text(json.dumps([entry(2), entry(9, 3.0), entry(9, 60.0)]))
    report = label([arms], tmp_path / "set", PredictionProposer(file), LabelOptions(), Reporter())
    dataset = load_dataset(tmp_path / "set", "train")
    assert [i.origin.frame for i in dataset.images] == [2, 9]
    assert report.people_a_frame == {1: 1, 2: 1}
    person = dataset.people[0]
    assert person.labelled.sum() == 17
    assert person.keypoints[0, 2] == 1  # the nose, of which the other program is not sure
    assert person.origin.network is None
    assert person.origin.status == "prelabel"
    assert person.origin.other["predictions"] == "results.json"


def test_frames_that_somebody_extracted_are_near_duplicates_too(tmp_path, proposer):
    (tmp_path / "frames").mkdir()
    (rgb,) = moving(1)
    for i in range(4):
        rgb[0, 0] = i  # four files of one look
        cv2.imwrite(str(tmp_path / "frames" / f"clip_{i:03d}.png"), rgb[:, :, ::-1])
    report = label([tmp_path / "frames"], tmp_path / "set", proposer, LabelOptions(), Reporter())
    assert report.images == 1
    assert report.duplicates == 3


def test_a_set_inside_its_footage_is_no_footage(arms, proposer, tmp_path):
    (tmp_path / "arms.mp4").write_bytes(arms.read_bytes())
    for _ in range(2):
        report = label([tmp_path], tmp_path / "set", proposer, LabelOptions(pick=2), Reporter())
    assert report.total_images == 2
    assert [s["file"] for s in report.sources] == ["arms.mp4"]


def test_footage_that_is_gone_before_its_frames_are_taken_is_named(arms, proposer, tmp_path):
    clips = [tmp_path / "a.mp4", tmp_path / "b.mp4"]
    clips[0].write_bytes(arms.read_bytes())
    clip_of_arms(clips[1], frames=5, still=0)

    class Removing(Stopped):
        def propose(self, *given):
            clips[1].unlink(missing_ok=True)
            return self._proposer.propose(*given)

    report = label(clips, tmp_path / "set", Removing(proposer, 0), LabelOptions(pick=6), Reporter())
    assert 0 < report.images < 6
    assert any("b.mp4" in trouble for trouble in report.troubles)
    assert {i.group for i in load_dataset(tmp_path / "set", "train").images} == {"a"}
