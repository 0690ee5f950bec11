from __future__ import annotations

from posetune.store.registry.log import Log
from posetune.store.registry.place import place_of


def test_a_writer_who_died_before_the_copy_leaves_nothing_open(tmp_path):
    place = place_of(str(tmp_path))
    log = Log(place)
    log.append("hold", {}, "test", 0)
    (tmp_path / "copies/000000001.json").unlink()
    log.append("hold", {}, "test", 1)
    assert place.names("copies") == ["000000001.json", "000000002.json"]
    again = Log(place)
    assert again.refresh()
    assert not again.refresh()
    assert again.entries == log.entries
    assert [entry.previous for entry in again.entries] == ["", again.entries[0].sha256]


def test_entries_that_are_missing_at_the_end_are_read_from_their_copies(tmp_path):
    place = place_of(str(tmp_path))
    log = Log(place)
    for after in range(3):
        log.append("hold", {"why": str(after)}, "test", after)
    for lost in ((3,), (2, 3), (1, 2, 3)):
        for number in lost:
            (tmp_path / f"log/00000000{number}.json").unlink(missing_ok=True)
        again = Log(place)
        again.refresh()
        assert again.entries == log.entries
        assert sorted(again.faults) == list(lost)
        assert "its copy is read instead" in again.faults[lost[0]]
    again.append("hold", {}, "test", 3)
    assert place.names("log") == ["000000004.json"]
