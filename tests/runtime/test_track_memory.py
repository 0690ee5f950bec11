from __future__ import annotations

import numpy as np
import pytest
from tests.helpers.figures import draw_person, room

from posetune.errors import PosetuneError
from posetune.runtime.smooth import STEADY
from posetune.runtime.tiles import Tiles
from posetune.runtime.track import Tracker
from posetune.runtime.track_memory import memory_of, remember
from posetune.runtime.video_looks import VideoLooks


def frames() -> list[tuple[np.ndarray, float]]:
    """Somebody who sways, then nobody for two frames, then the same again; in uneven times."""
    shown = []
    for n in range(9):
        picture = (
            room(360, 400)
            if n in (4, 5)
            else draw_person(room(360, 400), (150 + 4 * n, 200), 0.95, 0.02 * n, 0.3 + 0.15 * n)
        )
        shown.append((picture, 0.03 * n + 0.01 * (n % 2)))
    return shown


def numbers(poses) -> list:
    return [(p.id, p.landmarks_px.tolist(), p.world.tolist(), p.visibility.tolist(), p.score) for p in poses]


@pytest.mark.parametrize("tiles", [None, Tiles.of(2)])
def test_another_tracker_goes_on_to_the_last_bit(lite_landmarker, tiles):
    def made() -> Tracker:
        return Tracker(VideoLooks(lite_landmarker, 2, tiles, None), 2, STEADY)

    whole = made()
    expected = [numbers(whole(*frame)) for frame in frames()]
    memory, found = None, []
    for frame in frames():
        piece = made()
        if memory is not None:
            remember(piece, memory)
        found.append(numbers(piece(*frame)))
        memory = memory_of(piece)
    assert found == expected
    assert [len(poses) for poses in found] == [1, 1, 1, 1, 0, 0, 1, 1, 1]
    assert memory == memory_of(whole)


@pytest.mark.parametrize("memory", [b"", b"{}", b"[]", b'{"_people": []}', b'{"_people": [{"is": "Popen", "of": {}}]}'])
def test_what_is_no_memory_is_one_sentence(lite_landmarker, memory):
    with pytest.raises(PosetuneError, match="no memory of a tracker"):
        remember(Tracker(lite_landmarker), memory)
