from __future__ import annotations

import json
from pathlib import Path

import pytest

from posetune.coach.errors import of_report, stock_errors
from posetune.coach.exercise import JOINTS
from posetune.errors import PosetuneError


def test_stock_has_each_joint():
    assert set(stock_errors()) == set(JOINTS)


def test_a_tuned_networks_own_errors_weighted_by_angles(tmp_path: Path):
    angles = {"left_knee": {"angles": 30, "angle_mae_deg": 4.0}, "right_knee": {"angles": 10, "angle_mae_deg": 8.0}}
    report = {"protocols": {"pipeline": {"full": {"per_angle": {}}, "mine": {"per_angle": angles}}}}
    path = tmp_path / "eval.json"
    path.write_text(json.dumps(report))
    assert of_report(path)["knee"] == 5.0
    assert of_report(path)["hip"] == stock_errors()["hip"]


@pytest.mark.parametrize("text", ["[]", "{}", '{"protocols": {"crop": {}}}', "nonsense"])
def test_what_is_no_report(tmp_path: Path, text: str):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(PosetuneError, match="no report of posetune eval"):
        of_report(path)
