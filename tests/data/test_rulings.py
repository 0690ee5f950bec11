"""suspects.json: written once, kept when written again, honoured."""

import json

import pytest
from tests.helpers.labelled import answers, dataset, exchanged, true_keypoints

from posetune.data.rulings import Rulings, write_rulings
from posetune.data.suspects import find_suspects
from posetune.errors import PosetuneError

ARMS = range(11, 23)


@pytest.fixture
def a_set(tmp_path):
    import dataclasses

    labels = true_keypoints()
    labels[15, :2] += [60, 70]
    return dataclasses.replace(dataset(exchanged(list(ARMS)), labels, true_keypoints()), root=tmp_path)


def rule(path, *decisions):
    content = json.loads(path.read_text())
    for row, decision in zip(content["suspects"], decisions, strict=True):
        row["ruling"] = decision
    path.write_text(json.dumps(content))


def test_rulings_are_honoured_and_kept(a_set, tmp_path):
    suspects = find_suspects(a_set, answers(3))
    assert [s.kind for s in suspects] == ["swap_arms", "point"]
    path = write_rulings(tmp_path, [(a_set, suspects)])
    assert Rulings.beside(tmp_path).without_kept(a_set, suspects) == suspects  # nothing is decided yet
    rule(path, "keep", "drop")
    ruled = Rulings.beside(tmp_path)
    assert ruled.without_kept(a_set, suspects) == suspects[1:]
    assert (ruled.count(a_set, "keep"), ruled.count(a_set, "drop")) == (1, 1)
    left = ruled.dropped(a_set)
    assert left.people[1].keypoints[15].tolist() == [0, 0, 0]
    assert left.people[1].labelled.sum() == a_set.people[1].labelled.sum() - 1
    assert left.people[0].labelled.all() == a_set.people[0].labelled.all()
    write_rulings(tmp_path, [(a_set, suspects)])
    assert [r["ruling"] for r in json.loads(path.read_text())["suspects"]] == ["keep", "drop"]


def test_no_file_rules_nothing_and_a_damaged_one_is_told(a_set, tmp_path):
    suspects = find_suspects(a_set, answers(3))
    assert Rulings.beside(tmp_path).without_kept(a_set, suspects) == suspects
    path = write_rulings(tmp_path, [(a_set, suspects)])
    rule(path, "kept", "drop")
    with pytest.raises(PosetuneError, match="has the ruling 'kept'"):
        Rulings.beside(tmp_path)
    path.write_text("{}")
    with pytest.raises(PosetuneError, match="Cannot read the rulings"):
        Rulings.beside(tmp_path)
