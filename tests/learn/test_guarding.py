from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sqlalchemy")

from tests.helpers.drawn_set import write_drawn_set
from tests.helpers.learning import registry_with

from posetune.learn import guards
from posetune.learn.guarding import TOGETHER, Guarding
from posetune.learn.guards import Check, Guard, Measured
from posetune.learn.rules import Rules
from posetune.progress import Reporter


def test_a_network_is_held_against_all_that_were_live_and_each_is_measured_once(tmp_path, lite, monkeypatch):
    registry = registry_with(tmp_path, lite)
    measured: list[object] = []
    figures = Measured(np.ones(1), np.ones((1, 8)), np.ones(1, dtype=bool), np.ones(1))
    monkeypatch.setattr(guards, "measure", lambda network, guard, progress: measured.append(network) or figures)
    for _ in range(2):
        guarding = Guarding(registry, tmp_path / "work", Rules(), Reporter())
        checks = guarding.looked_over(lite + b"0001", (Guard("few people", ()),))
        assert [(check.name, check.passed) for check in checks] == [("few people", None), ("doctor", True)]
    assert len(measured) == 2
    assert measured[0] is not measured[1]


def test_guards_that_are_too_small_to_show_anything_are_asked_together(tmp_path, lite, monkeypatch):
    rng = np.random.default_rng(0)
    registry, worse = registry_with(tmp_path, lite), lite + b"0001"
    parts = []
    for name in ("one", "two"):  # the same names of scenes in both
        people = write_drawn_set(tmp_path / name, "test", [120.0 + n for n in range(12)]).people
        parts.append(Guard(name, people))
    rendered = Guard("ordinary people", parts[0].people[:2], must_show=True)
    live = np.exp(0.1 * rng.standard_normal(12))

    def measure(network, guard, progress):
        errors = live[: len(guard.people)] * (1.1 if network == "challenger" else 1.0)
        return Measured(errors, np.ones((len(errors), 8)), np.ones(len(errors), dtype=bool), np.ones(len(errors)))

    monkeypatch.setattr(guards, "measure", measure)
    monkeypatch.setattr(guards, "speed", lambda *_: Check("speed", True, ""))
    guarding = Guarding(registry, tmp_path / "work", Rules(), Reporter())
    monkeypatch.setattr(guarding, "network", lambda sha256: "live" if sha256 == registry.state.live else "challenger")
    checks = {check.name: check.passed for check in guarding.looked_over(worse, (rendered, *parts))}
    assert checks["one"] is checks["two"] is None
    assert checks[f"{TOGETHER}: error"] is False
    assert checks[f"{TOGETHER}: found"] is True
    alone = guarding.looked_over(worse, (rendered, parts[0]))
    assert not any(check.name.startswith(TOGETHER) for check in alone)
