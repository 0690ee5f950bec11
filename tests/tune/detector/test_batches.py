import numpy as np
import torch

from posetune.tune.detector.batches import BatchMaker, BatchPlan, Prepared
from posetune.tune.detector.targets import Targets


def maker(asked, kept=8):
    def prepare(samples):
        asked.append(samples)
        blank = Targets(*(np.zeros(shape, np.float32) for shape in ((4,), (4,), (4, 5, 2), (4,), (4, 5))))
        return [Prepared(torch.full((1, 2, 2), float(n)).half(), blank, str(n)) for n in samples]

    return BatchMaker(lambda n: n, prepare, BatchPlan(4, 2, kept, 0))


def test_each_batch_has_new_samples_and_some_of_late():
    asked = []
    make = maker(asked)
    names = [make(step).names for step in range(10)]
    assert [len(a) for a in asked] == [4] + 9 * [2]
    assert names[9][:2] == ("20", "21")
    assert all(12 <= int(n) < 20 for n in names[9][2:])


def test_a_resumed_run_makes_the_samples_again():
    first, later = maker([]), maker([])
    batches = [first(step) for step in range(10)]
    assert later(9).names == batches[9].names
    assert torch.equal(later(9).images, batches[9].images)


def test_parts_divide_a_batch():
    batch = maker([])(0)
    assert batch.part(1, 2).names == ("1", "3")
    assert batch.part(1, 2).targets.points.shape == (2, 4, 5, 2)
