"""The sweep: its plan, its subsets, going on where it was, and what it recommends. Trainings are stood in for."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.drawn_set import write_drawn_set
from tests.helpers.golden import assert_golden
from tests.measure.test_golden import ADDED

from posetune import cli, stock
from posetune.data.dataset import Dataset, ImageRecord, Person, load_dataset
from posetune.errors import PosetuneError
from posetune.measure.compare import ComparisonRow
from posetune.measure.results import Difference, DifferenceIntervals
from posetune.runtime.corrector import Corrector
from posetune.sweep import run as sweeping
from posetune.sweep.plan import Cell, cells, subset
from posetune.sweep.recommend import recommend
from posetune.sweep.run import SweepConfig, run_training, sweep


def many(groups: int = 5, each: int = 8) -> Dataset:
    images, people = [], []
    for number in range(groups * each):
        image = ImageRecord(number, Path(f"{number}.png"), 100, 100, f"scene {number % groups}")
        keypoints = np.zeros((33, 3))
        for index, (x, y) in {11: (60, 20), 12: (40, 20), 23: (60, 60), 24: (40, 60)}.items():
            keypoints[index] = x, y, 2
        images.append(image)
        people.append(Person(number, image, keypoints))
    return Dataset("many", tuple(images), tuple(people), (), (), Path("."))


def test_the_plan_is_every_combination_the_quick_ones_first():
    plan = cells(("full", "corrector"), ("lite", "full"), ("30", "all", "300"), images=120)
    assert [c.name for c in plan] == [
        "corrector-lite-30", "corrector-lite-all", "corrector-full-30", "corrector-full-all",
        "full-lite-30", "full-lite-all", "full-full-30", "full-full-all",
    ]  # fmt: skip
    with pytest.raises(PosetuneError, match="'some'"):
        cells(("full",), ("full",), ("some",), 10)
    with pytest.raises(PosetuneError, match="nothing to sweep"):
        cells((), ("full",), ("all",), 10)


def test_subsets_are_nested_seeded_and_spread_over_the_scenes():
    dataset = many()
    ten, twenty = subset(dataset, 10, 3), subset(dataset, 20, 3)
    assert len(ten.images) == len(ten.people) == 10
    assert {i.id for i in ten.images} < {i.id for i in twenty.images}
    assert sorted(np.unique([i.group for i in ten.images], return_counts=True)[1]) == [2] * 5
    assert [i.id for i in subset(dataset, 10, 3).images] == [i.id for i in ten.images]
    assert {i.id for i in subset(dataset, 10, 4).images} != {i.id for i in ten.images}
    assert len(subset(dataset, None, 3).images) == 40


@pytest.fixture
def data(tmp_path) -> Path:
    folder = tmp_path / "data"
    write_drawn_set(folder, "train", [150, 180, 210, 240])
    write_drawn_set(folder, "val", [170, 230])
    return folder


@pytest.fixture
def trainings(monkeypatch):
    """Instead of training: a run folder with a corrector that is the better the more images there are."""
    calls: list[tuple[str, ...]] = []

    def stand_in(arguments, out, say):
        calls.append((out.name, *arguments))
        if "lite" in out.name:
            return "there is no lite today"
        words = dict(zip(arguments[::2], arguments[1::2], strict=False))
        people = len(load_dataset(words["--data"], "train").usable)
        out.mkdir()
        (out / stock.RUN_NETWORK).write_bytes(stock.path("full").read_bytes())
        constant = np.full((2, 2), 0.2 / people)
        Corrector(np.array([23, 24]), constant, (), 0.0, 1.0, {"kind": "x"}).save(out / stock.RUN_CORRECTOR)
        summary = {"method": "corrector", "train_people": people, "seconds": 2.0, "tuned_px": 1.0}
        (out / "summary.json").write_text(json.dumps(summary))
        return None

    monkeypatch.setattr(sweeping, "run_training", stand_in)
    return calls


def test_a_sweep_trains_each_cell_once_and_goes_on_where_it_was(data, tmp_path, trainings):
    out = tmp_path / "sweep"
    config = SweepConfig(data, out, ("corrector",), ("full",), ("2", "all"), threads=1)
    result = sweep(config, say=lambda text: None)
    assert [call[0] for call in trainings] == ["corrector-full-2", "corrector-full-all"]
    rows = [row for row in result.comparison.result["rows"] if row["kind"] == "model"]
    assert [(row["name"], row["train_people"]) for row in rows] == [("corrector-full-2", 2), ("corrector-full-all", 4)]
    assert len(load_dataset(out / "sets" / "2", "train").usable) == 2
    assert (out / "sweep.md").read_text().startswith("data · val")
    assert "## Recommendation" in (out / "sweep.md").read_text()
    assert "Validation has 2 scenes" in (out / "sweep.html").read_text()
    figures = json.loads((out / "sweep.json").read_text())
    assert figures["recommendation"] == result.words
    del figures["recommendation"]  # it names figures of this machine
    assert_golden("sweep", figures, ("posetune", "data", "ms_per_crop", "bytes", "added_bytes"), ADDED)

    (out / "corrector-full-2" / "summary.json").unlink()  # as if it had been interrupted
    (out / "corrector-full-2" / stock.RUN_NETWORK).unlink()
    (out / "corrector-full-2" / stock.RUN_CORRECTOR).unlink()
    (out / "corrector-full-2").rmdir()
    sweep(config, say=lambda text: None)
    assert [call[0] for call in trainings[2:]] == ["corrector-full-2"]


def test_a_set_of_one_video_keeps_its_last_images(tmp_path, trainings):
    write_drawn_set(tmp_path / "data", "train", [150, 180, 210, 240, 270])
    file = tmp_path / "data" / "annotations" / "train.json"
    labels = json.loads(file.read_text())
    for image in labels["images"]:
        image["video"] = "the only one"
        image.pop("scene_group", None)
    file.write_text(json.dumps(labels))
    said: list[str] = []
    sweep(
        SweepConfig(tmp_path / "data", tmp_path / "s", ("corrector",), ("full",), ("all",), threads=1), say=said.append
    )
    assert any("figures on them flatter" in text for text in said)
    held = load_dataset(tmp_path / "s" / "sets" / "all", "val")
    assert [image.path.name for image in held.images] == [labels["images"][-1]["file_name"]]


def test_a_cell_that_fails_does_not_end_the_sweep(data, tmp_path, trainings, capsys):
    command = ["sweep", "--data", str(data), "--out", str(tmp_path / "s"), "--methods", "corrector", "--counts", "all"]
    assert cli.main([*command, "--threads", "1", "--json"]) == 1
    shown = capsys.readouterr()
    assert json.loads(shown.out)["failed"] == {"corrector-lite-all": "there is no lite today"}
    assert "corrector-lite-all failed" in shown.err


def test_every_cell_failing_is_an_error_with_its_reason(data, tmp_path, trainings):
    with pytest.raises(PosetuneError, match="no lite today"):
        sweep(SweepConfig(data, tmp_path / "s", ("corrector",), ("lite",), ("all",)), say=lambda text: None)


def test_a_folder_of_another_sweep_or_of_something_else_is_refused(data, tmp_path, trainings):
    out = tmp_path / "sweep"
    sweep(SweepConfig(data, out, ("corrector",), ("full",), ("all",), threads=1), say=lambda text: None)
    with pytest.raises(PosetuneError, match="another seed"):
        sweep(SweepConfig(data, out, ("corrector",), ("full",), ("all",), seed=1), say=lambda text: None)
    with pytest.raises(PosetuneError, match="not empty"):
        sweep(SweepConfig(data, data, ("corrector",), ("full",), ("all",)), say=lambda text: None)


def test_a_real_training_process_says_why_it_failed(tmp_path):
    said: list[str] = []
    reason = run_training(["--method", "corrector", "--data", str(tmp_path / "none")], tmp_path / "run", said.append)
    assert reason is not None
    assert "no data set folder" in reason
    assert reason in (tmp_path / "run.log").read_text()


def row(name: str, error: float, base: str = "full", relative: float | None = None, **more) -> ComparisonRow:
    difference = None
    if relative is not None:
        bounds = more.pop("bounds", (relative - 0.05, relative + 0.05))
        difference = Difference(base, 9, None, relative, None, None, DifferenceIntervals(None, bounds, None, None))
    values = {field.name: None for field in dataclasses.fields(ComparisonRow)}
    values |= {"ms_per_crop": 16.0, "train_seconds": 20.0, "kind": "stock" if relative is None else "model"}
    values |= {"name": name, "base": base, "mean_error_crop_px": error, "difference_to_stock": difference}
    return ComparisonRow(**{**values, **more})


def words(rows: list[ComparisonRow], *named: Cell, groups: int = 9) -> str:
    return " ".join(recommend(rows, groups, {cell.name: cell for cell in named}))


def test_the_recommendation_says_what_the_table_says():
    rows = [
        row("full", 8.0), row("lite", 9.0, "lite", ms_per_crop=11.0), row("heavy", 6.0, "heavy", ms_per_crop=48.0),
        row("full-full-30", 7.4, relative=-0.075), row("full-full-all", 6.4, relative=-0.2),
        row("full-lite-all", 6.5, "lite", relative=-0.28, ms_per_crop=11.0),
        row("corrector-full-all", 7.4, relative=-0.075),
    ]  # fmt: skip
    plan = [
        Cell("full", "full", 30),
        Cell("full", "full", None),
        Cell("full", "lite", None),
        Cell("corrector", "full", None),
    ]
    text = words(rows, *plan)
    for part in (
        "Take full-full-all (full, fully tuned, from all labelled images): 6.40 crop px on validation, 20% below stock full",
        "Stock heavy, untouched, is better still (6.00 crop px), at 3.0 times",
        "full-lite-all is nearly as good (6.50) and answers in 69%",
        "corrector-full-all stands behind it, trained in 20 s",
        "30: 7.40, all: 6.40; the last step still brought 14%",
        "Chosen on validation",
    ):
        assert part in text
    assert "mean nothing" not in text


def test_the_recommendation_does_not_sell_what_is_none():
    worse = [row("full", 8.0), row("corrector-full-all", 8.2, relative=0.02)]
    assert "Keep stock full (8.00 crop px)" in words(worse, Cell("corrector", "full", None))
    unsure = [row("full", 8.0), row("corrector-full-all", 7.9, relative=-0.01)]
    text = words(unsure, Cell("corrector", "full", None), groups=2)
    assert "could still be chance" in text
    assert "2 scenes or videos only" in text
    flat = [row("full", 8.0), row("full-full-30", 7.0, relative=-0.12), row("full-full-all", 6.95, relative=-0.13)]
    assert "next to nothing" in words(flat, Cell("full", "full", 30), Cell("full", "full", None))
    little = [*flat[:2], row("full-full-all", 6.86, relative=-0.14)]
    assert "will help a little" in words(little, Cell("full", "full", 30), Cell("full", "full", None))


def test_distilling_needs_something_to_look_at(data, tmp_path, capsys):
    assert cli.main(["sweep", "--data", str(data), "--out", str(tmp_path / "s"), "--methods", "distill"]) == 2
    assert "--unlabelled" in capsys.readouterr().err
    assert cli.main(["sweep", "--data", str(data), "--out", str(tmp_path / "s"), "--methods", "magic"]) == 2
    assert "there is no magic" in capsys.readouterr().err
    assert cli.main(["sweep", "--data", str(data), "--out", str(tmp_path / "s"), "--bases", "foo"]) == 2
    assert "there is no foo" in capsys.readouterr().err
    assert cli.main(["sweep", "--data", str(data), "--out", str(tmp_path / "s"), "--counts", "²", "--plan"]) == 2
    assert "whole numbers" in capsys.readouterr().err
    # a foreign folder is refused before a search of hours
    assert cli.main(["sweep", "--data", str(data), "--out", str(data), "--search", "9"]) == 2
    assert "not empty" in capsys.readouterr().err


def test_the_plan_can_be_seen_beforehand(data, tmp_path, capsys):
    command = ["sweep", "--data", str(data), "--out", str(tmp_path / "s"), "--plan", "--bases", "full"]
    assert cli.main([*command, "--counts", "2,10,all"]) == 0
    assert capsys.readouterr().out.split() == ["corrector-full-2", "corrector-full-all", "full-full-2", "full-full-all"]
    assert not (tmp_path / "s").exists()
