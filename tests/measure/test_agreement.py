"""Agreement on footage without labels."""

import json

import cv2
import numpy as np
import pytest
from tests.helpers.figures import room, write_footage

from posetune import stock
from posetune.cli import main
from posetune.errors import PosetuneError
from posetune.graph.flatbuffer import Graph
from posetune.measure.agreement import agreement, table


@pytest.fixture(scope="module")
def footage(tmp_path_factory):
    folder = tmp_path_factory.mktemp("footage")
    write_footage(folder, 3)
    for number, name in enumerate(("ada", "ben", "cleo")):  # the rooms are alike: numbered, they would be one sequence
        (folder / f"person{number}.png").rename(folder / f"{name}.png")
    return folder


@pytest.fixture(scope="module")
def shifted(tmp_path_factory):
    """Stock lite whose x come out 5 px too far right, and whose heatmap is never sure."""
    graph = Graph(stock.path("lite").read_bytes())
    points, heatmap = (graph.producer(graph.subgraph.outputs[k]) for k in (0, 3))
    while points.kind != "CONV_2D":
        points = graph.producer(points.inputs[0])
    while heatmap.kind != "CONV_2D":
        heatmap = graph.producer(heatmap.inputs[0])
    bias = graph.constant(points.inputs[2])
    graph.set_constant(points.inputs[2], bias + np.tile(np.array([5, 0, 0, 0, 0], np.float32), 39))
    graph.set_constant(heatmap.inputs[2], graph.constant(heatmap.inputs[2]) - 50)
    file = tmp_path_factory.mktemp("model") / "shifted.tflite"
    file.write_bytes(graph.to_bytes())
    return file


def test_a_shifted_network_is_farther_from_the_teacher_and_from_its_mirror_image(footage, shifted, tmp_path):
    found = agreement([footage], [shifted], tmp_path, teacher="lite", stock_names=["lite"], threads=1)
    result = json.loads(json.dumps(found.result, allow_nan=False))
    assert (result["teacher"], result["images"], result["damaged"], result["people"]) == ("lite", 5, 1, 3)
    assert result["points"] == found.sure.sum() > 50
    rows = {row["name"]: row for row in result["rows"]}
    lite, tuned = rows["lite"], rows["shifted"]
    assert (tuned["kind"], tuned["base"]) == ("model", "lite")
    assert lite["from_teacher_crop_px"] < 2  # its own consensus of four views
    assert lite["from_teacher_difference_to_stock"] is None
    assert 0 < lite["from_teacher_median_person_crop_px"] < 2
    assert tuned["from_teacher_crop_px"] > lite["from_teacher_crop_px"] + 2
    # 5 px to the right in the crop are 5 px to the left in the mirrored one: 10 px apart.
    assert tuned["from_mirror_crop_px"] > lite["from_mirror_crop_px"] + 4
    assert tuned["from_mirror_difference_to_stock"]["relative"] > 0.5
    low, high = tuned["from_mirror_difference_to_stock"]["relative_interval_95"]
    assert 0 < low <= high
    assert "Agreement is not accuracy" in table(found)


def test_the_command(footage, shifted, tmp_path, capsys):
    figures, sheet = tmp_path / "a.json", tmp_path / "a.jpg"
    arguments = ["agree", "--unlabelled", str(footage), "--teacher", "lite", "--stock", "lite", "--threads", "1"]
    assert main([*arguments, str(shifted), "--json", str(figures), "--sheet", str(sheet)]) == 0
    assert "shifted" in capsys.readouterr().out
    assert {row["name"] for row in json.loads(figures.read_text())["rows"]} == {"lite", "full", "shifted"}
    assert cv2.imread(str(sheet)).shape[:2] == (240, 6 * 240)


def test_nobody_to_agree_on(tmp_path):
    cv2.imwrite(str(tmp_path / "room.png"), room(240, 320))
    with pytest.raises(PosetuneError, match="lite is sure of nobody in these 1 images"):
        agreement([tmp_path], [], tmp_path, teacher="lite", stock_names=["lite"], threads=1)


def test_a_sheet_wants_a_model(footage, tmp_path, capsys):
    arguments = ["agree", "--unlabelled", str(footage), "--teacher", "lite", "--stock", "lite", "--threads", "1"]
    assert main([*arguments, "--sheet", str(tmp_path / "a.jpg")]) == 2
    assert "name a MODEL" in capsys.readouterr().err
