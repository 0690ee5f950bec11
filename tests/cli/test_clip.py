from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.helpers.stick_figures import figure, pose, squatting

from posetune.cli.clip import people_of
from posetune.errors import PosetuneError
from posetune.progress import Reporter


def test_people_of_one_picture_stand_together_in_the_order_of_time(tmp_path: Path):
    poses = [pose(figure(0, squatting(0)), id) for id in (1, 2)]
    rows = [{**p.to_dict(), "file_name": "a.mp4", "seconds": t} for t in (0.5, 0.0) for p in poses]
    path = tmp_path / "p.json"
    path.write_text(json.dumps(rows))
    assert [(t, [p.id for p in people]) for t, people in people_of(path, "full", Reporter())] == [
        (0.0, [1, 2]),
        (0.5, [1, 2]),
    ]


def test_predictions_of_two_files(tmp_path: Path):
    rows = [
        {**pose(figure(0, squatting(0))).to_dict(), "file_name": name, "seconds": 0.0} for name in ("a.mp4", "b.mp4")
    ]
    path = tmp_path / "p.json"
    path.write_text(json.dumps(rows))
    with pytest.raises(PosetuneError, match="predictions of 2 files"):
        people_of(path, "full", Reporter())
