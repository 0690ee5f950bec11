from __future__ import annotations

import pytest

pytest.importorskip("sqlalchemy")

import sqlalchemy as sa
from tests.helpers.learning import add_people, opened, registry_with

from posetune.learn.rules import Rules
from posetune.learn.status import status
from posetune.store.corrections import Corrections
from posetune.store.evidence import Evidence as Verdicts
from posetune.store.registry import entry as kinds
from posetune.store.registry.registry import Registry
from posetune.store.runs import Runs
from posetune.store.tables import images


def test_how_much_evidence_is_missing_is_said_in_plain_words(tmp_path):
    registry = registry_with(tmp_path, b"live")
    live = registry.state.live
    with opened(tmp_path) as database:
        said = status(registry, database, Rules()).sentences
        assert (
            "Nothing challenges it; 0 of the 20 new corrections have come that a training waits for (--least)." in said
        )
        challenger = registry.add(b"new", ".tflite", {"name": "learned-1"}, by="test").sha256
        registry.append(kinds.CHALLENGE, {"network": challenger, "live": live, "frozen_at": 0}, "test")
        found = status(registry, database, Rules())
        assert any("no audited person has judged yet" in s for s in found.sentences)

        for unit in add_people(database, tmp_path, [100.0 + n for n in range(12)], "audit"):
            Verdicts(database).judge(unit, live, challenger, 6.0, 5.0)
        found = status(registry, database, Rules())
        (one,) = found.figures["trials"]
        assert one["units"] == 12
        assert one["units_missing"] > 20
        assert one["units_a_week"] == pytest.approx(84, rel=0.1)  # all of one day
        (said,) = [s for s in found.sentences if "learned-1" in s]
        assert f"about {one['units_missing']} more are missing" in said
        assert "at the present pace" in said
        (said,) = [s for s in status(registry, database, Rules(most_units=30)).sentences if "learned-1" in s]
        assert "a trial ends after 30: unless the next ones say more, nothing will be proven." in said

        ahead = status(registry, database, Rules(), now=lambda: 0.0)  # the clock says that all of it is to come
        assert ahead.figures["trials"][0]["units_a_week"] is None

        registry.append(kinds.HOLD, {"why": "a fair"}, "test")
        assert any("a fair" in s for s in status(registry, database, Rules()).sentences)


def test_people_of_one_scene_are_said_to_count_once(tmp_path):
    registry = registry_with(tmp_path, b"live")
    live = registry.state.live
    with opened(tmp_path) as database:
        challenger = registry.add(b"new", ".tflite", {"name": "learned-1"}, by="test").sha256
        registry.append(kinds.CHALLENGE, {"network": challenger, "live": live, "frozen_at": 0}, "test")
        add_people(database, tmp_path, [100.0, 120.0, 140.0], "audit")
        with database.write() as connection:
            connection.execute(sa.update(images).values(scene="a video"))
        for unit in Corrections(database).find():
            Verdicts(database).judge(unit, live, challenger, 6.0, 5.0)
        found = status(registry, database, Rules())
        assert (found.figures["trials"][0]["judged"], found.figures["trials"][0]["units"]) == (3, 1)
        assert any(s.startswith("3 people have judged, but in one scene or video") for s in found.sentences)


def test_after_a_rollback_it_is_said_why(tmp_path):
    registry = registry_with(tmp_path, b"live")
    first = registry.state.live
    other = registry.add(b"new", ".tflite", {"name": "mine"}, by="test").sha256
    registry.append(kinds.PROMOTE, {"network": other, "why": "a try"}, "test")
    registry.append(kinds.ROLLBACK, {"network": first, "why": "it swaps knees."}, "test")
    with opened(tmp_path) as database:
        said = status(registry, database, Rules()).sentences[0]
    assert said.endswith(", gone back to: it swaps knees.")


def test_audits_of_people_who_were_corrected_before_are_said_not_to_judge(tmp_path):
    registry = registry_with(tmp_path, b"live")
    with opened(tmp_path) as database:
        (corrected,) = add_people(database, tmp_path, [100.0], "correction")
        challenger = registry.add(b"new", ".tflite", {"name": "learned-1"}, by="test").sha256
        body = {"network": challenger, "live": registry.state.live, "frozen_at": corrected.number}
        registry.append(kinds.CHALLENGE, body, "test")
        add_people(database, tmp_path, [100.0, 120.0], "audit", "bob")
        said = status(registry, database, Rules()).sentences
        assert any(s.startswith("1 audited person does not judge it: they had been corrected") for s in said)


def test_audits_of_scenes_that_were_learned_from_are_said_not_to_judge(tmp_path):
    registry = registry_with(tmp_path, b"live")
    with opened(tmp_path) as database:
        (learned,) = add_people(database, tmp_path, [100.0])
        challenger = registry.add(b"new", ".tflite", {"name": "learned-1"}, by="test").sha256
        runs = Runs(database)
        runs.finish(runs.begin([learned.number], learned.number), challenger)
        body = {"network": challenger, "live": registry.state.live, "frozen_at": learned.number}
        registry.append(kinds.CHALLENGE, body, "test")
        add_people(database, tmp_path, [110.0, 120.0], "audit", "bob")
        with database.write() as connection:
            connection.execute(sa.update(images).values(scene="camera 1"))  # all of one
        found = status(registry, database, Rules())
        assert found.figures["trials"][0]["left_out"] == {"corrected_before": 0, "scene_learned_from": 2}
        assert any("2 audited people do not judge it" in s and "2 of 'camera 1'" in s for s in found.sentences)


def test_that_nobody_can_tell_what_is_live_is_said_first(tmp_path):
    registry = registry_with(tmp_path, b"live")
    registry.append(kinds.PROMOTE, {"network": registry.state.live, "why": "again"}, "test")
    for folder in ("log", "copies"):
        (tmp_path / "registry" / folder / f"{registry.log.last:09d}.json").unlink()
    registry.append(kinds.HOLD, {"why": "a fair"}, "test")
    with opened(tmp_path) as database:
        found = status(Registry.open(registry.name), database, Rules())
    assert "cannot be told: Entry 4 of the log is missing" in found.sentences[0]
    assert not any(s.startswith("Live is") for s in found.sentences)
    assert found.damaged
