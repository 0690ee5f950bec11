"""Who writes to the store is killed at random moments; benchmarks/kill_store.py does it a hundred times."""

from __future__ import annotations

import random

import pytest

pytest.importorskip("sqlalchemy")

from tests.helpers.scripts import load_script


def test_nothing_that_was_acknowledged_is_lost_or_there_twice(empty_url):
    kills = load_script("benchmarks/kill_store.py")
    rng, said, start = random.Random(3), [], 0
    for _ in range(3):
        said += kills.kill_once(empty_url, start, rng.uniform(0.1, 0.6))
        start = max((what[2] + 1 for what in said if what[0] == "trying"), default=0)
    assert any(what[0] == "kept" for what in said)
    assert kills.faults(empty_url, said) == []


def test_a_fault_would_be_seen(tmp_path):
    kills = load_script("benchmarks/kill_store.py")
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    found = kills.faults(url, [["kept", "p0-0", 0, "an id"]])
    assert [fault.split(":")[0] for fault in found] == ["lost", "added again", "a file too many"]
