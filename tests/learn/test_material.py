from __future__ import annotations

import pytest

pytest.importorskip("sqlalchemy")

from tests.helpers.drawn_set import write_drawn_set
from tests.helpers.learning import add_people, opened

from posetune.data.dataset import load_dataset
from posetune.learn import material
from posetune.learn.material import Sets, gather, part_of
from posetune.learn.rules import Rules
from posetune.progress import Reporter
from posetune.store.corrections import Corrections


@pytest.fixture(autouse=True)
def ordinary(tmp_path, monkeypatch):
    """Drawn people stand for the rendered ones."""
    people = write_drawn_set(tmp_path / "ordinary", "ordinary", [100.0, 110.0]).people
    monkeypatch.setattr(material, "ordinary_people", lambda pictures, report: people[:pictures])


def gathered(tmp_path, places, sets=Sets(), known=()):  # noqa: B008
    with opened(tmp_path) as database:
        units = add_people(database, tmp_path, places)
        said: list[str] = []
        return units, gather(units, Corrections(database), sets, tmp_path / "work", Reporter(said.append), known)


def test_a_scene_is_always_of_the_same_part_and_most_train():
    parts = [part_of(f"scene {n}") for n in range(1000)]
    assert parts == [part_of(f"scene {n}") for n in range(1000)]
    shares = {name: parts.count(name) / 1000 for name in ("train", "val", "guard")}
    assert shares["train"] > 0.65
    assert 0.08 < shares["val"] < 0.18
    assert 0.1 < shares["guard"] < 0.2


def test_parts_share_no_scene_and_what_is_guarded_is_not_learned_from(tmp_path):
    units, found = gathered(tmp_path, [100.0 + n for n in range(40)])
    corrected = next(g for g in found.guards if g.name == "corrected people")
    groups = [{p.group for p in people} for people in (found.train.people, found.val.people, corrected.people)]
    assert all(groups)
    assert sum(map(len, groups)) == len(set.union(*groups)) == 40
    assert len(found.learned_from) == 40 - len(groups[2])
    folder = tmp_path / "set"
    found.write(folder)
    assert len(load_dataset(folder, "train").people) == len(found.train.people)
    assert load_dataset(folder, "train").images[0].path.is_file()
    assert len(units) == 40


def test_of_few_scenes_all_train(tmp_path):
    _, found = gathered(tmp_path, [100.0, 110.0])
    assert len(found.train.people) == 2
    assert found.val is None
    (guard,) = found.guards
    assert (guard.name, len(guard.people), guard.must_show) == (material.ORDINARY, 2, True)


def test_what_a_network_learned_from_does_not_guard_it(tmp_path):
    units, found = gathered(tmp_path, [100.0 + n for n in range(40)], known=range(1000))
    assert "corrected people" not in [g.name for g in found.guards]
    assert len(units) == 40


def test_the_first_set_is_learned_from_chosen_on_and_guarded(tmp_path):
    first = tmp_path / "first"
    write_drawn_set(first, "train", [100.0, 110.0])
    write_drawn_set(first, "val", [120.0 + n for n in range(8)])
    everyday = tmp_path / "everyday"
    write_drawn_set(everyday, "val", [130.0])
    _, found = gathered(tmp_path, [100.0, 110.0], Sets(first, everyday))
    guards = {g.name: g for g in found.guards}
    assert set(guards) == {material.ORDINARY, "everyday people", "the first set"}
    assert len(found.train.people) == 4
    assert len(found.val.people) + len(guards["the first set"].people) == 8
    assert not {p.group for p in found.val.people} & {p.group for p in guards["the first set"].people}


def test_each_domain_of_enough_people_is_guarded_by_itself(tmp_path, monkeypatch):
    people = write_drawn_set(tmp_path / "s", "test", [100.0 + n for n in range(4)]).people
    monkeypatch.setattr(Rules, "least_guard", 2)
    found = material._domains([("squats", people[0]), ("squats", people[1]), ("", people[2]), ("rows", people[3])])
    assert [(g.name, len(g.people)) for g in found] == [("corrected people of squats", 2), ("corrected people", 2)]
