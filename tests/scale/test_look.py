from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("pyarrow")

from tests.helpers.clips import write_clip
from tests.helpers.figures import draw_person, room
from tests.helpers.jobs import lite_looker

from posetune.opencv import cv2
from posetune.scale.plan import Item
from posetune.scale.store import StoreError

CLIP = 12


def nothing() -> None:
    pass


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    """Somebody who walks to the right."""
    frames = [draw_person(room(300, 380), (110.0 + 4 * k, 190.0), 0.95) for k in range(CLIP)]
    return write_clip(tmp_path_factory.mktemp("clip") / "walk.avi", frames)


def points(picture) -> list[float]:
    return picture.people[0]["landmarks_px"].tolist()


def item(path, name="x", kind="image", *part) -> Item:
    return Item(str(path), name, kind, *part)


def test_a_broken_picture_is_a_row_with_its_error(unlabelled):
    paths = sorted(unlabelled.iterdir())
    pictures, _ = lite_looker()([item(p, p.name) for p in paths], nothing)
    assert [p.file for p in pictures] == [p.name for p in paths]
    errors = [p for p in pictures if p.error]
    assert len(errors) == 1
    assert "Cannot read the image" in errors[0].error
    assert sum(bool(p.people) for p in pictures) == 2


def test_what_is_gone_is_a_row_with_its_error(tmp_path):
    (picture,), _ = lite_looker()([item(tmp_path / "gone.jpg")], nothing)
    assert "No such file" in picture.error


def test_a_store_that_does_not_answer_is_no_row(monkeypatch):
    def fails(_: str):
        raise StoreError("does not answer")

    monkeypatch.setattr("posetune.scale.look.as_file", fails)
    with pytest.raises(StoreError):
        lite_looker()([item("s3://bucket/a.jpg")], nothing)


def test_a_whole_video_is_what_tracking_gives(clip, lite_landmarker):
    pictures, about = lite_looker()([item(clip, "walk.avi", "video")], nothing)
    expected = list(lite_landmarker.track(clip))
    assert [(p.frame, p.seconds) for p in pictures] == [(t.frame, t.seconds) for t in expected]
    assert [points(p) for p in pictures] == [t[0].landmarks_px.ravel().tolist() for t in expected]
    assert about == {"joins": []}


def test_a_part_begins_with_people_who_are_followed(clip):
    looker, steps = lite_looker(), []
    pictures, about = looker([item(clip, "w", "video", 6, 10, 4)], lambda: steps.append(1))
    assert [p.frame for p in pictures] == [6, 7, 8, 9]
    assert len(steps) == 8
    (join,) = about["joins"]
    assert (join["file"], join["start"], len(join["people"])) == ("w", 6, 1)
    whole, _ = looker([item(clip, "w", "video")], nothing)
    apart = abs(np.array(points(pictures[0])) - points(whole[6])).mean()
    assert apart < 3


def test_frames_by_themselves(clip, lite_landmarker):
    pictures, _ = lite_looker(track=False)([item(clip, "w", "video", 5, 8, 0)], nothing)
    assert [p.frame for p in pictures] == [5, 6, 7]
    assert all(p.people[0]["track_id"] is None for p in pictures)


def test_offline_smoothing_sees_beyond_the_end(clip):
    looker = lite_looker(smooth="offline")
    whole, _ = looker([item(clip, "w", "video")], nothing)
    part, _ = looker([item(clip, "w", "video", 0, 6, 0)], nothing)
    assert [p.frame for p in part] == [0, 1, 2, 3, 4, 5]
    assert points(part[5]) == points(whole[5])


def test_a_video_that_ends_early_says_so(clip, tmp_path):
    pictures, _ = lite_looker()([item(clip, "w", "video", 8, 20, 0), item(clip, "w", "video", 20, None, 4)], nothing)
    assert [(p.frame, bool(p.error)) for p in pictures] == [
        *((n, False) for n in range(8, 12)),
        (None, True),
        (None, True),
    ]
    (tmp_path / "bad.mp4").write_bytes(b"?")
    (bad,), _ = lite_looker()([item(tmp_path / "bad.mp4", "bad.mp4", "video")], nothing)
    assert "Cannot read" in bad.error


def test_a_picture_that_moves_is_a_video(tmp_path):
    frames = [draw_person(room(300, 380), (130.0 + 5 * k, 190.0), 0.95)[..., ::-1].copy() for k in range(3)]
    animation = cv2.Animation()
    animation.frames, animation.durations = frames, [40, 40, 40]
    assert cv2.imwriteanimation(str(tmp_path / "moves.webp"), animation)
    pictures, _ = lite_looker()([item(tmp_path / "moves.webp", "moves.webp")], nothing)
    assert [p.frame for p in pictures] == [0, 1, 2]
