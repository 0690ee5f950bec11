"""Suspected labels judged again by the network tuned so far."""

import numpy as np
import pytest
from tests.helpers.labelled import answers, dataset, exchanged, true_keypoints

pytest.importorskip("torch")

from posetune.progress import Reporter
from posetune.tune.people import second_look
from posetune.tune.people.label_trust import DISTRUSTED, trust_from
from posetune.tune.people.samples import subject_of
from posetune.tune.people.second_look import SecondLook, Suspected

ARMS = list(range(11, 23))


@pytest.fixture
def doubted(monkeypatch):
    """Three people, of whom the last two have exchanged arms; and a second look whose answers can be given."""
    people = dataset(true_keypoints(), exchanged(ARMS), exchanged(ARMS))
    trust = trust_from(people, answers(3), lambda text: None)
    suspected = Suspected.among(people, trust)
    subjects = [subject_of(p, w) for p, w in zip(people.usable, trust, strict=True)]
    given = {}
    monkeypatch.setattr(second_look, "asked", lambda dataset, landmarker, report: given["answers"])
    return suspected, SecondLook(suspected, subjects, lambda: None, Reporter()), given


def distrusted(subject):
    return np.flatnonzero(subject.weight == np.float32(DISTRUSTED)).tolist()


def test_who_is_in_doubt(doubted):
    suspected, look, _ = doubted
    assert suspected.places == (1, 2)
    assert [p.id for p in suspected.dataset.usable] == [look.suspected.dataset.people[i].id for i in (0, 1)]
    assert Suspected.among(suspected.dataset, np.ones((2, 33))) is None


def test_labels_that_the_tuned_network_gives_too_are_taught(doubted):
    _, look, given = doubted
    before = distrusted(look.subjects[1])
    agreeing, stock = exchanged(ARMS)[:, :2], true_keypoints()[:, :2]
    given["answers"] = np.stack([np.stack([agreeing, stock])] * 2)
    freed = look.judge()
    assert freed == {1: before}
    assert f"of {2 * len(before)} points set aside in 2 people, {len(before)} agree" in look.text(freed)
    look.free(freed)
    assert distrusted(look.subjects[1]) == []
    assert (look.subjects[1].weight[before] == 1).all()
    assert distrusted(look.subjects[2]) == before


def test_where_it_says_what_the_base_said_nothing_changes(doubted):
    _, look, given = doubted
    given["answers"] = np.stack([np.stack([true_keypoints()[:, :2]] * 2)] * 2)
    assert look.judge() == {}
