from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn")

from tests.helpers.drawn_set import write_drawn_set

from posetune.learn import drift
from posetune.learn.drift import Seen, drifted, seen
from posetune.runtime.load import load


def people(seed: int, count: int = 100, *, presence: float = 0.0, size: float = 1.0, squats: float = 0.0) -> Seen:
    rng = np.random.default_rng(seed)
    numbers = np.stack(
        [
            1 / (1 + np.exp(-rng.normal(3 + presence, 1, count))), rng.beta(8, 2, count), rng.gamma(4, 1.0, count),
            size * rng.beta(4, 6, count),
        ],
        axis=1,
    )  # fmt: skip
    poses = np.clip(rng.normal(150, 15, (count, 8)), 0, 180)
    poses[: round(squats * count), 4:] -= 70
    return Seen(numbers, poses)


def test_the_same_kind_of_people_is_no_alarm():
    assert [drifted(people(seed), people(100 + seed)) for seed in range(20)] == [""] * 20


@pytest.mark.parametrize(
    ("change", "says"),
    [({"presence": -2.0}, "presence"), ({"size": 0.5}, "the size of people"), ({"squats": 0.6}, "other poses")],
)
def test_other_people_are_told_of_in_one_sentence(change, says):
    said = drifted(people(1), people(2, **change))
    assert says in said
    assert said.startswith("People have changed: ")


def test_few_people_say_nothing():
    assert drifted(people(1), people(2, drift.LEAST - 1, presence=-2.0)) == ""


def test_what_a_network_sees_of_people(tmp_path):
    drawn = write_drawn_set(tmp_path, "test", [120.0, 140.0, 160.0]).people
    found = seen(load("lite"), drawn)
    assert found.numbers.shape == (3, 4)
    assert found.poses.shape == (3, 8)
    assert ((found.numbers[:, :2] >= 0) & (found.numbers[:, :2] <= 1)).all()
    assert (found.numbers[:, 2] > 0).all()
    assert found.numbers[:, 3] == pytest.approx([p.crop.side / 440 for p in drawn])
