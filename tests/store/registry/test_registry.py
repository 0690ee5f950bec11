from __future__ import annotations

import hashlib
import shutil
import threading
from pathlib import Path

import pytest

from posetune.errors import PosetuneError
from posetune.store.registry import entry as kinds
from posetune.store.registry.log import Moved
from posetune.store.registry.registry import Registry
from posetune.store.registry.verify import verify


def begun(url: str) -> Registry:
    """A registry with one network, live."""
    registry, new = Registry.init(url, {}, "test")
    assert new
    first = registry.add(b"one", ".tflite", {"name": "first"}, by="test")
    registry.append(kinds.PROMOTE, {"network": first.sha256, "why": "the first"}, "test")
    return registry


def test_a_network_that_was_promoted_is_live_for_everybody(url):
    registry = begun(url)
    second = registry.add(b"two", ".tflite", {"name": "second"}, {"cards/a.png": b"picture"}, "test")
    registry.append(kinds.CHALLENGE, {"network": second.sha256}, "test")
    assert registry.state.challenger == second.sha256
    registry.append(kinds.PROMOTE, {"network": second.sha256, "why": "better", "proven": True}, "test")

    other = Registry.open(url)

    assert other.state == registry.state
    assert (other.state.live, other.state.challenger) == (second.sha256, "")
    assert other.state.shadow == hashlib.sha256(b"one").hexdigest()
    assert [term.why for term in other.state.terms] == ["the first", "better"]
    assert other.read(second.sha256) == b"two"
    (picture,) = (name for name in other.state.networks[second.sha256].files if name.endswith(".png"))
    assert other.read(second.sha256, picture) == b"picture"
    verdict = verify(other)
    assert (verdict.entries, verdict.networks, verdict.faults, verdict.notes) == (6, 2, (), ())


def test_what_another_wrote_is_seen_at_the_next_look(url):
    registry = begun(url)
    other = Registry.open(url)
    second = registry.add(b"two", ".tflite", {}, by="test")
    registry.append(kinds.PROMOTE, {"network": second.sha256}, "test")
    assert other.state.live != second.sha256
    with pytest.raises(Moved):
        other.append(kinds.PROMOTE, {"network": "of yesterday's view"}, "test")
    assert other.refresh().live == second.sha256


def test_of_many_writers_each_entry_has_one(url):
    begun(url)
    written: list[int] = []

    def write() -> None:
        registry = Registry.open(url)
        while True:
            try:
                written.append(registry.append(kinds.EVIDENCE, {}, "test").number)
                return
            except Moved:
                registry.refresh()

    threads = [threading.Thread(target=write) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(written) == [4, 5, 6, 7, 8, 9]
    assert verify(Registry.open(url)).faults == ()


def test_registered_twice_it_is_one(url):
    registry = begun(url)
    before = registry.state.last
    assert registry.add(b"one", ".tflite", {"name": "again"}, by="test").about == {"name": "first"}
    assert registry.state.last == before


def test_a_killed_registration_is_gone_on_with(tmp_path):
    registry = begun(str(tmp_path))
    sha256 = hashlib.sha256(b"two").hexdigest()
    registry.place.create(f"networks/{sha256}/network.tflite", b"two")
    (note,) = verify(registry).notes
    assert "did not come to an end" in note
    registry.add(b"two", ".tflite", {}, by="test")
    assert verify(registry).notes == ()


@pytest.mark.parametrize("harm", [lambda b: b[: len(b) // 2], lambda b: bytes([b[0] ^ 1]) + b[1:], lambda b: b""])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_a_damaged_entry_is_told_of_and_changes_nothing(tmp_path, harm, number):
    registry = begun(str(tmp_path))
    registry.append(kinds.HOLD, {"why": "a holiday"}, "test")
    path = tmp_path / "log" / f"{number:09d}.json"
    path.write_bytes(harm(path.read_bytes()))
    again = Registry.open(str(tmp_path))
    assert again.state == registry.state
    assert again.faults == [f"Entry {number} of the log is damaged; its copy is read instead."]
    again.append(kinds.RELEASE, {}, "test")
    assert Registry.open(str(tmp_path)).state.held == ""


def test_gaps_forks_and_tampering_are_found(tmp_path):
    registry = begun(str(tmp_path / "a"))
    shutil.copytree(tmp_path / "a", tmp_path / "b")
    fork = Registry.open(str(tmp_path / "b"))
    for some, whys in ((registry, "xy"), (fork, "zw")):
        for why in whys:
            some.append(kinds.HOLD, {"why": why}, "test")
    for folder in ("log", "copies"):
        shutil.copy(tmp_path / "b" / folder / "000000005.json", tmp_path / "a" / folder / "000000005.json")
    assert "two registries were mixed" in Registry.open(str(tmp_path / "a")).faults[0]

    (tmp_path / "b/log/000000003.json").unlink()
    again = Registry.open(str(tmp_path / "b"))
    assert again.faults == ["Entry 3 of the log is missing; its copy is read instead."]
    assert again.state == fork.state
    (tmp_path / "b/copies/000000003.json").unlink()
    lost = Registry.open(str(tmp_path / "b"))
    assert lost.faults == ["Entry 3 of the log is missing, and so is its copy."]

    # Changed with a hash that fits: the entry behind it vouches for another.
    body = registry.log.entries[0].to_json() | {"by": "somebody else", "id": "0"}
    body.pop("sha256")
    (tmp_path / "a/log/000000001.json").write_bytes(kinds.written(body))
    assert "Entry 1 of the log was changed; its copy is read instead." in Registry.open(str(tmp_path / "a")).faults


def lose(registry: Registry, number: int) -> list[tuple[Path, bytes]]:
    """Damage an entry and its copy; the files as they were."""
    paths = [Path(registry.name) / folder / f"{number:09d}.json" for folder in ("log", "copies")]
    whole = [(path, path.read_bytes()) for path in paths]
    for path in paths:
        path.write_bytes(b"{")
    return whole


def test_where_the_last_promotion_is_lost_nobody_knows_what_is_live(tmp_path):
    registry = begun(str(tmp_path))
    first = registry.state.live
    second = registry.add(b"two", ".tflite", {"name": "two"}, by="test").sha256
    registry.append(kinds.PROMOTE, {"network": second, "why": "better"}, "test")
    assert registry.doubt == ""
    whole = lose(registry, registry.log.last)
    assert registry.refresh().live == second  # what was read before stands
    assert registry.doubt == ""
    again = Registry.open(str(tmp_path))
    assert again.state.live == first
    assert "cannot be told: Entry 5 of the log is damaged, and so is its copy." in again.doubt
    again.append(kinds.HOLD, {"why": "it is lost"}, "test")  # settles nothing
    assert Registry.open(str(tmp_path)).doubt == again.doubt

    for path, content in whole:
        path.write_bytes(content)
    assert again.refresh().live == second
    assert (again.doubt, again.faults) == ("", [])
    assert Registry.open(str(tmp_path)).faults == []


def test_an_entry_that_is_lost_before_the_last_promotion_leaves_no_doubt(tmp_path):
    registry = begun(str(tmp_path))
    registry.append(kinds.HOLD, {"why": "a fair"}, "test")
    lose(registry, registry.log.last)
    again = Registry.open(str(tmp_path))
    assert again.doubt
    again.append(kinds.PROMOTE, {"network": registry.state.live, "why": "it is"}, "a person")
    found = Registry.open(str(tmp_path))
    assert found.doubt == ""
    assert len(found.faults) == 1


def test_a_damaged_network_is_told_of_and_not_handed_out(tmp_path):
    registry = begun(str(tmp_path))
    file = tmp_path / "networks" / registry.state.live / "network.tflite"
    file.write_bytes(b"on")
    (fault,) = verify(registry).faults
    assert "damaged network.tflite of first" in fault
    assert "the live one" in fault
    with pytest.raises(PosetuneError, match="not the file that was registered"):
        registry.fetch(registry.state.live, tmp_path / "here")
    file.unlink()
    with pytest.raises(PosetuneError, match="lacks network"):
        registry.read(registry.state.live)


def test_a_network_is_fetched_once_and_anew_where_it_was_damaged(tmp_path):
    registry = begun(str(tmp_path / "registry"))
    path = registry.fetch(registry.state.live, tmp_path / "here")
    assert path.read_bytes() == b"one"
    path.write_bytes(b"oops")
    assert registry.fetch(registry.state.live, tmp_path / "here").read_bytes() == b"one"


def test_a_rollback_ends_the_challenge(tmp_path):
    registry = begun(str(tmp_path))
    second = registry.add(b"two", ".tflite", {}, by="test")
    registry.append(kinds.PROMOTE, {"network": second.sha256}, "test")
    registry.append(kinds.CHALLENGE, {"network": "third"}, "test")
    registry.append(kinds.ROLLBACK, {"network": registry.state.shadow, "why": "worse"}, "test")
    assert registry.state.live == hashlib.sha256(b"one").hexdigest()
    assert (registry.state.challenger, registry.state.shadow) == ("", "")


def test_no_registry_is_one_sentence(tmp_path):
    with pytest.raises(PosetuneError, match="registry init"):
        Registry.open(str(tmp_path / "nowhere"))
    with pytest.raises(PosetuneError, match="registry init"):
        Registry.open(str(tmp_path))
    with pytest.raises(PosetuneError, match="neither"):
        Registry.open("ftp://somewhere")
