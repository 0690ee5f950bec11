"""Ids as exporters write them."""

import pytest

from posetune.data.formats.ids import as_number, look_up, plain_id


@pytest.mark.parametrize(
    ("value", "meant"), [(1, 1), (1.0, 1), ("a", "a"), (1.5, None), (True, None), ([1], None), ({}, None), ("", None)]
)
def test_what_is_an_id(value, meant):
    assert plain_id(value) == meant


def test_text_that_is_a_number():
    assert as_number("12") == 12
    assert as_number("12.0") == 12
    assert as_number("1_2") is None
    assert as_number("abc") is None
    assert as_number("nan") is None


def test_a_number_finds_its_entry_however_it_is_written():
    assert look_up({1: "a"}, "1") == "a"
    assert look_up({1: "a"}, 1.0) == "a"
    assert look_up({"1": "a"}, 1) == "a"
    assert look_up({1: "a"}, [1]) is None
    assert look_up({1: "a"}, None) is None
