"""The benchmark's bookkeeping: what it says, not how fast anything is."""

import dataclasses
import itertools
import json

import numpy as np
import pytest

from posetune import stock
from posetune.cli import main
from posetune.errors import PosetuneError
from posetune.graph.flatbuffer import Graph
from posetune.graph.trim import without_segmentation
from posetune.measure import bench, bench_setup, bench_show
from posetune.measure.bench import Report, Row
from posetune.runtime.images import read_image

ROW_KEYS = {"system", "model", "mode", "size", "precision", "median_ms", "per_second", "peak_mb", "backend"}


@pytest.fixture(scope="module")
def lite():
    networks = stock.resolve("lite")
    return bench_setup.contender("posetune", "lite", networks.landmarks, networks.detector)


@pytest.fixture(scope="module")
def report(lite, tmp_path_factory):
    pictures = bench_setup.sample_pictures(tmp_path_factory.mktemp("pictures"))
    return bench.measure([lite], pictures, [], modes=["network", "cold_start"], rounds=1, threads=1)


def test_what_a_network_is():
    graph = Graph(stock.path("lite").read_bytes())
    assert bench_setup.precision(graph) == "float"
    assert bench_setup.macs(graph) == pytest.approx(198e6, rel=0.01)
    assert bench_setup.macs(Graph(without_segmentation(stock.path("lite").read_bytes()))) < 0.9 * 198e6


def test_one_row_a_mode_and_contender_with_the_agreed_keys(report):
    content = json.loads(json.dumps(report.to_json()))
    assert set(content) == {"machine", "rows"}
    assert [row["mode"] for row in content["rows"]] == ["network", "cold_start"]
    for row in content["rows"]:
        assert set(row) == ROW_KEYS
        assert row["median_ms"] > 0
        assert row["per_second"] == pytest.approx(1000 / row["median_ms"], rel=0.02, abs=1e-3)
        assert row["peak_mb"] is None or 20 < row["peak_mb"] < 2000
    assert content["machine"]["sgemm_gflops"] > 0


def test_the_table_names_the_limit_and_the_ratio(report, lite):
    text = bench_show.table(report, [lite])
    assert "of sgemm's limit" in text
    assert "against MediaPipe" in text
    assert "lite" in text


def row(system, model, ms, size=256, precision="float", mode="video"):
    return Row(system, model, mode, size, precision, ms, 1000 / ms, None)


def test_ratios_are_to_the_same_network_or_to_what_stands_for_it():
    rows = [row("mediapipe", "full", 20.0), row("mediapipe", "lite", 10.0), row("mediapipe", "mine", 24.0)]
    assert bench_show.ratio(row("posetune", "lite", 5.0), rows) == 2
    assert bench_show.ratio(row("posetune", "full", 4.0, size=192), rows) == 5
    assert bench_show.ratio(row("posetune", "mine", 12.0), rows) == 2
    assert bench_show.ratio(row("posetune", "other", 4.0), rows) == 5
    assert bench_show.ratio(row("posetune", "full", 4.0), []) is None


def test_a_network_of_ones_own_is_also_compared_with_stock_full(lite):
    rows = (row("mediapipe", "full", 20.0), row("mediapipe", "mine", 12.0), row("posetune", "mine", 4.0))
    machine = {"processor": "x", "threads": 2, "sgemm_gflops": None}
    text = bench_show.table(Report(machine, rows), [lite] * 3)
    assert "3.00 × as fast, 5.00 × stock full" in text


@pytest.mark.parametrize("suffix", [".svg", ".png"])
def test_the_chart(tmp_path, suffix):
    pytest.importorskip("matplotlib")
    rows = (
        row("mediapipe", "full", 20.0),
        row("posetune", "full", 8.0),
        row("posetune", "full", 400.0, mode="cold_start"),
    )
    bench_show.write_chart(Report({}, rows), tmp_path / f"chart{suffix}")
    assert (tmp_path / f"chart{suffix}").stat().st_size > 3000


def test_the_sample_pictures_and_clip(tmp_path):
    pictures, clip = bench_setup.sample_pictures(tmp_path / "a"), bench_setup.sample_clip(tmp_path / "b")
    assert {read_image(path).shape for path in pictures + clip} == {(480, 640, 3)}
    steps = [np.abs(read_image(a).astype(int) - read_image(b)).mean() for a, b in itertools.pairwise(clip)]
    assert min(steps) > 0
    assert max(steps) < 12  # the camera moves, and does not jump


def test_a_system_that_fails_says_why(lite, tmp_path):
    broken = dataclasses.replace(lite, landmarks=stock.path("detector").read_bytes())
    picture = bench_setup.sample_pictures(tmp_path)[:1]
    with pytest.raises(
        PosetuneError, match=r"benchmark of posetune, mode image, failed: .*no BlazePose landmark network"
    ):
        bench.measure([broken], picture, [], modes=["image"], rounds=1, threads=1)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--modes", "speed"], "no mode speed"),
        (["--chart", "x.jpg"], "must end in .svg or .png"),
        (["--rounds", "0"], "at least 1"),
        (["--stock", "tiny"], "no stock network tiny"),
        (["--stock", "lite", "--modes", "image", "--images", "nowhere", "--no-mediapipe"], "no folder nowhere"),
    ],
)
def test_bad_arguments_end_with_one_sentence(arguments, said, capsys):
    assert main(["bench", *arguments]) == 2
    assert said in capsys.readouterr().err


def test_full_runs_in_int8_at_both_sizes():
    pytest.importorskip("torch")
    from posetune.export.int8.make import Maker

    def plain(network: bytes) -> bytes:  # the same writer without the search for islands, which takes a minute
        size = Graph(network).inputs[0].shape[1]
        return Maker(network, bench_setup.sample_crops(size)[:2]).write()

    found = bench_setup.contenders([], False, ["full"], ["litert", "openvino"], plain)
    assert [(c.size, c.precision, c.backend) for c in found] == [
        (256, "float", "litert"), (256, "float", "openvino"), (192, "float", "litert"), (192, "float", "openvino"),
        (256, "int8", "litert"), (192, "int8", "litert"),
    ]  # fmt: skip
    assert found[4].macs == found[0].macs


def test_the_sample_crops_hold_people():
    crops = bench_setup.sample_crops(192)
    assert crops.shape[1:] == (192, 192, 3)
    assert len(crops) >= 16
    assert crops.std(axis=(1, 2, 3)).min() > 10


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--images", "{}/empty"], "holds no images"),
        (["--images", "{}/damaged"], "broken.png"),
        (["--video", "{}/none.mp4"], "none.mp4"),
        (["{}/none.tflite"], "no network"),
        (["{}/damaged/notes.tflite"], "notes.tflite"),
        (["--threads", "0"], "at least 1"),
    ],
)
def test_a_bad_input_is_known_before_anything_is_fetched(arguments, sentence, tmp_path, monkeypatch, capsys):
    def fetch(name):
        raise AssertionError(f"{name} was fetched")

    monkeypatch.setattr(stock, "path", fetch)
    (tmp_path / "empty").mkdir()
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    (tmp_path / "damaged" / "notes.tflite").write_text("not a network")
    given = [argument.format(tmp_path) for argument in arguments]
    assert main(["bench", "--no-mediapipe", "--no-int8", *given]) == 2
    assert sentence in capsys.readouterr().err
