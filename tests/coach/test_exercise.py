from __future__ import annotations

import pytest

from posetune.coach.exercise import ExerciseError, library, parse
from posetune.errors import PosetuneError

GOOD = """\
name: curl
kind: repetitions
signal: {measure: near_elbow, enter: 70, leave: 140}
checks:
  - name: top
    measure: near_elbow
    max: 50
    tolerance: elbow
    view: side
    source: convention
    cue: {en: Higher.}
"""


def test_the_library_reads_and_names_what_acceptance_calls():
    assert {
        "squat",
        "pushup",
        "deadlift",
        "lunge",
        "plank",
        "overhead_press",
        "downward_dog",
        "warrior_ii",
        "jumping_jack",
    } == set(library())


def test_every_check_of_the_library_has_a_source_and_a_cue_in_both_languages():
    for exercise in library().values():
        assert set(exercise.title) == {"en", "zh"}
        for check in exercise.checks:
            assert check.source
            assert set(check.cue) == {"en", "zh"}, (exercise.name, check.name)


def test_a_persons_own_exercise():
    exercise = parse(GOOD, "curl.yaml")
    assert exercise.signal is not None
    assert exercise.signal.down
    assert exercise.checks[0].tolerance == "elbow"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("near_elbow, enter", "near_elbo, enter"), "line 3: measure 'near_elbo' is unknown; nearest: near_elbow"),
        (("leave: 140", "leave: 70"), "line 3: leave must differ"),
        (("    max: 50\n", ""), "line 5: min or max is missing"),
        (("tolerance: elbow", "tolerance: toe"), "line 8: tolerance must be a number, or the joint"),
        (("view: side", "view: above"), "line 9: view must be one of any, front, side"),
        (("kind: repetitions", "kind: repetition"), "line 2: kind must be one of"),
        (("source: convention", "sorce: convention"), "line 10: 'sorce' is no key of a check; did you mean source?"),
        (("cue: {en: Higher.}", "cue: {zh: 高}"), "en is missing"),
        (("name: curl", "name: curl\nname: curl"), "line 2: 'name' is there twice"),
        (("name: curl", "name: &a curl"), "anchors"),
        (("name: curl", "name: [curl"), "not valid YAML"),
        (("max: 50", "max: .nan"), "max must be a number"),
    ],
)
def test_what_is_wrong_is_told_with_line_and_key(change: tuple[str, str], said: str):
    with pytest.raises(PosetuneError) as told:
        parse(GOOD.replace(*change), "curl.yaml")
    assert str(told.value).startswith("curl.yaml: ")
    assert said in str(told.value)


def test_a_hold_has_gates_and_no_signal():
    with pytest.raises(PosetuneError, match="gates are what a hold is made of"):
        parse("name: stand\nkind: hold\n", "stand.yaml")


def test_an_empty_file():
    with pytest.raises(PosetuneError, match="it is empty"):
        parse("", "e.yaml")


@pytest.mark.parametrize(
    ("change", "line"),
    [
        ("kind: !!python/object/apply:os.system [ls]", 2),
        ("kind: !!int twelve", 2),
        (f"kind: {'9' * 9000}", 2),
        ("kind: !!timestamp soon", 2),
        ("kind: [hold", 2),
        ("kind: &a hold", 2),
    ],
)
def test_hostile_values_are_an_error_with_its_line(change: str, line: int):
    with pytest.raises(ExerciseError) as error:
        parse(f"name: mine\n{change}\n")
    assert error.value.line in (line, line + 1)


@pytest.mark.parametrize("open_", ["[", "{a: ", "- "])
def test_what_is_nested_deeply_is_refused_at_once(open_: str):
    with pytest.raises(ExerciseError):
        parse(f"name: mine\nchecks: {open_ * (60_000 // len(open_))}")


def test_an_exercise_has_a_bounded_number_of_checks():
    gates = "  - {measure: trunk_lean, max: 30}\n" * 41
    with pytest.raises(ExerciseError, match="at most 40"):
        parse(f"name: mine\nkind: hold\ngates:\n{gates}")
