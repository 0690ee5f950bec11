from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.helpers.drawn_set import write_drawn_set

from posetune.learn.guards import Guard, Measured, clean, compare, measure, speed
from posetune.learn.rules import Rules
from posetune.runtime.landmarker import Landmarker
from posetune.stock import path

RULES = Rules()


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    dataset = write_drawn_set(tmp_path_factory.mktemp("guarded"), "test", [120.0 + n for n in range(20)])
    return Guard("drawn people", dataset.people)


def figures(
    error: float, *, spread: float = 0.2, angle: float = 5.0, jitter: float = 1.0, found: float = 1.0
) -> Measured:
    rng = np.random.default_rng(0)
    people = 20
    return Measured(
        error * np.exp(spread * rng.standard_normal(people)),
        np.full((people, 8), angle),
        np.arange(people) < round(found * people),
        np.full(people, jitter),
    )


def failed(guard: Guard, challenger: Measured, **others: Measured) -> list[str]:
    return [c.name.removeprefix("drawn people: ") for c in compare(guard, challenger, others, RULES) if not c.passed]


def test_a_challenger_must_be_no_worse_at_anything(people):
    live = figures(5.0)
    assert failed(people, figures(4.9), live=live) == []
    assert failed(people, figures(5.06), live=live) == ["error"]
    assert failed(people, figures(5.0, angle=5.3), live=live) == ["joint angles"]
    assert failed(people, figures(5.0, jitter=1.2), live=live) == ["jitter"]
    assert failed(people, figures(5.0, found=0.9), live=live) == ["found"]


def test_what_too_few_people_can_tell_is_what_they_seem_to_say(people):
    rng = np.random.default_rng(1)
    live = figures(5.0)
    noisy = live.errors * np.exp(0.3 * rng.standard_normal(20))
    for share, passed in ((1.0, True), (1.03, False)):
        challenger = dataclasses.replace(live, errors=share * noisy * live.errors.mean() / noisy.mean())
        assert compare(people, challenger, {"live": live}, RULES)[0].passed is passed


def test_it_is_held_against_the_best_that_was_ever_live(people):
    assert failed(people, figures(5.0), live=figures(5.0), earlier=figures(4.5)) == ["error"]


def test_of_few_people_nothing_is_asked(people):
    few = Guard(people.name, people.people[:5])
    (check,) = compare(few, figures(9.0), {"live": figures(1.0)}, RULES)
    assert check.passed is None


def test_a_network_is_measured_on_everybody(people, lite, full):
    some = Guard(people.name, people.people[:3])
    found = measure(Landmarker(lite, path("detector").read_bytes()), some)
    assert found.errors.shape == found.found.shape == found.jitter.shape == (3,)
    assert found.angles.shape == (3, 8)
    assert (found.errors > 0).all()
    assert (found.jitter > 0).all()


def test_a_slow_network_fails(people, lite):
    class Slow(Landmarker):
        def predict_crop(self, *args, **named):  # type: ignore[no-untyped-def]
            for _ in range(6):
                pose = super().predict_crop(*args, **named)
            return pose

    detector = path("detector").read_bytes()
    some = people.people[:5]
    assert speed(Slow(lite, detector), Landmarker(lite, detector), some, RULES).passed is False


def test_what_the_doctor_refuses_fails(lite):
    assert clean(lite, "lite").passed
    assert not clean(path("detector").read_bytes(), "a detector").passed
    assert not clean(lite[:-2000] + bytes(2000), "harmed").passed
