from __future__ import annotations

import contextlib
import random

import pytest
from tests.helpers.clips import CODECS, write_clip
from tests.helpers.mp4 import set_rotation

from posetune.errors import PosetuneError
from posetune.runtime.video_header import NotAVideo, video_header


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """Suffix → a clip of 12 frames."""
    folder = tmp_path_factory.mktemp("clips")
    return {suffix: write_clip(folder / f"clip{suffix}", 12) for suffix in CODECS}


@pytest.mark.parametrize(
    ("suffix", "container", "codec", "frames", "plays"),
    [
        (".mp4", "mp4", "MPEG-4", 12, False),
        (".mov", "mov", "MPEG-4", 12, False),
        (".webm", "webm", "VP8", None, True),
        (".mkv", "matroska", "VP8", None, False),
        (".avi", "avi", "Motion JPEG", 12, False),
    ],
)
def test_each_kind_says_what_it_is(clips, suffix, container, codec, frames, plays):
    found = video_header(clips[suffix])
    assert (found.container, found.codec, found.frames, found.plays) == (container, codec, frames, plays)
    assert (found.width, found.height) == (160, 96)
    assert found.seconds == pytest.approx(12 / 25, abs=0.05)


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_the_turn_of_a_phone(tmp_path, degrees):
    clip = write_clip(tmp_path / "clip.mp4", 3)
    set_rotation(clip, degrees)
    assert video_header(clip).rotation == degrees


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"GIF89a" + bytes(40), "a GIF"),
        (b"ffconcat version 1.0\nfile other.mp4\n", "a list of other files"),
        (b"#EXTM3U\nother.ts\n", "a list of other files"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a web page or SVG"),
        (b"\xff\xd8\xff\xe0" + bytes(40), "JPEG"),
        (b"PK\3\4" + bytes(40), "ZIP"),
        (b"\0\0\0\x1cTFL3" + bytes(40), "no video that is known"),
        (b"G" + bytes(400), "transport stream"),
        (b"\0\0\0\x14ftypisom\0\0\0\0isom", "no index"),
        (b"\0\0\0\x14ftypheic\0\0\0\0mif1\0\0\0\x08moov", "damaged"),
        (b"\x1aE\xdf\xa3" + bytes(40), "damaged"),
        (b"RIFF\xff\xff\xff\xffAVI LIST\x04\0\0\0hdrl", "only sound or data"),
    ],
)
def test_what_is_no_video_is_one_sentence(tmp_path, content, said):
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(PosetuneError, match=said):
        video_header(path)


def changed(clip, tmp_path, old: bytes, new: bytes):
    content = clip.read_bytes()
    assert old in content
    path = tmp_path / clip.name
    path.write_bytes(content.replace(old, new))
    return path


def test_a_codec_that_nobody_films_with_is_refused(clips, tmp_path):
    for suffix, name in ((".mp4", b"mp4v"), (".avi", b"MJPG"), (".webm", b"V_VP8")):
        with pytest.raises(NotAVideo, match="codec that is not taken"):
            video_header(changed(clips[suffix], tmp_path, name, b"cvid"[: len(name)].ljust(len(name), b"x")))


def test_pictures_in_another_file_are_refused(clips, tmp_path):
    with pytest.raises(NotAVideo, match="another file"):
        video_header(changed(clips[".mp4"], tmp_path, b"url \0\0\0\1", b"url \0\0\0\0"))


def test_a_table_of_no_frames_is_told(clips, tmp_path):
    content = clips[".mp4"].read_bytes()
    at = content.index(b"stsz") + 12
    path = tmp_path / "none.mp4"
    path.write_bytes(content[:at] + bytes(4) + content[at + 4 :])
    with pytest.raises(PosetuneError, match="no frames"):
        video_header(path)


@pytest.mark.parametrize("suffix", list(CODECS))
def test_whatever_the_bytes_it_is_a_header_or_one_sentence(clips, tmp_path, suffix):
    rng = random.Random(3)
    content = clips[suffix].read_bytes()
    places = [i for i in range(len(content)) if i < 600 or i > len(content) - 1200]
    path = tmp_path / f"clip{suffix}"
    for _ in range(300):
        broken = bytearray(content[: rng.choice([len(content), rng.randrange(len(content))])])
        for _ in range(rng.randrange(4)):
            at = rng.choice(places)
            if at < len(broken):
                broken[at] = rng.choice([0, 1, 0x7F, 0xFF, rng.randrange(256)])
        path.write_bytes(broken)
        with contextlib.suppress(PosetuneError):
            assert video_header(path).width > 0
