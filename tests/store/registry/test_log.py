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
