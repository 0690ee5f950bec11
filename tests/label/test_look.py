"""The first look at footage goes on where it stopped."""

import numpy as np
import pytest
from tests.helpers.clips import write_clip

from posetune.label.footage import find
from posetune.label.journal import Journal
from posetune.label.look import Wanted, candidates_of
from posetune.progress import Reporter


def test_frames_are_looked_at_once(tmp_path):
    footage, _ = find([write_clip(tmp_path / "a.mp4", 6, fps=10)], Reporter())
    asked = []

    def who(rgb, one, frame, fail_at=None):
        asked.append(frame)
        if frame == fail_at:
            raise KeyboardInterrupt
        return [np.random.default_rng(frame).uniform(0, 90, (33, 2))]

    def look(wanted, find=who):
        journal = Journal(tmp_path / "looked.jsonl")
        return candidates_of(footage, lambda *_: wanted, find, journal, Reporter())

    with pytest.raises(KeyboardInterrupt):
        look(Wanted(2), lambda *given: who(*given, fail_at=4))
    assert asked == [0, 2, 4]
    found, troubles = look(Wanted(2))
    assert asked == [0, 2, 4, 4]
    assert not troubles
    assert [c.frame for c in found] == [0, 2, 4]
    assert [c.people for c in found] == [1, 1, 1]
    again, _ = look(Wanted(2))
    assert len(asked) == 4
    for a, b in zip(found, again, strict=True):
        np.testing.assert_array_equal(a.poses, b.poses)
        np.testing.assert_array_equal(a.look, b.look)
    assert [c.frame for c in look(Wanted(frames=frozenset({1, 4})))[0]] == [1, 4]
    assert asked[4:] == [1]


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    write_clip(tmp_path / "a.mp4", 2)
    (tmp_path / "b.mp4").write_bytes(b"nothing")
    footage, _ = find([tmp_path], Reporter())
    found, troubles = candidates_of(
        footage, lambda *_: Wanted(), lambda *_: [], Journal(tmp_path / "j.jsonl"), Reporter()
    )
    assert len(found) == 2
    assert len(troubles) == 1
    assert "b.mp4" in troubles[0]
