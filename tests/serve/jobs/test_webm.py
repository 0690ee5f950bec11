from __future__ import annotations

import pytest

pytest.importorskip("starlette")

from tests.helpers.clips import number_of, numbered, write_clip

from posetune.runtime.video import VideoReader
from posetune.runtime.video_header import video_header
from posetune.serve.jobs.webm import Film, packets_in


def film(path, counts, times):
    """A film of numbered frames, put together from pieces of ``counts`` frames."""
    made, content, first = Film(160, 96), b"", 0
    content += made.head()
    for count in counts:
        piece = write_clip(path.with_name("piece.webm"), [numbered(n) for n in range(first, first + count)])
        packets = packets_in(piece.read_bytes())
        assert (packets[0].key, len(packets)) == (True, count)
        content += made.cluster(packets, times[first : first + count])
        first += count
    streamed = content
    content = bytearray(content + made.tail())
    for place, patch in made.patches(40):
        content[place : place + len(patch)] = patch
    path.write_bytes(content)
    return streamed


def test_pieces_become_one_film_with_times_of_their_own(tmp_path):
    times = [0, 40, 50, 200, 233, 500, 540, 41_000]
    film(tmp_path / "film.webm", [3, 2, 3], times)
    shown = [(number_of(f.rgb), round(f.seconds * 1000)) for f in VideoReader(tmp_path / "film.webm").frames()]
    assert shown == list(enumerate(times))
    header = video_header(tmp_path / "film.webm")
    assert (header.container, header.codec, header.seconds) == ("webm", "VP8", 41.04)


def test_it_can_be_watched_while_it_is_made(tmp_path):
    streamed = film(tmp_path / "film.webm", [3, 2], [0, 40, 80, 120, 160])
    (tmp_path / "begun.webm").write_bytes(streamed)
    assert [number_of(rgb) for rgb in VideoReader(tmp_path / "begun.webm")] == [0, 1, 2, 3, 4]
    assert video_header(tmp_path / "begun.webm").seconds is None


def test_what_is_cut_off_is_told(tmp_path):
    piece = write_clip(tmp_path / "piece.webm", 3).read_bytes()
    with pytest.raises((ValueError, IndexError)):
        packets_in(piece[: len(piece) // 2])
