from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sqlalchemy")

from tests.helpers.drawn_set import write_drawn_set
from tests.helpers.learning import add_people, opened, registry_with

from posetune.learn import drift
from posetune.learn.changed import Changed
from posetune.learn.guarding import Guarding
from posetune.learn.material import Sets
from posetune.learn.people import labelled
from posetune.learn.rules import Rules
from posetune.learn.trial import FORWARD, Trial
from posetune.progress import Reporter
from posetune.store.corrections import Corrections
from posetune.store.runs import Runs


@pytest.fixture
def compared(monkeypatch):
    """The (reference, recent) that were compared."""
    found: list[tuple[drift.Seen, drift.Seen]] = []
    monkeypatch.setattr(drift, "LEAST", 3)
    monkeypatch.setattr(drift, "drifted", lambda *both: found.append(both) or "")
    return found


def test_what_was_learned_from_is_known_in_every_folder(tmp_path, lite, compared):
    said: list[str] = []
    registry = registry_with(tmp_path, lite)
    live = registry.state.live
    write_drawn_set(tmp_path / "first", "train", [200.0])
    with opened(tmp_path) as database:
        store, runs = Corrections(database), Runs(database)
        learned = add_people(database, tmp_path, [120.0, 140.0, 160.0, 180.0])
        runs.finish(runs.begin([unit.number for unit in learned[:3]], store.newest()), "challenger")
        add_people(database, tmp_path, [220.0, 240.0], "audit", "bob")
        trial = Trial(FORWARD, "challenger", live, learned[-1].number, 0, 100.0)

        def changed(work: str) -> Changed:
            guarding = Guarding(registry, tmp_path / work, Rules(), Reporter())
            return Changed(store, runs, guarding, Sets(tmp_path / "first"), tmp_path / work, Reporter(said.append))

        assert changed("here").since(trial, tmp_path / "scratch") == ""
        assert "4 of the people that it learned from are looked at again" in said[0]
        assert not (tmp_path / "scratch").exists()  # pictures of people
        kept = tmp_path / "here" / "measured" / "learned-from-challenger.npz"
        for harm in (None, b"", b"PK"):
            if harm is not None:
                kept.write_bytes(harm)
            changed("here").since(trial, tmp_path / "scratch")
        assert len(said) == 3  # of what is damaged, again
        for reference, recent in compared:
            assert np.array_equal(reference.numbers, compared[0][0].numbers)
            assert (len(reference.numbers), len(recent.numbers)) == (4, 2)

        # As the pass that trained it wrote it down.
        people = [p for _, p in labelled(learned[:3], store, tmp_path / "there")]
        written = changed("there").remember("challenger", live, people)
        assert written is not None
        assert np.allclose(written.poses, compared[0][0].poses[1:])


def test_of_a_network_from_elsewhere_nothing_is_known(tmp_path, lite, compared):
    registry = registry_with(tmp_path, lite)
    with opened(tmp_path) as database:
        guarding = Guarding(registry, tmp_path / "work", Rules(), Reporter())
        changed = Changed(Corrections(database), Runs(database), guarding, Sets(), tmp_path / "work", Reporter())
        assert changed.since(Trial(FORWARD, "theirs", registry.state.live, 0, 0, 100.0), tmp_path / "scratch") == ""
    assert compared == []
