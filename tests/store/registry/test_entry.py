from __future__ import annotations

import json

import pytest

from posetune.store.registry.entry import name_of, number_of, parsed, written

ENTRY = {"number": 7, "kind": "hold", "time": 1.5, "by": "test", "body": {"why": "ö"}, "previous": "ab"}


def test_an_entry_comes_back_as_it_was():
    content = written(ENTRY)
    entry = parsed(content, 7)
    assert entry is not None
    assert entry.to_json() == ENTRY | {"sha256": json.loads(content)["sha256"]}


@pytest.mark.parametrize(
    "content", [b"", b"{}", b"[1]", b"7", b"\xff", written(ENTRY)[:-20], written(ENTRY).replace(b"hold", b"hole")]
)
def test_damage_is_no_entry(content):
    assert parsed(content, 7) is None


def test_an_entry_of_another_number_is_none():
    assert parsed(written(ENTRY), 8) is None


def test_the_files_have_numbers():
    assert number_of(name_of(42)) == 42
    assert [number_of(name) for name in ("x", "42.json", "000000042.tmp", "-00000042.json")] == [None] * 4
