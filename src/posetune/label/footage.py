"""The footage that a set is made from: files, what their frames are called, and the frames themselves."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import unicodedata
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posetune.data.people import ImageRecord
from posetune.data.series import place_in_series, series_groups
from posetune.errors import PosetuneError
from posetune.progress import Reporter
from posetune.runtime.images import read_image
from posetune.runtime.media import LeftOut, kind_of, media_in
from posetune.runtime.video import VideoReader

_CHUNK = 2**22
#: What a file name may not hold on some machine, and blanks, which hurt in shells.
_UNFIT = re.compile(r'[\s<>:"/\\|?*\x00-\x1f]+')
#: How the name of a frame goes on after its clip's.
_FRAME = re.compile(r"_\d{6,}")


@dataclass(frozen=True)
class Footage:
    """A video or an image. ``name``: of its file; ``sha256``: of the file's content; ``stem``: how the names of its images in the
    set begin; ``group``: of its images.
    """

    path: Path
    name: str
    sha256: str
    is_video: bool
    stem: str = ""
    group: str = ""

    def image_name(self, frame: int | None) -> str:
        """The file name in the set of a frame, of None for an image."""
        return f"{self.stem}.jpg" if frame is None else f"{self.stem}_{frame:06d}.jpg"


def find(sources: Sequence[Path], report: Reporter, but: Path | None = None) -> tuple[list[Footage], list[str]]:
    """``(footage, sentences)``: the images and videos in files and folders, each content once; what could not be read. ``but``: a
    folder that is passed over, the set that is made.

    Raises PosetuneError if a source does not exist, or there is nothing at all.
    """
    files: list[Path] = []
    own = but.resolve() if but is not None else None
    for source in sources:
        if not source.exists():
            raise PosetuneError(f"There is no {source}; label takes videos, images and folders of them.")
        below, left_out = media_in(source, lambda p: p.resolve() == own) if source.is_dir() else ([source], LeftOut())
        if phrases := ", ".join(left_out.phrases()):
            report.say(f"{source}: left out {phrases}.")
        files += sorted(below, key=place_in_series)
    found: dict[str, Footage] = {}
    unreadable: list[str] = []
    with report.counting("files read", len(files)) as counter:
        for file in files:
            kind = kind_of(file)
            try:
                content = _sha256(file)
            except OSError as error:
                unreadable.append(f"Cannot read {file}: {error.strerror or error}.")
                continue
            if kind is None:
                unreadable.append(f"{file} is neither a video nor an image.")
            elif content in found:
                report.say(f"{file} is the same file as {found[content].path}: taken once.")
            else:
                found[content] = Footage(file, file.name, content, kind == "video")
            counter.step()
    if not found:
        what = ", ".join(map(str, sources))
        why = f" ({unreadable[0]})" if unreadable else ""
        raise PosetuneError(f"There is no video or image that can be read in {what}{why}.")
    return list(found.values()), unreadable


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def named(
    footage: Sequence[Footage], known: dict[str, str], taken: Collection[str], group: str | None
) -> list[Footage]:
    """``footage`` with stems that nothing in the set has, and groups.

    ``known``: sha256 → stem, of files that were labelled before, which keep theirs. ``taken``: stems of the set's images, folded.
    ``group``: one for all; None: a video is a group, and so are images of one folder and series whose neighbours look alike.
    """
    used = {fold(stem) for stem in known.values()} | set(taken)
    images = [ImageRecord(f.sha256, f.path, 0, 0, "") for f in footage if not f.is_video]
    series = {} if group is not None else series_groups(images)
    of_series: dict[str, str] = {}
    result: list[Footage] = []
    for one in footage:
        stem = known.get(one.sha256)
        if stem is None:
            stem = _unused(_fit(one.path.stem), used, one.is_video)
            used.add(fold(stem))
        own = stem
        if not one.is_video and one.path in series:
            own = of_series.setdefault(series[one.path], stem)
        result.append(dataclasses.replace(one, stem=stem, group=group or own))
    return result


def _fit(stem: str) -> str:
    clean = unicodedata.normalize("NFC", stem.encode("utf-8", "replace").decode())
    return _UNFIT.sub("-", clean).strip("-.")[:80] or "clip"


def _unused(stem: str, used: Collection[str], is_video: bool) -> str:
    number, name = 1, stem
    while _is_taken(fold(name), used, is_video):
        number += 1
        name = f"{stem}-{number}"
    return name


def _is_taken(stem: str, used: Collection[str], is_video: bool) -> bool:
    """Whether a name is another's, or would be that of a frame: "a_000012" of the video "a"."""
    if stem in used:
        return True
    if not is_video:
        frame = re.fullmatch(f"(.+){_FRAME.pattern}", stem)
        return frame is not None and frame[1] in used
    return any(other.startswith(stem) and _FRAME.fullmatch(other, len(stem)) for other in used)


def fold(stem: str) -> str:
    """What makes two names one on some file system."""
    return unicodedata.normalize("NFC", stem).casefold()


class Frames:
    """The frames of a piece of footage, in order: ``(number, seconds, rgb)``, of an image one with the number None."""

    def __init__(self, footage: Footage) -> None:
        """Raises PosetuneError if the file cannot be read."""
        self.footage = footage
        self._reader = VideoReader(footage.path) if footage.is_video else None
        self.count = 0

    @property
    def fps(self) -> float:
        return self._reader.fps if self._reader is not None else 1.0

    @property
    def expected(self) -> int | None:
        """How many frames the file says it has."""
        return self._reader.expected_frames if self._reader is not None else 1

    def __iter__(self) -> Iterator[tuple[int | None, float, np.ndarray]]:
        if self._reader is None:
            self.count = 1
            yield None, 0.0, read_image(self.footage.path)
            return
        for number, frame in enumerate(self._reader.frames()):
            self.count = number + 1
            yield number, frame.seconds, frame.rgb

    def shortfall(self) -> str | None:
        """What is missing at the end, in words."""
        return self._reader.shortfall() if self._reader is not None else None
