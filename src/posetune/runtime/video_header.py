"""What the head of a video file says: kind, codec, size, length, turn. Nothing is decoded, and little is read.

For files of strangers: whoever opens them with a decoder has looked here first. A header may lie about what follows, so limits hold
while frames are read as well; but a file that is no MP4, MOV, WebM, Matroska or AVI, that points to other files, or whose codec is
one of the hundreds that nobody films with, never reaches a decoder.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from posetune.errors import PosetuneError

TAKEN = "MP4, MOV, WebM, MKV or AVI"
#: No index of ten minutes of film is larger, and no list is longer.
_MOST_INDEX = 32 << 20
_MOST_BOXES = 100_000
_MOST_TRACKS = 64
#: Matroska puts its tracks before the pictures.
_MOST_BEFORE_PICTURES = 4 << 20

#: Codec → the names that containers have for it.
_CODECS = {
    "H.264": ("avc1", "avc3", "h264", "x264", "V_MPEG4/ISO/AVC"),
    "HEVC": ("hvc1", "hev1", "dvh1", "dvhe", "hevc", "V_MPEGH/ISO/HEVC"),
    "VP8": ("vp08", "vp80", "V_VP8"),
    "VP9": ("vp09", "vp90", "V_VP9"),
    "AV1": ("av01", "V_AV1"),
    "MPEG-4": ("mp4v", "xvid", "divx", "dx50", "fmp4", "V_MPEG4/ISO/SP", "V_MPEG4/ISO/ASP"),
    "Motion JPEG": ("mjpg", "mjpa", "mjpb", "jpeg", "V_MJPEG"),
    "ProRes": ("apch", "apcn", "apcs", "apco", "ap4h", "ap4x", "V_PRORES"),
    "H.263": ("s263", "h263"),
    "DV": ("dvc ", "dvcp", "dvsd"),
}
_CODEC_OF = {name.lower(): codec for codec, names in _CODECS.items() for name in names}
#: H.264's profiles of 8 bit that browsers play: baseline, main, extended, high.
_PLAYED_PROFILES = (66, 77, 88, 100)
_TURNS = {(1, 0, 0, 1): 0, (0, 1, -1, 0): 90, (-1, 0, 0, -1): 180, (0, -1, 1, 0): 270}


class NotAVideo(PosetuneError):
    """The file is of a kind, or a codec, that is not taken."""


@dataclass(frozen=True)
class VideoHeader:
    """``container``: "mp4", "mov", "webm", "matroska" or "avi"; ``codec``: "H.264", "HEVC", "VP9" …; ``width``, ``height``: px of
    the picture as it is stored, before it is turned by ``rotation`` degrees clockwise; ``frames``, ``seconds``: None where the
    head does not say; ``plays``: browsers show it.
    """

    container: str
    codec: str
    width: int
    height: int
    rotation: int = 0
    frames: int | None = None
    seconds: float | None = None
    plays: bool = False


def video_header(path: str | Path) -> VideoHeader:
    """What the head of the file says of its pictures; of several tracks the largest size and the longest.

    Raises NotAVideo for another kind of file or codec, and where the pictures lie in another file; PosetuneError where it is
    damaged or has no pictures.
    """
    try:
        with open(path, "rb") as file:
            magic = file.read(16)
            if not magic:
                raise PosetuneError("The file is empty; send the bytes of a video.")
            if magic[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"):
                found = _of_mp4(file, magic)
            elif magic[:4] == b"\x1aE\xdf\xa3":
                found = _of_matroska(file)
            elif magic[:4] + magic[8:12] == b"RIFFAVI ":
                found = _of_avi(file)
            else:
                raise NotAVideo(f"This is {_kind(magic)}; videos are taken as {TAKEN}.")
    except (struct.error, LookupError, OverflowError, ValueError, TypeError, ZeroDivisionError, StopIteration) as error:
        raise PosetuneError(
            "The head of the video is damaged or cut off; copy it again, or convert it to MP4."
        ) from error
    if found.width < 1 or found.height < 1:
        raise PosetuneError(f"The head of the video says {found.width}×{found.height} px; convert it to MP4.")
    if found.frames == 0:
        raise PosetuneError("The video has no frames; was its recording cut short?")
    return found


def _kind(magic: bytes) -> str:
    for begin, name in (
        (b"GIF8", "a GIF"),
        (b"\xff\xd8\xff", "a picture (JPEG)"),
        (b"\x89PNG", "a picture (PNG)"),
        (b"RIFF", "a picture or sound"),
        (b"OggS", "an Ogg video or sound"),
        (b"FLV", "a Flash video"),
        (b"0&\xb2u", "a Windows Media video"),
        (b"\0\0\1\xba", "an MPEG program stream"),
        (b"PK", "a ZIP file or a network (.task)"),
        (b"%PDF", "a PDF"),
        (b"<", "a web page or SVG"),
        (b"#EXTM3U", "a list of other files"),
        (b"ffconcat", "a list of other files"),
        (b"ID3", "sound"),
    ):
        if magic.startswith(begin):
            return name
    return "an MPEG transport stream" if magic[:1] == b"G" else "no video that is known"


def _codec(name: bytes | str) -> str:
    text = name if isinstance(name, str) else name.decode("latin-1")
    codec = _CODEC_OF.get(text.lower())
    if codec is None:
        shown = "".join(c if c.isprintable() else "?" for c in text[:24])
        raise NotAVideo(f"The video is in a codec that is not taken ({shown!r}); convert it to MP4 (H.264).")
    return codec


def _joined(tracks: list[VideoHeader]) -> VideoHeader:
    if not tracks:
        raise NotAVideo("The file has no pictures, only sound or data; send a video.")
    seconds = [t.seconds for t in tracks if t.seconds is not None]
    frames = [t.frames for t in tracks if t.frames is not None]
    return replace(
        tracks[0],
        width=max(t.width for t in tracks),
        height=max(t.height for t in tracks),
        seconds=max(seconds) if len(seconds) == len(tracks) else None,
        frames=max(frames) if len(frames) == len(tracks) else None,
    )


# -- MP4 and MOV (ISO/IEC 14496-12) ------------------------------------------------------------------------------------------------


def _of_mp4(file: BinaryIO, magic: bytes) -> VideoHeader:
    container = "mp4" if magic[4:8] == b"ftyp" and magic[8:12] != b"qt  " else "mov"
    moov = _movie(file)
    boxes = dict(_boxes(moov))
    scale, length = _clock(boxes[b"mvhd"])
    in_parts = b"mvex" in boxes  # the pictures' tables come with each part
    whole = length / scale if length else None
    tracks = [
        _mp4_track(dict(_boxes(body)), container, in_parts, whole)
        for kind, body in _boxes(moov)
        if kind == b"trak" and _handler(dict(_boxes(body))) == b"vide"
    ]
    return _joined(tracks)


def _movie(file: BinaryIO) -> bytes:
    """The body of the box "moov"."""
    end, at = file.seek(0, 2), 0
    for _ in range(_MOST_BOXES):
        if at + 8 > end:
            break
        file.seek(at)
        size, kind = struct.unpack(">I4s", file.read(8))
        begin = at + 8
        if size == 1:
            (size,) = struct.unpack(">Q", file.read(8))
            begin += 8
        at = end if size == 0 else at + size
        if at < begin:
            break
        if kind == b"moov":
            if at > end:
                raise PosetuneError("The video is cut off within its index; copy it again.")
            if at - begin > _MOST_INDEX:
                raise PosetuneError(f"The index of the video is larger than {_MOST_INDEX >> 20} MB; convert it to MP4.")
            file.seek(begin)
            return file.read(at - begin)
    raise PosetuneError("The video has no index: it is cut off, or its recording was not finished; copy it again.")


def _boxes(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(kind, body) of the boxes directly inside ``body``."""
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > len(body):
            return
        size, kind = struct.unpack_from(">I4s", body, at)
        begin = at + 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", body, begin)
            begin += 8
        end = len(body) if size == 0 else at + size
        if end < begin or end > len(body):
            if kind.strip(b"\0"):  # else: what QuickTime ends a list with
                raise ValueError("a box that is larger than what it lies in")
            return
        yield kind, body[begin:end]
        at = end


def _clock(header: bytes) -> tuple[int, int]:
    """Ticks a second, and how many of them it lasts, of mvhd or mdhd; 0 for a length that is not known."""
    if header[0] == 1:
        scale, length = struct.unpack_from(">IQ", header, 20)
        return scale, 0 if length == 2**64 - 1 else length
    scale, length = struct.unpack_from(">II", header, 12)
    return scale, 0 if length == 2**32 - 1 else length


def _handler(track: dict[bytes, bytes]) -> bytes:
    return dict(_boxes(track[b"mdia"]))[b"hdlr"][8:12] if b"mdia" in track else b""


def _mp4_track(track: dict[bytes, bytes], container: str, in_parts: bool, whole: float | None) -> VideoHeader:
    media = dict(_boxes(track[b"mdia"]))
    information = dict(_boxes(media[b"minf"]))
    _check_references(information)
    table = dict(_boxes(information[b"stbl"]))
    scale, length = _clock(media[b"mdhd"])
    sizes = table.get(b"stsz") or table.get(b"stz2") or b""
    frames = struct.unpack_from(">I", sizes, 8)[0] if sizes else 0
    seconds = length / scale if length else whole
    entries = list(_boxes(table[b"stsd"][8:]))
    if not entries:
        raise PosetuneError("The video does not say in which codec it is; convert it to MP4 (H.264).")
    codec, plays = "", True
    width = height = 0
    for name, entry in entries:
        codec = codec or _codec(name)
        w, h = struct.unpack_from(">HH", entry, 24)
        width, height = max(width, w), max(height, h)
        plays = plays and _codec(name) == codec and _is_played(codec, entry)
    rotation = _rotation(track.get(b"tkhd", b""))
    unknown = in_parts and not frames
    return VideoHeader(
        container, codec, width, height, rotation, None if unknown else frames, None if unknown else seconds, plays
    )


def _check_references(information: dict[bytes, bytes]) -> None:
    """The pictures must lie in this file. (FFmpeg follows no reference unless asked, and is not.)"""
    data = dict(_boxes(information[b"dinf"])) if b"dinf" in information else {}
    for _, entry in _boxes(data.get(b"dref", b"")[8:]):
        if not entry[3] & 1:
            raise NotAVideo("The pictures of this video lie in another file; export it with its pictures inside.")


def _is_played(codec: str, entry: bytes) -> bool:
    if codec != "H.264":
        return codec in ("VP9", "AV1", "VP8")
    at = entry.find(b"avcC")
    return at > 0 and entry[at + 5] in _PLAYED_PROFILES


def _rotation(tkhd: bytes) -> int:
    """Degrees clockwise by which players turn the picture; 0 for what is no quarter turn."""
    at = 52 if tkhd[:1] == b"\1" else 40
    if len(tkhd) < at + 36:
        return 0
    a, b, _, c, d = struct.unpack_from(">5i", tkhd, at)
    key = tuple((v > 0) - (v < 0) if abs(v) > 0x8000 else 0 for v in (a, b, c, d))
    return _TURNS.get(key, 0)  # type: ignore[arg-type]


# -- WebM and Matroska (RFC 9559) --------------------------------------------------------------------------------------------------

_SEGMENT, _INFO, _TRACKS, _CLUSTER = 0x18538067, 0x1549A966, 0x1654AE6B, 0x1F43B675


def _of_matroska(file: BinaryIO) -> VideoHeader:
    file.seek(0)
    head = file.read(_MOST_BEFORE_PICTURES)
    first = _element(head, 0)
    doc_type = dict(_elements(head[first[1] : first[2]])).get(0x4282, b"").rstrip(b"\0")
    if doc_type not in (b"webm", b"matroska"):
        raise NotAVideo(f"This is a Matroska file of a kind that is not taken; videos are taken as {TAKEN}.")
    segment = _element(head, first[2])
    if segment[0] != _SEGMENT:
        raise ValueError("no segment")
    seconds: float | None = None
    tracks: list[dict[int, bytes]] = []
    at = segment[1]
    while at < len(head):
        identity, begin, end = _element(head, at)
        if identity == _CLUSTER:
            break
        if end > len(head):
            raise ValueError("a part that is larger than what it lies in")
        if identity == _INFO:
            about = dict(_elements(head[begin:end]))
            scale = int.from_bytes(about.get(0x2AD7B1, b"\x0f\x42\x40"), "big")  # nanoseconds a tick
            length = about.get(0x4489)
            if length:
                seconds = struct.unpack(">d" if len(length) == 8 else ">f", length)[0] * scale / 1e9
        elif identity == _TRACKS:
            tracks = [dict(_elements(body)) for kind, body in _elements(head[begin:end]) if kind == 0xAE][:_MOST_TRACKS]
        at = end
    if seconds is not None and not 0 < seconds < 1e9:
        seconds = None
    container = doc_type.decode()
    return _joined([_matroska_track(t, container, seconds) for t in tracks if t.get(0x83, b"")[-1:] == b"\1"])


def _matroska_track(track: dict[int, bytes], container: str, seconds: float | None) -> VideoHeader:
    name = track[0x86].rstrip(b"\0").decode("ascii")
    codec = _codec(track[0x63A2][16:20] if name == "V_MS/VFW/FOURCC" else name)
    video = dict(_elements(track[0xE0]))
    width, height = (int.from_bytes(video[key], "big") for key in (0xB0, 0xBA))
    plays = codec in ("VP8", "VP9", "AV1") and container == "webm"
    return VideoHeader(container, codec, width, height, 0, None, seconds, plays)


def _elements(body: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    for _ in range(_MOST_BOXES):
        if at >= len(body):
            return
        identity, begin, at = _element(body, at)
        if at > len(body):
            raise ValueError("an element that is larger than what it lies in")
        yield identity, body[begin:at]


def _element(content: bytes, at: int) -> tuple[int, int, int]:
    """(id, begin, end) of the element at ``at``; one without a length ends with the content."""
    id_length = 9 - content[at].bit_length()
    identity = int.from_bytes(content[at : at + id_length], "big")
    at += id_length
    length = 9 - content[at].bit_length()
    if id_length > 4 or length > 8:
        raise ValueError("no element")
    size = int.from_bytes(content[at : at + length], "big") & ((1 << 7 * length) - 1)
    begin = at + length
    return identity, begin, len(content) if size == (1 << 7 * length) - 1 else begin + size


# -- AVI ---------------------------------------------------------------------------------------------------------------------------


def _of_avi(file: BinaryIO) -> VideoHeader:
    file.seek(12)
    body = file.read(_MOST_BEFORE_PICTURES)
    kind, header = next(_chunks(body))
    if kind != b"LIST" or header[:4] != b"hdrl":
        raise ValueError("no header list")
    chunks = list(_chunks(header[4:]))
    streams = [dict(_chunks(c[4:])) for kind, c in chunks if kind == b"LIST" and c[:4] == b"strl"][:_MOST_TRACKS]
    return _joined([_avi_track(s) for s in streams if s[b"strh"][:4] == b"vids"])


def _avi_track(stream: dict[bytes, bytes]) -> VideoHeader:
    scale, rate, _, length = struct.unpack_from("<4I", stream[b"strh"], 20)
    width, height = struct.unpack_from("<ii", stream[b"strf"], 4)
    codec = _codec(stream[b"strf"][16:20])
    # A recording that was not finished has a length of 0 and pictures all the same.
    frames = length or None
    seconds = length * scale / rate if length and rate else None
    return VideoHeader("avi", codec, width, abs(height), 0, frames, seconds, False)


def _chunks(body: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = 0
    for _ in range(_MOST_BOXES):
        if at + 8 > len(body):
            return
        kind, size = struct.unpack_from("<4sI", body, at)
        yield kind, body[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
