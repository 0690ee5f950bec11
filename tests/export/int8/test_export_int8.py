"""``posetune export --int8`` as a user runs it, on drawn people; in MediaPipe it finds whom the float network finds."""

import json

import cv2
import numpy as np
import pytest

pytest.importorskip("torch")

from tests.helpers.figures import draw_person, room

import posetune
from posetune import stock
from posetune.cli import main
from posetune.export.int8 import choose, crops, export_int8, make, measure, plan
from posetune.graph import bundle
from posetune.graph.flatbuffer import Graph
from posetune.progress import Reporter


def guessed_blocks(maker, step=None):
    """In place of the measurement of every block: the stem and what takes little time are said to lose most."""
    found = plan.blocks(maker.graph, maker.layers & plan.landmark_places(maker.graph))
    return [plan.Block(b.places, b.work, 1.0 if b.work < 0.01 or i < 2 else 0.1) for i, b in enumerate(found)]


@pytest.fixture(scope="module")
def footage(tmp_path_factory):
    folder = tmp_path_factory.mktemp("footage")
    for i in range(9):
        picture = draw_person(room(400, 500), (180 + 3 * i, 250), 1.1 + 0.03 * i)
        cv2.imwrite(str(folder / f"{i:02}.png"), picture[..., ::-1])
    return folder


@pytest.fixture(scope="module")
def found(footage):
    """The table of a small run without training, made once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(make.Maker, "blocks", guessed_blocks)
        patch.setattr(crops, "_FEWEST", 3)
        patch.setattr(measure, "_ROUNDS", 2)
        request = export_int8.request(footage, True, None, minutes=0, threads=1)
        return choose.trade_off([stock.resolve("lite")], request, Reporter())


@pytest.fixture
def quick(found, monkeypatch):
    def again(networks, request, report):
        rows = [r if r.name.startswith(("float", "fp16")) else _faster(r) for r in found.rows]
        chosen = choose.choose(rows, request.gate, request.any_precision)
        return choose.TradeOff(tuple(rows), found.networks, chosen, found.labelled)

    monkeypatch.setattr(export_int8, "trade_off", again)


def _faster(row):
    """As on a processor with instructions for int8."""
    return measure.Row(**{**row.__dict__, "ms": row.ms / 10})


def test_the_table(found):
    assert [r.name for r in found.rows] == ["float 256", "fp16 256", "mixed 256", "int8 256"]
    sizes = [r.megabytes for r in found.rows]
    assert sizes == sorted(sizes, reverse=True)
    assert found.rows[0].error_px == 0
    assert found.rows[1].error_px < 0.05
    assert 0 < found.rows[2].error_px < 15
    assert not found.labelled
    assert all(r.people == 3 for r in found.rows)


def test_an_int8_bundle_finds_in_mediapipe_whom_float_finds(footage, found, quick, tmp_path, capsys):
    out = tmp_path / "a.task"
    assert (
        main(["export", "lite", "--int8", "--calibrate", str(footage), "--out", str(out), "--max-error-increase", "1"])
        == 0
    )
    assert "→ " in capsys.readouterr().out
    graph = Graph(bundle.unpack(out).landmarks)
    assert any(op.kind == "QUANTIZE" for op in graph.operators)
    assert all(t.dtype == "float32" for t in (*graph.inputs, *graph.outputs))

    mediapipe = pytest.importorskip("mediapipe")
    from mediapipe.tasks.python import BaseOptions, vision

    posetune.export("lite", tmp_path / "float.task")
    picture = cv2.imread(str(footage / "05.png"))[..., ::-1].copy()
    image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=picture)
    points = []
    for name in ("float.task", "a.task"):
        options = vision.PoseLandmarkerOptions(base_options=BaseOptions(model_asset_path=str(tmp_path / name)))
        with vision.PoseLandmarker.create_from_options(options) as landmarker:
            (pose,) = landmarker.detect(image).pose_landmarks
        points.append(np.array([(p.x * 400, p.y * 500) for p in pose]))
    assert np.linalg.norm(points[0] - points[1], axis=1).mean() < 20


def test_a_gate_that_no_int8_network_holds(footage, quick, tmp_path, capsys):
    command = ["export", "lite", "--calibrate", str(footage), "--out", str(tmp_path / "a.task"), "--json"]
    assert main([*command, "--max-error-increase", "0%"]) == 0  # float holds it
    assert json.loads(capsys.readouterr().out)["chosen"] in ("float 256", "fp16 256")


def test_nothing_is_written_that_misses_its_gate(footage, quick, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(export_int8, "DEFAULT_GATE", 0.0)
    out = tmp_path / "a.task"
    assert main(["export", "lite", "--int8", "--calibrate", str(footage), "--out", str(out)]) == 1
    said = capsys.readouterr()
    assert "Nothing was written" in said.err
    assert "mixed 256" in said.out  # the table is shown all the same
    assert not out.exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--int8"], "add --calibrate"),
        (["--int8", "--calibrate", "nowhere"], "does not exist"),
        (["--calibrate", "."], "go with --int8"),
        (["--int8", "--calibrate", ".", "--precision", "fp16"], "leave it out"),
    ],
)
def test_commands_that_make_no_sense(arguments, words, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["export", "lite", "--out", str(tmp_path / "a.task"), *arguments]) == 2
    assert words in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []
