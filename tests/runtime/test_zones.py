"""Zones: read from a file, scaled to the picture, and refused where they mean nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from posetune.errors import PosetuneError
from posetune.runtime.zones import Zones

FILE = """
size: [1000, 500]
look:
  - [[0, 0], [500, 0], [500, 500], [0, 500]]
ignore:
  - name: press
    points: [[100, 100], [200, 100], [200, 200], [100, 200]]
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "zones.yaml"
    path.write_text(text)
    return path


def test_px_are_those_of_the_picture_they_were_drawn_on(tmp_path):
    zones = Zones.of(write(tmp_path, FILE))
    points = np.array([(50, 50), (150, 150), (800, 50)])
    assert zones is not None
    assert zones.holds(points, (1000, 500)).tolist() == [True, False, False]
    assert zones.holds(points * 2, (2000, 1000)).tolist() == [True, False, False]
    assert zones.holds(np.zeros((0, 2)), (1000, 500)).tolist() == []


def test_shares_fit_every_picture_and_json_is_yaml(tmp_path):
    content = {"units": "share", "ignore": [[[0, 0], [0.5, 0], [0.5, 1], [0, 1]]]}
    zones = Zones.read(write(tmp_path, json.dumps(content)))
    for width, height in ((100, 100), (640, 90)):
        assert zones.holds(np.array([(0.2, 0.5), (0.8, 0.5)]) * (width, height), (width, height)).tolist() == [
            False,
            True,
        ]


def test_a_picture_of_another_shape_is_refused(tmp_path):
    with pytest.raises(PosetuneError, match="1000 × 500 px, which has another shape than this one of 640 × 480"):
        Zones.read(write(tmp_path, FILE)).holds(np.zeros((1, 2)), (640, 480))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no zones"),
        ("look: []", "holds no zones"),
        ("- 1", "holds no zones"),
        ("look: [[[0, 0], [1, 1], [0, 1]]]", "size"),
        ("{units: feet, look: [[[0, 0], [1, 1], [0, 1]]]}", "units are px"),
        ("{units: share, size: [1, 1], look: [[[0, 0], [1, 1], [0, 1]]]}", "without size"),
        ("{units: share, look: [[[0, 0], [1, 1]]]}", "look 1 is no polygon"),
        ("{units: share, ignore: [[[0, 0], [1, 1], [0, .nan]]]}", "ignore 1 is no polygon"),
        ("{units: share, look: [[[0, 0], [640, 0], [640, 480]]]}", "did you mean px"),
        ("{units: share, loook: []}", "holds no zones"),
        ("{units: share, see: 1, look: [[[0, 0], [1, 1], [0, 1]]]}", "no key 'see'"),
        ("{units: share, look: 3}", "list of polygons"),
        ("look: [", "neither YAML nor JSON"),
    ],
)
def test_what_is_no_zones(tmp_path, text, message):
    with pytest.raises(PosetuneError, match=message) as error:
        Zones.read(write(tmp_path, text))
    assert "\n" not in str(error.value)


def test_a_missing_file(tmp_path):
    with pytest.raises(PosetuneError, match="Cannot read the zones"):
        Zones.read(tmp_path / "none.yaml")
