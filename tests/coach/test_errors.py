from __future__ import annotations

import json
from pathlib import Path

import pytest

from posetune.coach.errors import of_network, of_report, stock_errors
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


def test_a_report_beside_a_network_is_found(tmp_path: Path):
    report = {"protocols": {"crop": {"mine": {"per_angle": {"left_hip": {"angles": 3, "angle_mae_deg": 6.0}}}}}}
    run, file = tmp_path / "run", tmp_path / "mine.task"
    run.mkdir()
    file.write_bytes(b"")
    for path in (run / "report.json", tmp_path / "mine.json"):
        path.write_text(json.dumps(report))
    for source, where in ((run, run / "report.json"), (file, tmp_path / "mine.json")):
        errors, found = of_network(str(source))
        assert (errors["hip"], found) == (6.0, where)
    (run / "report.json").write_text("[]")
    assert of_network(str(run)) == (stock_errors(), None)
    assert of_network("full") == (stock_errors(), None)


@pytest.mark.parametrize("text", ["[]", "{}", '{"protocols": {"crop": {}}}', "nonsense"])
def test_what_is_no_report(tmp_path: Path, text: str):
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(PosetuneError, match="no report of posetune eval"):
        of_report(path)
