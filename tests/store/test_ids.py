"""Names that nobody guesses."""

from __future__ import annotations

import pytest

from posetune.store.ids import is_id, new_id


def test_ids_are_ids_and_differ():
    assert is_id(new_id())
    assert len({new_id() for _ in range(100)}) == 100


@pytest.mark.parametrize("text", ["", "a" * 21, "a" * 23, "A" * 22, "../" + "a" * 19, "a" * 22 + "\n", "é" * 22])
def test_anything_else_is_none(text):
    assert not is_id(text)
