"""Export: what is written passes the doctor, computes what its source computes, or is not written at all."""

from __future__ import annotations

import errno

import numpy as np
import pytest
from tests.helpers.figures import draw_person, room
from tests.helpers.variants import edited, external_buffers, normalized, not_finite, outputs, task

import posetune
from posetune import stock
from posetune.backends.litert import Network
from posetune.doctor.diagnose import diagnose_file
from posetune.errors import CheckFailed, PosetuneError
from posetune.graph import bundle, metadata
from posetune.graph.flatbuffer import Graph
from posetune.graph.precision import widen


@pytest.fixture(scope="module")
def lite() -> bytes:
    return stock.path("lite").read_bytes()


def same_answers(a: bytes, b: bytes, tolerance: float = 0.0) -> None:
    image = np.random.default_rng(3).random((256, 256, 3), dtype=np.float32)
    for x, y in zip(Network(a).run(image), Network(b).run(image), strict=True):
        np.testing.assert_allclose(x, y, rtol=0, atol=tolerance)


def test_a_bundle_from_a_run(lite, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "model.tflite").write_bytes(lite)
    done = posetune.export(run, tmp_path / "out" / "tuned.task")
    assert diagnose_file(done.path).verdict == "taken"
    assert done.bytes == done.path.stat().st_size
    assert done.differences["landmarks"] == 0
    parts = bundle.unpack(done.path)
    assert parts.detector == stock.path("detector").read_bytes()
    same_answers(parts.landmarks, lite)


@pytest.mark.parametrize("mode", ["IMAGE", "VIDEO"])
def test_mediapipe_finds_the_drawn_person(mode, tmp_path):
    mediapipe = pytest.importorskip("mediapipe")
    from mediapipe.tasks.python import BaseOptions, vision

    rgb = draw_person(room(400, 500), (200, 250), 1.3)
    image = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=rgb)
    options = vision.PoseLandmarkerOptions(
        base_options=BaseOptions(model_asset_path=str(posetune.export("lite", tmp_path / "a.task").path)),
        running_mode=vision.RunningMode[mode],
    )
    with vision.PoseLandmarker.create_from_options(options) as landmarker:
        if mode == "IMAGE":
            frames = [landmarker.detect(image)]
        else:  # standing still, the smoothing changes nothing
            frames = [landmarker.detect_for_video(image, 33 * k) for k in range(5)]
    (ours,) = posetune.load("lite", threads=1).predict(rgb, 1)
    for frame in frames:
        (theirs,) = frame.pose_landmarks
        points = np.array([(p.x * 400, p.y * 500) for p in theirs])
        assert points.shape == (33, 2)
        assert np.abs(points - ours.landmarks_px[:, :2]).mean() < 3


def test_exporting_twice_gives_the_same_bytes(tmp_path):
    for name in ("a.task", "b.task"):
        posetune.export("lite", tmp_path / name)
    assert (tmp_path / "a.task").read_bytes() == (tmp_path / "b.task").read_bytes()


def test_a_tflite_keeps_inputs_outputs_names_and_order(lite, tmp_path):
    done = posetune.export("lite", tmp_path / "lite.tflite")
    before, after = Graph(lite), Graph.read(done.path)
    assert (after.inputs, after.outputs) == (before.inputs, before.outputs)
    found = metadata.read(after)
    assert found is not None
    assert found.normalization == metadata.LANDMARKS_NORMALIZATION
    assert diagnose_file(done.path).verdict == "needs a bundle"


def test_fp32_computes_the_same_without_dequantize(lite, tmp_path):
    done = posetune.export("lite", tmp_path / "lite.tflite", precision="fp32")
    graph = Graph.read(done.path)
    assert all(op.kind != "DEQUANTIZE" for op in graph.operators)
    assert widen(graph) == 0
    same_answers(done.path.read_bytes(), lite, tolerance=0.02)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lite, detector: task(edited(lite, normalized((127.5,), (127.5,))), detector),
        lambda lite, detector: task(lite, detector, deflate=True),
        lambda lite, detector: task(external_buffers(lite), edited(detector, normalized((0.0,), (255.0,)))),
    ],
)
def test_export_mends_what_can_be_mended(lite, tmp_path, spoil):
    broken = tmp_path / "broken.task"
    broken.write_bytes(spoil(lite, stock.path("detector").read_bytes()))
    done = posetune.export(broken, tmp_path / "mended.task")
    diagnosis = diagnose_file(done.path)
    assert diagnosis.verdict == "taken"
    assert diagnosis.findings == ()
    same_answers(bundle.unpack(done.path).landmarks, lite)


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda lite: edited(lite, outputs(0, 1, 2, 3)), "4 outputs"),
        (not_finite(float("nan")), "NaN"),
        (lambda lite: stock.path("detector").read_bytes(), "is the detector"),
        (lambda lite: lite[:-1000], "damaged"),
        (lambda lite: b"", "neither"),
    ],
)
def test_an_unsound_network_is_not_exported(lite, tmp_path, spoil, words):
    (tmp_path / "a.tflite").write_bytes(spoil(lite))
    with pytest.raises(PosetuneError, match=words):
        posetune.export(tmp_path / "a.tflite", tmp_path / "out.task")
    assert not (tmp_path / "out.task").exists()


def test_a_network_that_changed_on_the_way_is_not_written(lite, tmp_path, monkeypatch):
    def careless(graph: Graph) -> int:
        first = next(op for op in graph.operators if op.kind == "CONV_2D")
        graph.set_constant(first.inputs[1], graph.constant(first.inputs[1]) * 1.01)
        return 1

    monkeypatch.setattr("posetune.export.file.widen", careless)
    with pytest.raises(CheckFailed, match="differ from the source"):
        posetune.export("lite", tmp_path / "a.task", precision="fp32")
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_be_written(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    for out, words in (
        (tmp_path / "a.zip", "must end in"),
        (tmp_path / "file" / "a.task", "Cannot write"),
        (tmp_path, "must end in"),
    ):
        with pytest.raises(PosetuneError, match=words):
            posetune.export("lite", out)

    def full_disk(self, content):
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    monkeypatch.setattr("pathlib.Path.write_bytes", full_disk)
    with pytest.raises(PosetuneError, match="No space left"):
        posetune.export("lite", tmp_path / "a.task")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_a_corrector_is_not_left_behind_without_a_word(lite, tmp_path):
    run = tmp_path / "run"
    run.mkdir()
    (run / "model.tflite").write_bytes(lite)
    (run / "corrector.npz").write_bytes(b"any")
    with pytest.raises(PosetuneError, match=r"corrector\.npz beside"):
        posetune.export(run, tmp_path / "out.task")
    assert not (tmp_path / "out.task").exists()
