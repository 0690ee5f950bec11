"""Ranges of joint angles as data, and what lies beyond them."""

from __future__ import annotations

import pytest

from posetune.coach.angles import JOINTS
from posetune.coach.ranges import Flag, Range, checked, default_ranges, flags_of, parse, to_content, to_yaml
from posetune.errors import PosetuneError

_KNEE = {"left_knee": Range(30, 170)}


def test_the_defaults_have_every_joint():
    assert set(default_ranges()) == set(JOINTS)


@pytest.mark.parametrize(
    ("angle", "flags"),
    [
        (29.9, [Flag("left_knee", "below", 29.9, 30)]),
        (30.0, []),
        (170.0, []),
        (171.0, [Flag("left_knee", "above", 171.0, 170)]),
        (None, []),
    ],
)
def test_flags_begin_beyond_the_ends(angle, flags):
    assert flags_of({"left_knee": angle}, JOINTS, _KNEE) == flags


def test_what_is_not_seen_is_not_blamed():
    assert flags_of({"left_knee": 5.0}, (), _KNEE) == []


def test_text_and_content_come_back():
    assert parse(to_yaml(_KNEE)) == checked(to_content(_KNEE)) == _KNEE


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ranges: [", "not valid YAML at line 1"),
        ("a: 1", "must be a mapping “ranges”"),
        ("ranges: {}\nmore: 1", "a key 'more'"),
        ("version: 2\nranges: {}", "version"),
        ("ranges: {knee: {min: 1, max: 2}}", "no joint 'knee'"),
        ("ranges: {left_knee: {min: 1}}", "must have min and max"),
        ("ranges: {left_knee: {min: 1, max: 200}}", "max of left_knee"),
        ("ranges: {left_knee: {min: .nan, max: 20}}", "min of left_knee"),
        ("ranges: {left_knee: {min: yes, max: 20}}", "min of left_knee"),
        ("ranges: {left_knee: {min: 9, max: 2}}", "above its max"),
        ("a: &a [1]\nb: *a", "line 1 has an anchor"),
        ("[" * 50, "nested too deeply"),
        ("#" * 70_000, "larger than"),
        (b"\xff\xfe\x00", "not valid YAML"),
        ("!!python/object/apply:os.system ['true']", "not valid YAML"),
    ],
)  # fmt: skip
def test_what_is_no_ranges_is_told(text, said):
    with pytest.raises(PosetuneError, match=said):
        parse(text, "mine")
