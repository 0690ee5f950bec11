"""--names auto, as a user calls it; the network is one that sees the truth."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
from tests.helpers.nameless import COCO, Seer, bodies

from posetune.cli import main
from posetune.landmarks import NAMES

TRUTH = bodies(25)
ORDER = np.random.default_rng(3).permutation(COCO).tolist()


@pytest.fixture
def nameless(tmp_path, monkeypatch):
    """A YOLO set of 25 people in 17 columns; a network that is asked for them in their order."""
    folder = tmp_path / "set"
    (folder / "images" / "train").mkdir(parents=True)
    (folder / "labels" / "train").mkdir(parents=True)
    for i, body in enumerate(TRUTH):
        cv2.imwrite(str(folder / "images" / "train" / f"{i:02}.png"), np.zeros((600, 600, 3), np.uint8))
        points = " ".join(f"{x / 600:.5f} {y / 600:.5f} 2" for x, y in body[ORDER])
        (folder / "labels" / "train" / f"{i:02}.txt").write_text(f"0 0.5 0.5 0.5 0.8 {points}\n")
    (folder / "data.yaml").write_text("train: images/train\nkpt_shape: [17, 3]\nnames: [person]\n")

    class Exact(Seer):
        def poses_in(self, rgb, boxes):
            self.truth = TRUTH[[self.places.pop(0)]]
            return super().poses_in(rgb, boxes)

    seer = Exact(TRUTH)
    seer.places = list(range(len(TRUTH)))  # by_image goes by the name of the file
    monkeypatch.setattr("posetune.runtime.load.load", lambda *_, **__: seer)
    return folder


def test_names_are_found_shown_and_used(nameless, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["data", "convert", str(nameless), str(out), "--to", "coco", "--names", "auto"]) == 0
    printed = capsys.readouterr().out
    assert "Names found over 25 people" in printed
    assert NAMES[ORDER[0]] in printed
    assert (tmp_path / "out-names.jpg").stat().st_size > 1000
    row = json.loads((out / "annotations" / "train.json").read_text())["annotations"][0]
    points = np.array(row["keypoints"]).reshape(33, 3)
    assert np.abs(points[COCO, :2] - TRUTH[0][COCO]).max() < 0.01


def test_too_few_people_are_refused_and_nothing_is_written(nameless, tmp_path, capsys):
    for path in sorted((nameless / "images" / "train").iterdir())[15:]:
        path.unlink()
    assert main(["data", "convert", str(nameless), str(tmp_path / "out"), "--to", "coco", "--names", "auto"]) == 2
    assert "at least 20" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
