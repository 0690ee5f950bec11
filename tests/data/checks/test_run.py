"""The checks one after another, and what becomes of their findings."""

from __future__ import annotations

import dataclasses

import pytest

from posetune.data.checks.finding import Finding
from posetune.data.checks.run import Judges, as_suspects, check_files, judge, listed
from posetune.data.contradictions import Contradiction
from posetune.data.dataset import load_dataset
from posetune.data.origin import ImageOrigin, Origin
from posetune.data.rulings import Ruling, Rulings
from posetune.data.suspects import Suspect
from posetune.landmarks import FLIP
from posetune.progress import Reporter


@pytest.fixture(scope="module")
def val(drawn_set):
    return load_dataset(drawn_set, "val")


def exchanged(dataset):
    first, *rest = dataset.people
    return dataclasses.replace(dataset, people=(dataclasses.replace(first, keypoints=first.keypoints[FLIP]), *rest))


def test_networks_are_asked_and_a_second_one_about_the_doubtful(val, lite_landmarker):
    judged = judge(exchanged(val), Judges(lite_landmarker, "lite", lite_landmarker), [], Rulings({}), Reporter())
    assert [(f.kind, f.split) for f in judged.findings if f.kind != "missing_point"] == [("swap_all", val.name)]
    assert [s.kind for s in judged.set_aside] == ["swap_all"]
    assert [len(judged.looks.of(i)[0]) for i in (0, 1)] == [8, 4]


def test_what_was_ruled_on_is_not_told_again(val, lite_landmarker):
    swapped = exchanged(val)
    person = swapped.people[0]
    points = tuple(range(11, 33))
    key = (person.image.path.relative_to(swapped.root).as_posix(), person.id)
    for decision, told in (("keep", 0), ("drop", 0), ("undecided", 1)):
        rulings = Rulings({key: (Ruling(decision, points),)})
        judged = judge(swapped, Judges(lite_landmarker, "lite"), [], rulings, Reporter())
        assert sum(f.kind == "swap_all" for f in judged.findings) == told


def test_images_that_cannot_be_read_are_passed_over(val, lite_landmarker):
    lost = Finding("missing", "gone", image=val.images[0])
    assert len(judge(val, Judges(lite_landmarker, "lite"), [lost], Rulings({}), Reporter()).people) == 1


def test_files_are_checked_within_and_between_splits(drawn_set, val):
    counted: list[str] = []
    train = load_dataset(drawn_set, "train")
    reporter = Reporter(progress=lambda what, done, total: counted.append(what))
    assert {f.kind for f in check_files([train, val], {}, reporter)} <= {"near_duplicate"}  # one room, drawn again
    assert any("images of" in what for what in counted)
    again = check_files([train, dataclasses.replace(train, name="again")], {}, reporter)
    assert {f.kind for f in again} - {"near_duplicate"} == {"duplicate_image", "shared_group"}


def test_the_list_leaves_out_what_is_unsure_or_not_wanted():
    found = [Finding("bones", "a", 0.9), Finding("visibility", "b", 0.7), Finding("point", "c", 0.4)]
    assert [f.message for f in listed(found, 0.5)] == ["a", "b"]
    assert [f.message for f in listed(found, 0.0, ["visibility"])] == ["a", "c"]


def test_suspicions_and_what_training_sets_aside_are_ruled_on_together(val):
    person = val.people[0]
    found = [Finding("point", "a", 0.9, image=person.image, person=person, points=(25,)), Finding("bones", "b")]
    aside = [Suspect(person.id, "point", (25,), 0.7, "the same"), Suspect(person.id, "point", (26,), 0.7, "another")]
    assert [s.text for s in as_suspects(found, aside)] == ["a", "another"]


def test_a_set_that_contradicts_the_network_as_a_whole_is_told_once(val, lite_landmarker, monkeypatch):
    for kind, in_part, expected in (("names", False, ["order"]), ("sides", True, ["contradiction", "swap_all"])):
        said = Contradiction(kind, "It is so.", in_part)
        monkeypatch.setattr("posetune.data.checks.run.find_contradiction", lambda *args, said=said: said)
        judged = judge(exchanged(val), Judges(lite_landmarker, "lite"), [], Rulings({}), Reporter())
        assert [f.kind for f in judged.findings if f.kind != "missing_point"] == expected


def test_prelabels_that_nobody_has_seen_are_not_judged(val, lite_landmarker):
    waiting = ImageOrigin(status="prelabel")
    images = {id(i): dataclasses.replace(i, origin=waiting) for i in val.images}
    swapped = exchanged(val.with_images(images, ()))
    prelabels = tuple(dataclasses.replace(p, origin=Origin(status="prelabel")) for p in swapped.people)
    judges = Judges(lite_landmarker, "lite")
    assert judge(dataclasses.replace(swapped, people=prelabels), judges, [], Rulings({}), Reporter()).findings == []
    nobody = dataclasses.replace(swapped, people=())  # as where images are labelled blind
    assert judge(nobody, judges, [], Rulings({}), Reporter()).findings == []
    seen = dataclasses.replace(swapped, people=(swapped.people[0], *prelabels[1:]))
    assert "swap_all" in {f.kind for f in judge(seen, judges, [], Rulings({}), Reporter()).findings}
