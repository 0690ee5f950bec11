import csv
import json
import shutil

import pytest

import posetune
from posetune import stock
from posetune.cli import main
from posetune.data.dataset import load_dataset
from posetune.data.split_record import SplitRecord
from posetune.errors import PosetuneError
from posetune.runtime.detector import Detector

QUICK = [
    "--set", "steps=4", "--set", "batch=4", "--set", "visits=2", "--set", "validations=1",
    "--set", "replay.sample_set=false",
]  # fmt: skip


@pytest.fixture(scope="module")
def run(pictures, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "run"
    assert main(["train", "--detector", "--data", str(pictures), "--out", str(out), *QUICK]) == 0
    return out


def test_a_run_leaves_a_detector_with_what_it_finds(run):
    summary = json.loads((run / "summary.json").read_text())
    assert summary["method"] == "detector"
    assert summary["val"]["labelled"] == summary["val_base"]["labelled"] > 0
    assert len((run / "detector.tflite").read_bytes()) == len(stock.path("detector").read_bytes())
    assert Detector(stock.detector_of(run))


def test_a_run_leaves_what_every_run_leaves(run, pictures):
    record = SplitRecord.of_run(run)
    people = load_dataset(pictures, "train").people
    assert record.learned_from(people).all()
    assert record.held_back(load_dataset(pictures, "val").people).all()
    assert {"curves.png", "batch.jpg", "validation.jpg", "results.csv", "train.yaml"} <= {p.name for p in run.iterdir()}
    rows = list(csv.DictReader((run / "results.csv").open()))
    assert [row["step"] for row in rows] == ["0", "4"]
    assert int(rows[0]["labelled"]) > 0
    landmarks = json.loads((run / "summary.json").read_text())["landmarks"]
    assert landmarks is None or landmarks["people"] > 0


def test_it_is_exported_beside_a_landmark_network_and_loaded(run, tmp_path, pictures):
    posetune.export("lite", tmp_path / "pose.task", detector=run)
    assert main(["doctor", str(tmp_path / "pose.task")]) == 0
    assert stock.resolve(tmp_path / "pose.task").detector[-1000:] == stock.detector_of(run)[-1000:]
    image = posetune.load("lite", detector=run, threads=1)
    assert image.detector is not None
    with pytest.raises(PosetuneError, match="holds no detector"):
        posetune.export("lite", tmp_path / "pose.tflite", detector=run)


def test_a_dense_detector_goes_into_the_task(run, tmp_path):
    for dense in (False, True):
        posetune.export("lite", tmp_path / f"{dense}.task", detector=run, dense_detector=dense)
    sizes = [(tmp_path / f"{dense}.task").stat().st_size for dense in (False, True)]
    assert sizes[1] - sizes[0] > 2_500_000


def test_as_a_landmark_network_it_is_refused_with_what_to_do(run):
    with pytest.raises(PosetuneError, match="--detector"):
        stock.resolve(run)


def test_resumed_it_ends_as_an_unbroken_run(run, pictures, tmp_path):
    out = tmp_path / "run"
    begun = ["train", "--detector", "--data", str(pictures), "--out", str(out), *QUICK]
    assert main([*begun, "--set", "steps=2", "--set", "schedule=constant", "--set", "warmup=0"]) == 0
    assert main(["train", "--detector", "--out", str(out), "--resume", "--set", "steps=4"]) == 0
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [e["step"] for e in lines if e["kind"] == "validation"] == [0, 2, 4]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--data", "nowhere"], "nowhere"),
        ([], "--data"),
        (["--data", "DATA", "--base", "full"], "full"),
        (["--data", "DATA", "--set", "visits=100"], "visits"),
        (["--data", "DATA", "--synthetic", "3"], "--synthetic"),
        (["--data", "DATA", "--set", "others=none"], "others"),
    ],
)
def test_bad_input_is_one_sentence(arguments, says, pictures, tmp_path, capsys):
    arguments = [str(pictures) if a == "DATA" else a for a in arguments]
    assert main(["train", "--detector", "--out", str(tmp_path / "out"), *arguments]) == 2
    assert says in capsys.readouterr().err


def test_partial_goes_with_a_detector_only(pictures, tmp_path, capsys):
    assert main(["train", "--data", str(pictures), "--out", str(tmp_path / "out"), "--partial"]) == 2
    assert "--detector" in capsys.readouterr().err


def test_a_set_in_which_few_are_labelled_is_told_of(pictures, tmp_path, capsys):
    partly = tmp_path / "partly"
    shutil.copytree(pictures, partly)
    file = partly / "annotations" / "train.json"
    content = json.loads(file.read_text())
    content["annotations"] = content["annotations"][:1]
    file.write_text(json.dumps(content))
    arguments = ["train", "--detector", "--data", str(partly), *QUICK, "--set", "steps=1"]
    assert main([*arguments, "--out", str(tmp_path / "a")]) == 0
    assert "miss the others" in capsys.readouterr().err
    assert main([*arguments, "--out", str(tmp_path / "b"), "--partial"]) == 0
    assert "miss the others" not in capsys.readouterr().err


def test_boxes_alone_teach_no_detector(pictures, tmp_path, capsys):
    boxes = tmp_path / "boxes"
    shutil.copytree(pictures, boxes)
    for file in (boxes / "annotations").glob("*.json"):
        content = json.loads(file.read_text())
        for annotation in content["annotations"]:
            annotation |= {"keypoints": [0] * len(annotation["keypoints"]), "num_keypoints": 0}
        file.write_text(json.dumps(content))
    assert main(["train", "--detector", "--data", str(boxes), "--out", str(tmp_path / "out")]) == 2
    assert "not one point is labelled" in capsys.readouterr().err


def test_in_python_it_is_a_method_whose_steps_and_validations_are_heard_of(pictures, tmp_path):
    keys = {"steps": 1, "batch": 2, "visits": 1, "validations": 1, "replay": {"sample_set": False}}
    heard = []
    result = posetune.train(
        pictures, out=tmp_path / "run", method="detector", say=lambda _: None, callbacks=[heard.append], **keys
    )
    assert result.detector.exists()
    assert result.to_json()["tuned"]["labelled"] == result.tuned.labelled
    assert [e["kind"] for e in heard] == ["begin", "validation", "step", "validation", "end"]
    assert {"found", "duplicates", "false", "side", "f1"} <= heard[1].keys()
    assert heard[2]["samples"] == 2
    assert main(["train", "--resume", "--out", str(tmp_path / "run"), "--detector", "--set", "steps=2"]) == 0
