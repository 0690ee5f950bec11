"""A whole run on a few drawn people: the smallest thing that goes through everything."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")
from tests.helpers.short_run import SMALL

from posetune import stock
from posetune.data.dataset import load_dataset
from posetune.errors import PosetuneError
from posetune.graph.flatbuffer import Graph
from posetune.progress import Reporter
from posetune.tune.config import load_config
from posetune.tune.people.batches import BatchMaker, BatchPlan
from posetune.tune.people.samples import ImageCache, subject_of
from posetune.tune.run_folder import RunFolder
from posetune.tune.session import Session
from posetune.tune.training.loop import Loop
from posetune.tune.training.trainer import Trainer
from posetune.tune.training.validate import Score


def test_a_loss_that_is_not_finite_names_the_batch(lite_labelled, tmp_path):
    config = load_config(None, {"data": str(lite_labelled), "out": str(tmp_path)}, SMALL)
    subjects = [subject_of(p) for p in load_dataset(lite_labelled, "train").usable]
    subjects[3].keypoints[:] = np.nan
    batches = BatchMaker(subjects, [], BatchPlan(8, 0.0, 256, None, 0), ImageCache())
    trainer = Trainer(Graph.read(stock.path("lite")), config, [batches(0).images], torch.device("cpu"))
    before = [p.detach().clone() for p in trainer.parameters]
    with pytest.raises(PosetuneError, match=r"step 1.*train3\.png"):
        trainer.step(batches(0), 10)
    assert all(torch.equal(a, b) for a, b in zip(before, trainer.parameters, strict=True))


def test_a_setback_goes_back_to_the_best_weights_at_a_third_of_the_rate(lite_labelled, tmp_path):
    scores = iter([9.0, 10.0, 8.0, 8.05, 12.0])  # at first, and after each of four steps
    averages: list[torch.Tensor] = []

    def look(network, *_):
        averages.append(trainer.averaged_copy())
        mean = next(scores)
        return Score(mean, 0.5, (mean - 0.1, mean, mean + 0.1))

    settings = [*SMALL, "rollback=0.01", "validations=4", "batch=2"]
    config = load_config(None, {"data": str(lite_labelled), "out": str(tmp_path), "base": "lite"}, settings)
    subjects = [subject_of(p) for p in load_dataset(lite_labelled, "train").usable]
    cache, cpu = ImageCache(), torch.device("cpu")
    batches = BatchMaker(subjects, [], BatchPlan(2, 0.0, 256, None, 0), cache)
    trainer = Trainer(Graph.read(stock.path("lite")), config, [batches(0).images], cpu)
    stepped_back: list[list[torch.Tensor]] = []
    back = trainer.step_back
    trainer.step_back = lambda weights: (back(weights), stepped_back.append([p.clone() for p in trainer.parameters]))
    said: list[str] = []
    session = Session(config, RunFolder(tmp_path), cpu, cache, Reporter(said.append), networks=None)
    Loop(session, trainer, look).go(batches, 4)
    assert trainer.rate == pytest.approx(1 / 3)  # once: 8.05 is below 1 %, and after the last step nothing follows
    assert [text for text in said if "back to there" in text] == [
        "That is 11.1% worse than at step 0: back to there, at a third of the learning rate."
    ]
    assert all(torch.equal(a, b) for a, b in zip(stepped_back[0], averages[0], strict=True))
    assert not all(torch.equal(a, b) for a, b in zip(averages[1], averages[0], strict=True))


class _Look:
    """A second look that sets one point of the first subject free."""

    def __init__(self, subjects):
        self.subjects, self.judged = subjects, 0

    def judge(self):
        self.judged += 1
        return {0: [11]}

    def free(self, landmarks):
        weight = self.subjects[0].weight.copy()
        weight[landmarks[0]] = 7
        self.subjects[0] = replace(self.subjects[0], weight=weight)

    def text(self, landmarks):
        return f"freed {landmarks}"


def _with_second_look(lite_labelled, out, total):
    """A loop of ``total`` steps with a second look, and whether the point was free at each of its steps."""
    config = load_config(None, {"data": str(lite_labelled), "out": str(out), "base": "lite"}, [*SMALL, "visits=2"])
    subjects = [subject_of(p) for p in load_dataset(lite_labelled, "train").usable[:2]]
    cache, cpu = ImageCache(), torch.device("cpu")
    batches = BatchMaker(subjects, [], BatchPlan(2, 0.0, 256, None, 0), cache)
    trainer = Trainer(Graph.read(stock.path("lite")), config, [batches(0).images], cpu)
    out.mkdir(exist_ok=True)
    session = Session(config, RunFolder(out), cpu, cache, Reporter(), networks=None)
    loop = Loop(session, trainer, lambda *_: Score(9.0, 0.5), _Look(batches.subjects))
    free = []
    step = loop.step
    loop.step = lambda batch: (free.append(bool((batch.targets.weight == 7).any())), step(batch))[1]
    return loop, batches, free


def test_a_second_look_comes_once_half_way_and_a_resumed_run_goes_on_behind_it(lite_labelled, tmp_path):
    loop, batches, free = _with_second_look(lite_labelled, tmp_path / "run", 4)
    loop.go(batches, 4)
    assert free == [False, False, True, True]
    again, batches, free = _with_second_look(lite_labelled, tmp_path / "run", 4)
    again.load()
    again.go(batches, 6)
    assert free == [True, True]
    assert (loop.second_look.judged, again.second_look.judged) == (1, 0)
