from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sqlalchemy")

from tests.helpers.learning import registry_with

from posetune.learn import guards
from posetune.learn.guarding import Guarding
from posetune.learn.guards import Guard, Measured
from posetune.learn.rules import Rules
from posetune.progress import Reporter


def test_a_network_is_held_against_all_that_were_live_and_each_is_measured_once(tmp_path, lite, monkeypatch):
    registry = registry_with(tmp_path, lite)
    measured: list[object] = []
    figures = Measured(np.ones(1), np.ones((1, 8)), np.ones(1, dtype=bool), np.ones(1))
    monkeypatch.setattr(guards, "measure", lambda network, guard: measured.append(network) or figures)
    for _ in range(2):
        guarding = Guarding(registry, tmp_path / "work", Rules(), Reporter())
        checks = guarding.looked_over(lite + b"0001", (Guard("few people", ()),))
        assert [(check.name, check.passed) for check in checks] == [("few people", None), ("doctor", True)]
    assert len(measured) == 2
    assert measured[0] is not measured[1]
