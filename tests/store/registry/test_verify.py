from __future__ import annotations

from posetune.store.registry import entry as kinds
from posetune.store.registry.log import Log
from posetune.store.registry.place import place_of
from posetune.store.registry.registry import Registry
from posetune.store.registry.verify import verify


def test_a_clock_an_hour_off_is_a_note_and_no_fault(tmp_path):
    Registry.init(str(tmp_path), {}, "test")
    times = iter([10_000.0, 6_400.0, 10_010.0])
    place = place_of(str(tmp_path))
    registry = Registry(place, Log(place, lambda: next(times)))
    for why in "abc":
        registry.append(kinds.HOLD, {"why": why}, "test")
    log = registry.log.entries
    log[:] = log[1:]  # the first one is of today
    verdict = verify(registry, now=lambda: 6_410.0)
    assert verdict.faults == ()
    assert len(verdict.notes) == 2
    assert "1:00:00 before one that it follows" in verdict.notes[0]
    assert "ahead of this machine's clock" in verdict.notes[1]
    assert registry.state.held == "c"


def test_a_copy_that_would_not_stand_in_for_its_entry_is_a_fault(tmp_path):
    registry, _ = Registry.init(str(tmp_path), {}, "test")
    for why in "abcd":
        registry.append(kinds.HOLD, {"why": why}, "test")
    copies = tmp_path / "copies"
    (copies / "000000001.json").unlink()
    (copies / "000000002.json").write_bytes(b"{")
    (copies / "000000003.json").write_bytes((copies / "000000004.json").read_bytes())
    (copies / "000000005.json").unlink()  # its writer died
    faults = verify(Registry.open(str(tmp_path))).faults
    assert [fault.split(":")[0] for fault in faults] == [
        "The copy of entry 1 of the log is missing",
        "The copy of entry 2 of the log is damaged",
        "The copy of entry 3 of the log is damaged",
    ]
