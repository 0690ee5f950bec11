from __future__ import annotations

from posetune.store.registry.entry import Entry
from posetune.store.registry.state import State, fold


def entries(*kinds: tuple[str, str]) -> list[Entry]:
    return [
        Entry(n, kind, 0.0, "test", {"network": network, "why": "so"}, "", "")
        for n, (kind, network) in enumerate(kinds, 1)
    ]


def test_live_is_the_last_promotion_or_rollback():
    steps = entries(("promote", "a"), ("challenge", "b"), ("promote", "b"), ("rollback", "a"), ("challenge", "c"))
    states = [fold(steps[:n]) for n in range(6)]
    assert [s.live for s in states] == ["", "a", "a", "b", "a", "a"]
    assert [s.challenger for s in states] == ["", "", "b", "", "", "c"]
    assert [s.shadow for s in states] == ["", "", "", "a", "", ""]
    assert fold(steps[3:], states[3]) == states[5]


def test_a_refusal_or_an_end_is_of_the_network_that_it_names():
    state = fold(entries(("promote", "a"), ("promote", "b"), ("challenge", "c"), ("expire", "a"), ("refuse", "d")))
    assert (state.live, state.challenger, state.shadow) == ("b", "c", "")
    assert fold(entries(("challenge", "c"), ("refuse", "c"))).challenger == ""


def test_a_hold_lasts_until_it_is_released():
    assert fold(entries(("hold", ""))).held == "so"
    assert fold(entries(("hold", ""), ("release", ""))).held == ""
    assert fold([]) == State()
