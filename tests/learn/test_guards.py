from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from tests.helpers.drawn_set import write_drawn_set

from posetune.learn.guards import Guard, Measured, clean, compare, joined, measure, speed, together
from posetune.learn.rules import Rules
from posetune.runtime.landmarker import Landmarker
from posetune.stock import path

RULES = Rules()


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    dataset = write_drawn_set(tmp_path_factory.mktemp("guarded"), "test", [120.0 + n for n in range(20)])
    return Guard("drawn people", dataset.people)


def figures(
    error: float, *, spread: float = 0.2, angle: float = 5.0, jitter: float = 1.0, found: float = 1.0, people: int = 20
) -> Measured:
    rng = np.random.default_rng(0)
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
    assert failed(people, figures(5.0, found=0.95), live=live) == []  # one of twenty


def test_one_person_whose_answer_turns_round_does_not_make_a_network_unsteady(people):
    live, other = figures(5.0), figures(5.0)
    other.jitter[0] = 4.0  # the plain mean is 15 % more
    assert failed(people, other, live=live) == []


@pytest.mark.parametrize(
    ("share", "spread", "must_show", "passed", "verdict"),
    [
        (0.98, 0.01, False, True, ": not worse."),
        (1.0, 0.3, False, None, "cannot be shown with 20 people; about "),
        (1.0, 0.3, True, False, ": not shown to be no worse."),
        (1.03, 0.3, False, None, "cannot be shown with 20 people."),  # as chance would have it
        (1.03, 0.3, True, False, ": worse."),
        (1.03, 0.05, False, False, ": worse."),
        (1.15, 0.3, False, False, ": worse."),
        (1.009, 0.14, False, False, ": not shown to be no worse."),  # the interval could have shown it
        (1.005, 0.0, False, True, ": not worse."),
        (0.6, 0.3, True, True, ": not worse."),
    ],
)
def test_no_worse_is_shown_or_not_or_cannot_be(people, share, spread, must_show, passed, verdict):
    rng = np.random.default_rng(1)
    live = figures(5.0)
    noisy = live.errors * np.exp(spread * rng.standard_normal(20))
    challenger = dataclasses.replace(live, errors=share * noisy * live.errors.mean() / noisy.mean())
    guard = dataclasses.replace(people, must_show=must_show)
    check = compare(guard, challenger, {"live": live}, RULES)[0]
    assert (check.passed, verdict in check.said) == (passed, True), check.said


def test_how_many_people_would_do_is_what_does(people):
    """As many as it says, with the same spread, and it is shown."""
    rng = np.random.default_rng(2)

    def asked(count: int):
        live = figures(5.0, people=count)
        noisy = live.errors * np.exp(0.3 * rng.standard_normal(count))
        challenger = dataclasses.replace(live, errors=noisy * live.errors.mean() / noisy.mean())
        guard = Guard(people.name, (people.people * 99)[:count])
        guard = dataclasses.replace(
            guard,
            people=tuple(
                dataclasses.replace(p, image=dataclasses.replace(p.image, group=str(n)))
                for n, p in enumerate(guard.people)
            ),
        )
        return compare(guard, challenger, {"live": live}, RULES)[0]

    found = asked(40)
    assert found.passed is None
    needed = int(found.said.split("about ")[1].split()[0])
    assert 100 < needed < 1000
    assert asked(2 * needed).passed
    assert not asked(needed // 3).passed


def test_scenes_of_one_name_in_two_sets_are_two(people):
    both = together("all", [people, Guard("others", people.people)])
    assert len({p.group for p in both.people}) == 40
    assert joined([figures(5.0), figures(6.0)]).errors.shape == (40,)


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
