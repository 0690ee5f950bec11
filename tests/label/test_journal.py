"""What was found outlives whoever found it."""

import pytest

from posetune.errors import PosetuneError
from posetune.label.journal import Journal


def test_it_is_there_again(tmp_path):
    journal = Journal(tmp_path / "new" / "a.jsonl")
    journal.add("one", {"n": 1})
    journal.add("two", [2])
    journal.add("one", {"n": 3})
    again = Journal(tmp_path / "new" / "a.jsonl")  # while the first is still open, as after a kill
    assert dict(again.items()) == {"one": {"n": 3}, "two": [2]}
    assert "one" in again
    assert again.get("three") is None


def test_a_line_that_was_cut_short_is_lost_alone(tmp_path):
    file = tmp_path / "a.jsonl"
    file.write_bytes(b'["one",1]\n["two",2]\nnonsense\n["thr')
    journal = Journal(file)
    assert len(journal) == 2
    journal.add("four", 4)
    journal.close()
    assert dict(Journal(file).items()) == {"one": 1, "two": 2, "four": 4}


def test_where_it_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(PosetuneError, match="Cannot write"):
        Journal(tmp_path / "file" / "a.jsonl").add("one", 1)
