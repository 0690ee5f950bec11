"""A whole run on a few drawn people: the smallest thing that goes through everything."""

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
