"""posetune predict, as a user calls it."""

from __future__ import annotations

import csv
import json
import os
import signal
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.helpers.figures import draw_person, room
from tests.helpers.mp4 import set_rotation

from posetune import stock
from posetune.cli import main
from posetune.runtime.images import read_image
from posetune.runtime.video import VideoReader
from posetune.runtime.video_writer import writing_video


def write(path: Path, rgb: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(cv2.imencode(path.suffix, rgb[:, :, ::-1])[1].tobytes())


def person(shift: int = 0) -> np.ndarray:
    return draw_person(room(300, 380), (150 + shift, 190), 0.95)


def predict(*words: object) -> int:
    return main(["predict", *map(str, words), "--model", "lite", "--threads", "1"])


def overlay(out: Path) -> Path:
    """The only overlay, whatever kind of video this OpenCV writes."""
    (path,) = (out / "overlays").iterdir()
    return path


@pytest.fixture
def folder(tmp_path) -> Path:
    """Two people, an empty room, a subfolder, a damaged image and something else."""
    photos = tmp_path / "photos"
    write(photos / "a.jpg", person())
    write(photos / "b" / "c.png", person(20))
    write(photos / "empty.jpg", room(200, 160))
    (photos / "damaged.jpg").write_bytes((photos / "a.jpg").read_bytes()[:2000])
    (photos / "notes.txt").write_text("not an image")
    return photos


def test_another_detector_finds_the_people(folder, tmp_path, capsys):
    """Which one it is, is said by name or file; with boxes none is asked."""
    out = tmp_path / "out"
    assert predict(folder / "a.jpg", "--out", out, "--detector", stock.path("detector"), "--no-overlays") == 0
    assert len(json.loads((out / "predictions.json").read_text())) >= 1
    assert predict(folder / "a.jpg", "--out", out, "--detector", tmp_path / "none") == 2
    assert "no detector" in capsys.readouterr().err
    assert predict(folder / "a.jpg", "--out", out, "--detector", "stock", "--boxes", tmp_path / "b.json") == 2
    assert "leave out --detector" in capsys.readouterr().err


def test_a_folder_with_a_damaged_file(folder, tmp_path, capfd):
    out = tmp_path / "out"
    assert predict(folder, "--out", out, "--json") == 1
    printed = capfd.readouterr()
    summary = json.loads(printed.out)
    assert (summary["images"], summary["people"], summary["images_without_people"]) == (3, 2, 1)
    assert summary["files_of_other_kinds"] == 1
    assert [entry["file_name"] for entry in summary["failed"]] == ["damaged.jpg"]
    lines = printed.err.splitlines()
    assert len(lines) == 1
    assert "damaged.jpg is cut off" in lines[0]

    results = json.loads((out / "predictions.json").read_text())
    assert [entry["file_name"] for entry in results] == ["a.jpg", "b/c.png"]
    assert all(len(entry["keypoints"]) == 99 for entry in results)
    nose = results[0]["keypoints"][:2]
    assert np.hypot(nose[0] - 150, nose[1] - (190 - 141 * 0.95)) < 15
    with (out / "predictions.csv").open(newline="") as stream:
        assert len(list(csv.DictReader(stream))) == 66
    overlays = {str(p.relative_to(out / "overlays")) for p in (out / "overlays").rglob("*") if p.is_file()}
    assert overlays == {"a.jpg", "b/c.png.jpg", "empty.jpg"}
    drawn = read_image(out / "overlays" / "a.jpg")
    assert drawn.shape == (380, 300, 3)
    assert (np.abs(drawn.astype(int) - person()).max(axis=2) > 60).sum() > 500


def test_a_second_run_does_not_look_at_the_overlays_of_the_first(folder, capfd):
    (folder / "damaged.jpg").unlink()
    for _ in range(2):
        assert predict(folder, "--out", folder / "result", "--json") == 0
        assert json.loads(capfd.readouterr().out)["images"] == 3


def test_one_image_without_overlays(tmp_path, capfd):
    write(tmp_path / "me.png", person())
    out = tmp_path / "deep" / "out"
    assert predict(tmp_path / "me.png", "--out", out, "--no-overlays") == 0
    assert sorted(p.name for p in out.iterdir()) == ["predictions.csv", "predictions.json"]
    printed = capfd.readouterr()
    assert printed.out.startswith("1 person in 1 image with lite")
    assert printed.err == ""


def test_pages_that_are_not_looked_at_are_said(tmp_path, capfd):
    path = tmp_path / "scan.tif"
    cv2.imwritemulti(str(path), [np.full((40, 40, 3), 90, np.uint8)] * 3)
    assert predict(path, "--out", tmp_path / "out") == 0
    assert "scan.tif has 3 pages: the first alone was looked at" in capfd.readouterr().err


def test_min_score_and_max_people(tmp_path, capfd):
    pair = draw_person(draw_person(room(800, 420), (200, 210)), (600, 210), shirt=(160, 60, 60))
    write(tmp_path / "two.jpg", pair)
    for options, expected in (([], 2), (["--max-people", 1], 1), (["--min-score", 1], 0)):
        assert predict(tmp_path / "two.jpg", "--out", tmp_path / "out", "--json", *options) == 0
        assert json.loads(capfd.readouterr().out)["people"] == expected


@pytest.mark.parametrize("as_frames", [False, True])
def test_a_video(tmp_path, capfd, as_frames):
    with writing_video(tmp_path / "walk.mp4", 10.0, 300, 380) as video:
        for index in range(4):
            video.write(person(10 * index))
    out = tmp_path / "out"
    assert predict(tmp_path / "walk.mp4", "--out", out, *(["--frames"] if as_frames else [])) == 0
    assert "in 4 frames" in capfd.readouterr().out
    results = json.loads((out / "predictions.json").read_text())
    assert [entry["frame"] for entry in results] == [0, 1, 2, 3]
    assert len({entry["image_id"] for entry in results}) == 4
    hips = [entry["keypoints"][3 * 23] for entry in results]
    assert np.diff(hips) == pytest.approx([10, 10, 10], abs=4)
    if as_frames:
        files = sorted((out / "overlays" / "walk.mp4").iterdir())
        assert [p.name for p in files] == [f"{i:06}.jpg" for i in range(4)]
    else:
        assert len(list(VideoReader(overlay(out)))) == 4


def test_bad_input_is_one_sentence_and_writes_nothing(folder, tmp_path, capfd):
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "notes.txt").write_text("x")
    spoilt = tmp_path / "spoilt"
    spoilt.mkdir()
    (spoilt / "x.jpg").write_bytes(b"")
    out = tmp_path / "out"
    for given, words in (
        (tmp_path / "missing", "no such file"),
        (bare, "no images or videos, only 1 file of another kind"),
        (folder / "damaged.jpg", "cut off"),
        (folder / "notes.txt", "Cannot read the image"),
        (spoilt, "none of its 1 images"),
    ):
        assert predict(given, "--out", out) == 2
        printed = capfd.readouterr()
        assert words in printed.err.splitlines()[-1]
        assert "Traceback" not in printed.err
        assert printed.out == ""
    assert not out.exists() or list(out.iterdir()) == []


def test_unwritable_out(folder, tmp_path, capfd):
    assert predict(folder, "--out", folder / "notes.txt") == 2
    assert "Cannot write to" in capfd.readouterr().err
    closed = tmp_path / "closed"
    closed.mkdir()
    closed.chmod(0o500)
    if os.access(closed, os.W_OK):
        pytest.skip("this user may write anywhere")
    assert predict(folder, "--out", closed) == 2
    assert "Permission denied" in capfd.readouterr().err


def test_unknown_model(folder, tmp_path, capfd):
    assert main(["predict", str(folder), "--out", str(tmp_path / "out"), "--model", "huge"]) == 2
    assert "huge" in capfd.readouterr().err


def walk(path: Path, frames: int = 6) -> Path:
    with writing_video(path, 10.0, 300, 380) as video:
        for index in range(frames):
            video.write(person(6 * index))
    return path


def test_a_video_has_times_and_the_same_person_all_along(tmp_path):
    out = tmp_path / "out"
    assert predict(walk(tmp_path / "walk.mp4"), "--out", out, "--smooth", "steady") == 0
    results = json.loads((out / "predictions.json").read_text())
    assert [entry["track_id"] for entry in results] == [1] * 6
    assert [entry["seconds"] for entry in results] == pytest.approx(np.arange(6) / 10, abs=1e-3)
    with (out / "predictions.csv").open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert {row["track_id"] for row in rows} == {"1"}
    assert rows[-1]["seconds"] == "0.5000"


def test_ctrl_c_keeps_what_was_done(tmp_path, monkeypatch, capfd):
    import posetune.runtime.batch as batch

    draw, drawn = batch.draw_poses, []

    def interrupted(image, poses):
        drawn.append(1)
        if len(drawn) == 4:
            raise KeyboardInterrupt
        return draw(image, poses)

    monkeypatch.setattr(batch, "draw_poses", interrupted)
    out = tmp_path / "out"
    assert predict(walk(tmp_path / "walk.mp4"), "--out", out) == 130
    assert [entry["frame"] for entry in json.loads((out / "predictions.json").read_text())] == [0, 1, 2]
    assert len(list(VideoReader(overlay(out)))) == 3
    assert "in 3 frames" in capfd.readouterr().out


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_in_a_video_keeps_what_was_done(tmp_path, monkeypatch, number, code):
    import posetune.runtime.batch as batch

    videos = tmp_path / "videos"
    videos.mkdir()
    for name in ("a.mp4", "b.mp4", "c.mp4"):
        walk(videos / name)
    draw, drawn = batch.draw_poses, []

    def ended(image, poses):
        drawn.append(1)
        if len(drawn) == 8:
            os.kill(os.getpid(), number)
        return draw(image, poses)

    monkeypatch.setattr(batch, "draw_poses", ended)
    out = tmp_path / "out"
    assert predict(videos, "--out", out) == code
    frames = [(entry["file_name"], entry["frame"]) for entry in json.loads((out / "predictions.json").read_text())]
    assert frames == [("a.mp4", i) for i in range(6)] + [("b.mp4", i) for i in range(2)]
    assert len(list((out / "overlays").iterdir())) == 2


def test_a_signal_between_two_videos(tmp_path, monkeypatch):
    videos = tmp_path / "videos"
    videos.mkdir()
    for name in ("a.mp4", "b.mp4"):
        walk(videos / name, 2)
    monkeypatch.setattr(VideoReader, "shortfall", lambda _: os.kill(os.getpid(), signal.SIGTERM))
    out = tmp_path / "out"
    assert predict(videos, "--out", out, "--no-overlays") == 143
    assert [entry["file_name"] for entry in json.loads((out / "predictions.json").read_text())] == ["a.mp4"] * 2


def test_ctrl_c_among_images_keeps_every_picture_whose_overlay_was_drawn(tmp_path, monkeypatch, capfd):
    from posetune.runtime import batch

    photos = tmp_path / "photos"
    for i in range(30):
        write(photos / f"{i:02}.png", person(i))
    read = batch.read_image

    def interrupting(path):
        if path.name == "05.png":
            os.kill(os.getpid(), signal.SIGINT)
        return read(path)

    monkeypatch.setattr(batch, "read_image", interrupting)
    out = tmp_path / "out"
    assert predict(photos, "--out", out) == 130
    drawn = {path.name.removesuffix(".jpg") for path in (out / "overlays").iterdir()}
    noted = {entry["file_name"] for entry in json.loads((out / "predictions.json").read_text())}
    assert "05.png" in noted
    assert noted == drawn
    assert len(noted) < 30


def test_damaged_cut_off_and_turned_videos(tmp_path, capfd):
    videos = tmp_path / "videos"
    videos.mkdir()
    walk(videos / "good.mp4", 4)
    (videos / "empty.mp4").write_bytes(b"")
    (videos / "headless.mp4").write_bytes((videos / "good.mp4").read_bytes()[:900])
    whole = tmp_path / "whole.avi"
    writer = cv2.VideoWriter(str(whole), cv2.VideoWriter.fourcc(*"MJPG"), 10, (300, 380))
    for i in range(12):
        writer.write(person(i)[:, :, ::-1])
    writer.release()
    (videos / "half.avi").write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    out = tmp_path / "out"
    assert predict(videos, "--out", out, "--no-overlays") == 1
    said = capfd.readouterr().err
    assert "empty.mp4 as a video" in said
    assert "headless.mp4 as a video" in said
    assert "of its 12 frames" in said
    entries = json.loads((out / "predictions.json").read_text())
    assert [e["frame"] for e in entries if e["file_name"] == "good.mp4"] == [0, 1, 2, 3]
    assert 3 <= sum(e["file_name"] == "half.avi" for e in entries) < 12
    phone = walk(tmp_path / "phone.mp4", 2)
    plain = VideoReader(phone)
    set_rotation(phone, 90)
    assert predict(phone, "--out", tmp_path / "turned") == 0
    drawn = VideoReader(overlay(tmp_path / "turned"))
    assert (drawn.width, drawn.height) == (plain.height, plain.width)


def test_a_mask_is_drawn_where_it_is_asked_for(tmp_path):
    write(tmp_path / "a.png", person())
    pictures = []
    for words in ((), ("--segmentation",)):
        assert predict(tmp_path / "a.png", "--out", tmp_path / f"out{len(words)}", *words) == 0
        pictures.append(read_image(tmp_path / f"out{len(words)}" / "overlays" / "a.png.jpg").astype(int))
    changed = np.abs(pictures[0] - pictures[1]).max(-1) > 25
    assert 0.02 < changed.mean() < 0.5
    poses = [json.loads((tmp_path / f"out{k}" / "predictions.json").read_text())[0]["keypoints"] for k in (0, 1)]
    assert poses[0] == poses[1]


def test_every_frame_by_itself_and_constants(tmp_path, capfd):
    video = walk(tmp_path / "walk.mp4", 3)
    out = tmp_path / "out"
    assert predict(video, "--out", out, "--no-overlays", "--no-track") == 0
    found = json.loads((out / "predictions.json").read_text())
    assert len(found) == 3
    assert all("track_id" not in entry for entry in found)
    assert predict(video, "--out", out, "--no-overlays", "--min-cutoff", "0.5", "--beta", "10") == 0
    assert predict(video, "--out", out, "--min-cutoff", "0") == 2
    assert predict(video, "--out", out, "--smooth", "none", "--beta", "1") == 2
    assert "--min-cutoff and --beta adjust" in capfd.readouterr().err


def test_a_large_a_tiny_and_a_crowded_image(tmp_path, capfd):
    photos = tmp_path / "photos"
    scene = draw_person(room(640, 360), (320, 190))
    write(photos / "large.jpg", cv2.resize(scene, (7680, 4320)))
    write(photos / "close.jpg", draw_person(room(300, 560), (150, 280), 1.7))
    write(photos / "pixel.png", np.zeros((1, 1, 3), np.uint8))
    write(photos / "black.png", np.zeros((480, 640, 3), np.uint8))
    crowd = room(1200, 700)  # thirty-seven far off, three near by
    for i in range(37):
        crowd = draw_person(crowd, (40 + 60 * (i % 19), 70 + 60 * (i // 19)), 0.2)
    for i in range(3):
        crowd = draw_person(crowd, (200 + 400 * i, 430), 1.5)
    write(photos / "crowd.png", crowd)
    out = tmp_path / "out"
    assert predict(photos, "--out", out, "--json", "--max-people", 40, "--no-overlays") == 0
    assert json.loads(capfd.readouterr().out)["images"] == 5
    results = json.loads((out / "predictions.json").read_text())
    names = [entry["file_name"] for entry in results]
    assert names.count("large.jpg") == names.count("close.jpg") == 1
    assert not {"pixel.png", "black.png"} & set(names)
    assert 3 <= names.count("crowd.png") <= 40  # the stock detector finds who is near by
    nose = next(entry["keypoints"] for entry in results if entry["file_name"] == "large.jpg")[:2]
    assert np.hypot(nose[0] - 320 * 12, nose[1] - (190 - 141) * 12) < 15 * 12


def entries(out: Path) -> list[dict]:
    return json.loads((out / "predictions.json").read_text())


def test_several_inputs_have_names_below_what_they_have_in_common(folder, tmp_path, capfd):
    out = tmp_path / "out"
    assert predict(folder / "a.jpg", folder / "b", folder / "a.jpg", "--out", out) == 0
    assert [entry["file_name"] for entry in entries(out)] == ["a.jpg", "b/c.png"]
    assert (out / "overlays" / "b" / "c.png.jpg").is_file()
    assert predict(folder / "*.jpg", "--out", tmp_path / "out2") == 1  # a shell that leaves patterns alone
    assert "damaged.jpg" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["", "--out", "out"], "empty name"),
        (["a.jpg", "--out", ""], "empty name"),
        (["a.jpg", "--out", "x", "--out", "y"], "given twice"),
    ],
)
def test_an_empty_argument_and_two_outs_are_refused(words, says, tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.jpg", room(60, 40))
    with pytest.raises(SystemExit) as ended:
        predict(*words)
    assert ended.value.code == 2
    assert says in capfd.readouterr().err
    assert os.listdir(tmp_path) == ["a.jpg"]


def test_a_pipe_is_refused_not_waited_for(tmp_path, capfd):
    os.mkfifo(tmp_path / "pipe.jpg")
    assert predict(tmp_path / "pipe.jpg", "--out", tmp_path / "out") == 2
    assert "pipe.jpg is a pipe or a device, not a file" in capfd.readouterr().err
    assert not (tmp_path / "out").exists()


def test_image_ids_are_the_label_files(folder, tmp_path, capfd):
    labels = tmp_path / "labels.json"
    images = [{"id": 31, "file_name": "b/c.png"}, {"id": 2, "file_name": "other.jpg"}]
    labels.write_text(json.dumps({"images": images, "annotations": [], "categories": [{"id": 5, "name": "person"}]}))
    (folder / "damaged.jpg").unlink()
    assert predict(folder, "--out", tmp_path / "out", "--no-overlays", "--labels", labels) == 0
    ids = {entry["file_name"]: entry["image_id"] for entry in entries(tmp_path / "out")}
    assert ids["b/c.png"] == 31
    assert ids["a.jpg"] >= 2**40
    assert {entry["category_id"] for entry in entries(tmp_path / "out")} == {5}
    assert "2 images are not in" in capfd.readouterr().out


def test_odd_names_end_nothing(tmp_path, capfd):
    photos = tmp_path / "photos"
    names = [b"caf\xe9.png", "あ".encode() * 83 + b".png", b"a\nb.png", b"-x.png", b"12:30.png"]
    write(photos / "a.png", person())
    content = (photos / "a.png").read_bytes()
    for name in names:
        (photos / os.fsdecode(name)).write_bytes(content)
    out = tmp_path / "out"
    assert predict(photos, "--out", out) == 0
    noted = {entry["file_name"] for entry in entries(out)}
    assert noted == {"a.png", r"caf\xe9.png", "あ" * 83 + ".png", r"a\nb.png", "-x.png", "12:30.png"}
    assert len(list((out / "overlays").iterdir())) == 6
    with (out / "predictions.csv").open(newline="", encoding="utf-8") as stream:
        assert {row["file_name"] for row in csv.DictReader(stream)} == noted


def test_its_own_drawings_are_no_footage(folder, tmp_path, capfd):
    (folder / "damaged.jpg").unlink()
    for out in (folder, folder, folder / "first", folder / "second"):
        assert predict(folder, "--out", out, "--json") == 0
        summary = json.loads(capfd.readouterr().out)
        assert (summary["images"], summary["people"]) == (3, 2)
    moved = tmp_path / "moved"
    (folder / "overlays").rename(moved)
    assert predict(moved, "--out", tmp_path / "out") == 2
    assert "3 that posetune drew" in capfd.readouterr().err


def test_results_of_other_files_are_not_replaced_unasked(folder, tmp_path, capfd):
    out = tmp_path / "out"
    assert predict(folder / "a.jpg", "--out", out) == 0
    assert predict(folder / "a.jpg", "--out", out) == 0
    before = (out / "predictions.json").read_bytes()
    assert predict(folder / "b", "--out", out) == 2
    assert "holds the results of other files (a.jpg)" in capfd.readouterr().err
    assert (out / "predictions.json").read_bytes() == before
    assert predict(folder / "b", "--out", out, "--overwrite") == 0
    assert [entry["file_name"] for entry in entries(out)] == ["c.png"]


def test_two_runs_at_once_into_one_folder(folder, tmp_path, capfd):
    from posetune.cli.predict import _LOCK
    from posetune.files import one_at_a_time

    out = tmp_path / "out"
    out.mkdir()
    with one_at_a_time(out / _LOCK, "busy"):
        assert predict(folder / "a.jpg", "--out", out) == 2
    assert "Another posetune predict is writing to" in capfd.readouterr().err
    assert list(out.iterdir()) == []


class Camera:
    """A camera that shows a walk and then is unplugged."""

    def __init__(self, source: object, *_: object) -> None:
        self.left = [person(4 * i)[:, :, ::-1] for i in range(5)] if source in (0, "rtsp://host/1") else []

    def isOpened(self) -> bool:
        return bool(self.left)

    def read(self) -> tuple[bool, np.ndarray | None]:
        time.sleep(0.02)
        return (True, self.left.pop(0)) if self.left else (False, None)

    def release(self) -> None:
        self.left = []


def test_a_camera_and_a_stream(tmp_path, monkeypatch, capfd):
    from posetune.runtime import live

    monkeypatch.setattr(live.cv2, "VideoCapture", Camera)
    for source, name in (("0", "camera 0"), ("rtsp://host/1", "rtsp://host/1")):
        out = tmp_path / name.replace("/", "_")
        assert predict(source, "--out", out, "--frames") == 0
        found = entries(out)
        assert {entry["file_name"] for entry in found} == {name}
        assert 2 <= len(found) <= 5
        assert (np.diff([entry["seconds"] for entry in found]) > 0).all()
    monkeypatch.chdir(tmp_path)
    assert predict("1", "--out", tmp_path / "none") == 2
    assert predict("rtsp://user:secret@host/2?key=secret", "--out", tmp_path / "none") == 2
    assert predict("0", "1", "--out", tmp_path / "none") == 2
    said = capfd.readouterr().err
    assert "camera 1 gives no picture" in said
    assert "rtsp://host/2 gives no picture" in said
    assert "secret" not in said
    assert "One camera or stream at a time" in said
    assert predict("12:30.mp4", "--out", tmp_path / "none") == 2
    assert "There is no 12:30.mp4" in capfd.readouterr().err


def test_show_needs_a_screen_and_an_opencv_with_windows(folder, monkeypatch, capfd):
    from posetune.runtime import window

    monkeypatch.setattr(window, "_without_windows", lambda: True)
    assert predict(folder / "a.jpg", "--show") == 2
    assert "needs an OpenCV with windows" in capfd.readouterr().err
    monkeypatch.setattr(window, "_without_windows", lambda: False)
    for variable in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    assert predict(folder / "a.jpg", "--show") == 2
    assert "needs a screen" in capfd.readouterr().err
    assert predict(folder / "a.jpg") == 2
    assert "--out FOLDER is required" in capfd.readouterr().err


def test_show_alone_writes_nothing_and_ends_when_the_window_is_closed(tmp_path, monkeypatch, capfd):
    from posetune.cli import predict as verb

    shown = []

    class Screen:
        def show(self, rgb: np.ndarray) -> bool:
            shown.append(rgb.shape)
            return len(shown) < 3

        def close(self) -> None:
            shown.append("closed")

    monkeypatch.setattr(verb, "Window", Screen)
    video = walk(tmp_path / "walk.mp4")
    assert predict(video, "--show") == 0
    assert shown == [(380, 300, 3)] * 3 + ["closed"]
    assert os.listdir(tmp_path) == ["walk.mp4"]
    assert capfd.readouterr().out == "3 people in 3 frames with lite.\n"


def test_overlays_keep_the_time_of_a_recording_whose_header_is_wrong(tmp_path, monkeypatch):
    from posetune.runtime.video import packets_of

    video = walk(tmp_path / "walk.mp4")
    begin = VideoReader.__init__

    def recorded(self, path):
        begin(self, path)
        self._declared_fps = 1000.0

    monkeypatch.setattr(VideoReader, "__init__", recorded)
    assert predict(video, "--out", tmp_path / "out") == 0
    drawn = packets_of(overlay(tmp_path / "out"))
    assert drawn.count == 6
    assert drawn.fps == pytest.approx(10, rel=0.02)


def test_the_table_has_joint_angles_in_degrees(tmp_path):
    write(tmp_path / "a.png", person())
    assert predict(tmp_path / "a.png", "--out", tmp_path / "out") == 0
    with (tmp_path / "out" / "predictions.csv").open(newline="") as stream:
        rows = {row["name"]: row for row in csv.DictReader(stream)}
    with_angle = {name for name, row in rows.items() if row["angle_deg"]}
    assert with_angle == {
        f"{side}_{joint}" for side in ("left", "right") for joint in ("elbow", "shoulder", "hip", "knee")
    }
    a, b, c = (
        np.array([float(rows[n]["x_px"]), float(rows[n]["y_px"])]) for n in ("left_hip", "left_knee", "left_ankle")
    )
    cosine = (a - b) @ (c - b) / np.linalg.norm(a - b) / np.linalg.norm(c - b)
    assert float(rows["left_knee"]["angle_deg"]) == pytest.approx(np.degrees(np.arccos(cosine)), abs=0.1)


def people_of(out: Path) -> list[dict]:
    return json.loads((out / "predictions.json").read_text())


def court(path: Path) -> None:
    picture = room(1200, 675)
    for hip in ((200, 300), (1000, 360)):
        picture = draw_person(picture, hip, 0.5, arms=0.4)
    write(path, picture)


def test_tiles_find_small_people(tmp_path):
    court(tmp_path / "court.png")
    for tiles, found in (("off", 0), ("3", 2)):
        assert predict(tmp_path / "court.png", "--out", tmp_path / "out", "--no-overlays", "--tiles", tiles) == 0
        assert len(people_of(tmp_path / "out")) == found


def test_boxes_and_zones_say_who_is_looked_at(tmp_path, capsys):
    court(tmp_path / "court.png")
    boxes = [
        {"file_name": "court.png", "bbox": [150, 225, 100, 155], "score": 0.7},
        {"file_name": "court.png", "bbox": [950, 285, 100, 155], "score": 0.9},
        {"file_name": "other.png", "bbox": [1, 1, 5, 5]},
    ]
    (tmp_path / "boxes.json").write_text(json.dumps(boxes))
    asked = [tmp_path / "court.png", "--out", tmp_path / "out", "--no-overlays", "--boxes", tmp_path / "boxes.json"]
    assert predict(*asked) == 0
    assert [p["detection_score"] for p in people_of(tmp_path / "out")] == [0.9, 0.7]
    assert "also has boxes of 1 picture that was not looked at" in capsys.readouterr().out
    (tmp_path / "zones.yaml").write_text("{units: share, ignore: [[[0.5, 0], [1, 0], [1, 1], [0.5, 1]]]}")
    assert predict(*asked, "--zones", tmp_path / "zones.yaml") == 0
    assert [p["detection_score"] for p in people_of(tmp_path / "out")] == [0.7]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--tiles", "1"], "along the long side"),
        (["--tiles", "2", "--tiles-budget", "5"], "goes with tiles"),
        (["--boxes", "boxes.json"], "has no box of what was looked at"),
        (["--boxes", "boxes.json", "--tiles", "auto"], "leave out --tiles"),
        (["--boxes", "none.json"], "Cannot read the boxes"),
        (["--zones", "zones.yaml"], "another shape"),
    ],
)
def test_bad_tiles_boxes_and_zones_are_one_sentence(tmp_path, monkeypatch, capsys, options, message):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "a.png", person())
    (tmp_path / "boxes.json").write_text('[{"file_name": "other.png", "bbox": [1, 1, 5, 5]}]')
    (tmp_path / "zones.yaml").write_text("{size: [100, 300], look: [[[0, 0], [9, 0], [9, 9]]]}")
    assert predict("a.png", "--out", "out", *options) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert len(said) == 1
    assert message in said[0]
    assert not (tmp_path / "out/predictions.json").exists()
