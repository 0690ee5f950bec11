"""What is said again and again is said while the block runs, and no longer."""

from __future__ import annotations

import threading

from posetune.heartbeat import beating


def test_it_beats_until_the_block_ends():
    beats, twice = [], threading.Event()

    def beat() -> None:
        beats.append(1)
        if len(beats) > 1:
            twice.set()

    with beating(beat, 0.001, "test"):
        assert twice.wait(10)
    after = len(beats)
    assert not [t for t in threading.enumerate() if t.name == "test"]
    assert len(beats) == after


def test_a_beat_may_end_it():
    beats, once = [], threading.Event()

    def beat() -> bool:
        beats.append(1)
        once.set()
        return False

    with beating(beat, 0.001, "test"):
        assert once.wait(10)
        for thread in threading.enumerate():
            if thread.name == "test":
                thread.join(10)
    assert len(beats) == 1
