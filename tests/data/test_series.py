"""Frames of one numbered series that look alike are one group; anything else is not."""

from pathlib import Path

import cv2
import numpy as np

from posetune.data import series
from posetune.data.people import ImageRecord
from posetune.data.series import place_in_series, series_groups

RNG = np.random.default_rng(0)


def clip(folder: Path, names: list[str]) -> list[ImageRecord]:
    """Images that differ a little."""
    scene = cv2.resize(RNG.integers(0, 255, (8, 8), np.uint8), (96, 96), interpolation=cv2.INTER_NEAREST)
    records = []
    for i, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        cv2.imwrite(str(path), np.roll(scene, i, 1))
        records.append(ImageRecord(name, path, 96, 96, f"image:{name}"))
    return records


def test_two_clips_of_frames_are_two_groups(tmp_path):
    records = clip(tmp_path, [f"a_{i:04d}.png" for i in range(5)]) + clip(
        tmp_path, [f"b_{i:04d}.png" for i in range(5)]
    )
    groups = series_groups(records)
    assert len(groups) == 10
    assert len(set(groups.values())) == 2
    assert groups[records[0].path] == groups[records[4].path] != groups[records[5].path]


def test_numbered_photographs_are_their_own_groups(tmp_path):
    records = [r for i in range(4) for r in clip(tmp_path, [f"IMG_{i:04d}.png"])]
    assert series_groups(records) == {}
    far = clip(tmp_path / "far", ["0001.png", "9001.png"])
    assert series_groups(far) == {}


def test_one_folder_a_clip_and_copies_of_roboflow(tmp_path):
    records = clip(tmp_path, ["x/0000.png", "x/0001.png"]) + clip(tmp_path, ["y/0001.png", "y/0002.png"])
    assert len(set(series_groups(records).values())) == 2
    copies = clip(tmp_path, ["p_jpg.rf.0a1b2c.png"]) + clip(tmp_path, ["p_jpg.rf.99ffee.png"])
    assert len(set(series_groups(copies).values())) == 1
    assert place_in_series(Path("c_frame_0029_png.rf.a1b2c3.jpg"))[1] == 29


def test_of_very_many_images_pairs_are_sampled(tmp_path, monkeypatch):
    monkeypatch.setattr(series, "_MOST_LOOKED_AT", 5)
    monkeypatch.setattr(series, "_SAMPLED_PAIRS", 4)
    records = clip(tmp_path, [f"a_{i:04d}.png" for i in range(9)])
    assert len(set(series_groups(records).values())) == 1
    assert len(series_groups(records)) == 9
    apart = [r for i in range(9) for r in clip(tmp_path / "apart", [f"{i}.png"])]
    assert series_groups(apart) == {}
