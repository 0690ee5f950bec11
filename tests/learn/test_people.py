from __future__ import annotations

import pytest

pytest.importorskip("sqlalchemy")

import numpy as np
from tests.helpers.learning import add_people, opened

from posetune.learn.people import errors_by, group_of, labelled
from posetune.runtime.load import load
from posetune.store.corrections import Corrections


def test_corrections_become_people_of_their_scenes(tmp_path):
    with opened(tmp_path) as database:
        units = add_people(database, tmp_path, [150.0, 170.0])
        found = labelled(units, Corrections(database), tmp_path / "pictures")
        people = [person for _, person in found]
        assert [unit.number for unit, _ in found] == [unit.number for unit in units]
        assert [p.group for p in people] == [group_of(unit) for unit in units]
        assert "correction" not in people[0].group  # the scene's name is nobody's business
        assert np.allclose(people[0].keypoints, units[0].points)
        errors = errors_by({"lite": load("lite")}, people)["lite"]
        assert errors.shape == (2,)
        assert (errors > 0).all()


def test_a_damaged_picture_is_said_and_left_out(tmp_path):
    with opened(tmp_path) as database:
        units = add_people(database, tmp_path, [150.0, 170.0])
        store = Corrections(database)
        path = store.pictures.path(units[0].image, units[0].suffix)
        assert path is not None
        path.chmod(0o600)
        path.write_bytes(b"harmed")
        said: list[str] = []
        found = labelled(units, store, tmp_path / "pictures", said.append)
    assert [unit.number for unit, _ in found] == [units[1].number]
    assert "damaged" in said[0]
