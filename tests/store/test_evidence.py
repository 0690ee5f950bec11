from __future__ import annotations

import pytest

pytest.importorskip("sqlalchemy")

from tests.helpers.corrections import new

from posetune.store.corrections import Corrections
from posetune.store.evidence import Evidence
from posetune.store.forget import forget


def test_a_person_judges_a_challenger_once(database):
    store, evidence = Corrections(database), Evidence(database)
    unit, _ = store.add(new(kind="audit"))
    other, _ = store.add(new(kind="audit", x=300.0))
    assert evidence.judge(unit, "live", "a", 3.0, 2.0)
    assert not evidence.judge(unit, "live", "a", 3.0, 9.0)
    assert evidence.judge(other, "live", "a", 1.0, 2.0)
    assert [(v.live_error, v.challenger_error) for v in evidence.of("a", "live")] == [(3.0, 2.0), (1.0, 2.0)]
    assert evidence.of("b") == evidence.of("a", "earlier") == []
    assert evidence.judge(unit, "live", "b", 3.0, 9.0)
    assert len({v.scene for v in evidence.of("a")}) == 1  # one picture


def test_who_was_forgotten_does_not_judge(database):
    unit, _ = Corrections(database).add(new(kind="audit"))
    forget(database, "ada")
    assert not Evidence(database).judge(unit, "live", "a", 3.0, 2.0)
