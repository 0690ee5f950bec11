"""Images and videos through the networks and onto the disk: reading, networks, drawing and writing overlap.

Images go to several landmarkers of one thread each; of a video one thread decodes, one follows the people, and the caller's
draws and encodes. Nothing grows with the length of a video or the number of files.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from posetune import stock
from posetune.backends.base import default_threads
from posetune.errors import PosetuneError
from posetune.files import write_bytes
from posetune.interrupt import interruptible
from posetune.opencv import cv2
from posetune.progress import Progress
from posetune.runtime.detector import DEFAULT_MAX_PEOPLE
from posetune.runtime.draw import draw_poses
from posetune.runtime.flow import ahead, in_order
from posetune.runtime.images import read_image
from posetune.runtime.landmarker import MIN_PRESENCE_CONFIDENCE, Landmarker
from posetune.runtime.pool import LandmarkerPool
from posetune.runtime.pose import Pose, Tracked
from posetune.runtime.records import Found, RecordWriter
from posetune.runtime.smooth import Smoothing
from posetune.runtime.video import VIDEO_SUFFIXES, Frame, VideoReader, writing_video

OVERLAY_FOLDER = "overlays"
_JPEG = (cv2.IMWRITE_JPEG_QUALITY, 92)
#: A video that ends before this part of the frames it announces is damaged, not merely miscounted.
_COMPLETE = 0.9

File = tuple[Path, str]  # where it is, and its name in the results
_Put = Callable[[Tracked, np.ndarray], None]


@dataclass(frozen=True)
class Options:
    """What to do. ``model``: as posetune.load takes it; ``smooth``: as Landmarker.track takes it; ``track``: False to look
    at every frame of a video by itself; ``as_frames``: a video's overlays as .jpg files; ``threads``: None for all; ``backend``: as
    posetune.load takes it.
    """

    model: str | Path | stock.Networks = "full"
    max_people: int = DEFAULT_MAX_PEOPLE
    min_score: float = MIN_PRESENCE_CONFIDENCE
    segmentation: bool = False
    track: bool = True
    smooth: str | Smoothing | None = "mediapipe"
    overlays: bool = True
    as_frames: bool = False
    threads: int | None = None
    backend: str = "litert"

    def pool(self, size: int, threads: int) -> LandmarkerPool:
        """``size`` landmarkers for ``threads`` processors each."""
        return LandmarkerPool(
            self.model,
            size,
            threads=threads,
            min_presence_confidence=self.min_score,
            segmentation=self.segmentation,
            backend=self.backend,
        )


@dataclass
class Batch:
    """One run over files. ``single``: one file was asked for: its errors are raised and progress counts its frames.

    Afterwards: ``pictures`` looked at, how many of them were ``frames`` and how many ``empty``, ``failed`` files with the
    reason, and whether Ctrl-C ``stopped`` it.
    """

    options: Options
    out: Path
    records: RecordWriter
    progress: Progress
    single: bool = False
    pictures: int = 0
    frames: int = 0
    empty: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    stopped: bool = False

    def run(self, files: Iterable[File]) -> None:
        """Look at ``files``. One that cannot be read is noted; what cannot be written raises. On Ctrl-C everything up to
        then is kept.
        """
        for are_videos, group in itertools.groupby(files, key=lambda f: f[0].suffix.lower() in VIDEO_SUFFIXES):
            try:
                if are_videos:
                    self._videos(list(group))
                else:
                    self._images(list(group))
            except KeyboardInterrupt:
                self.stopped = True
            if self.stopped:
                return

    def _images(self, files: Sequence[File]) -> None:
        threads = self.options.threads or default_threads()
        count = min(threads, len(files))
        with self.options.pool(count, threads // count) as pool, interruptible() as interrupted:
            # Pictures under way are finished and noted: their overlays are on the disk already.
            self._noted(itertools.takewhile(lambda _: not interrupted(), files), files, pool.landmarkers)
            self.stopped = interrupted()

    def _noted(self, wanted: Iterable[File], files: Sequence[File], landmarkers: Sequence[Landmarker]) -> None:
        with closing(in_order(self._image, wanted, landmarkers)) as results:
            for (_, name), result in zip(files, results, strict=False):
                if isinstance(result, PosetuneError):
                    self._fail(name, result)
                else:
                    self._note(name, result)
                if not self.single:
                    self.progress.step(name)

    def _image(self, landmarker: Landmarker, file: File) -> list[Pose] | PosetuneError:
        path, name = file
        try:
            rgb = read_image(path)
            poses = landmarker.predict(rgb, self.options.max_people)
        except PosetuneError as error:
            return error
        if self.options.overlays:
            target = self.out / OVERLAY_FOLDER / name
            if target.suffix.lower() not in (".jpg", ".jpeg"):
                target = target.with_name(target.name + ".jpg")
            write_jpeg(target, draw_poses(rgb, poses))
        return poses

    def _videos(self, files: Sequence[File]) -> None:
        threads = self.options.threads or default_threads()
        pool = self.options.pool(1, threads) if self.options.track else self.options.pool(threads, 1)
        with pool:
            self._each_video(files, pool.landmarkers)

    def _each_video(self, files: Sequence[File], landmarkers: Sequence[Landmarker]) -> None:
        for path, name in files:
            try:
                video = VideoReader(path)
            except PosetuneError as error:
                self._fail(name, error)
            else:
                self._video(video, name, landmarkers)
            if self.stopped:
                return
            if not self.single:
                self.progress.step(name)

    def _video(self, video: VideoReader, name: str, landmarkers: Sequence[Landmarker]) -> None:
        before = self.pictures
        if self.single:
            self.progress.set_total(video.declared_frames)
        folder = self.out / OVERLAY_FOLDER / name
        with closing(self._looked_at(video, landmarkers)) as frames:
            if not self.options.overlays:
                self._each(frames, name, lambda frame, drawn: None)
            elif self.options.as_frames:
                self._each(frames, name, lambda frame, drawn: write_jpeg(folder / f"{frame.frame:06}.jpg", drawn))
            else:
                target = folder.with_name(f"{name.rsplit('/', 1)[-1]}.mp4".replace(".mp4.mp4", ".mp4"))
                with writing_video(target, video.fps, video.width, video.height) as writer:
                    self._each(frames, name, lambda frame, drawn: writer.write(drawn))
        count = self.pictures - before
        if video.damaged:
            self.progress.note(f"posetune: {video.path}: {video.damaged} damaged frame(s) were left out.")
        if not self.stopped and video.declared_frames and count < _COMPLETE * video.declared_frames:
            what = f"the results hold {count} of its {video.declared_frames} frames."
            self._fail(name, PosetuneError(f"The video {video.path} is damaged or cut off: {what}"), kept=True)

    def _looked_at(self, video: VideoReader, landmarkers: Sequence[Landmarker]) -> Generator[Tracked, None, None]:
        frames = ahead(video.frames())
        if self.options.track:
            tracked = landmarkers[0].track(frames, max_people=self.options.max_people, smooth=self.options.smooth)
            return ahead(tracked)

        def look(landmarker: Landmarker, numbered: tuple[int, Frame]) -> Tracked:
            number, frame = numbered
            poses = landmarker.predict(frame.rgb, self.options.max_people)
            return Tracked(poses, frame.rgb, frame.seconds, number)

        return in_order(look, enumerate(frames), landmarkers)

    def _each(self, frames: Iterator[Tracked], name: str, put: _Put) -> None:
        """Draw, ``put`` and note every frame; on Ctrl-C, those up to then."""
        try:
            for frame in frames:
                if self.options.overlays:
                    put(frame, draw_poses(frame.rgb, frame))
                self._note(name, frame, frame)
                if self.single:
                    self.progress.step(name)
        except KeyboardInterrupt:
            self.stopped = True

    def _note(self, name: str, poses: list[Pose], frame: Tracked | None = None) -> None:
        self.pictures += 1
        self.empty += not poses
        self.frames += frame is not None
        number, seconds = (None, None) if frame is None else (frame.frame, frame.seconds)
        for i, pose in enumerate(poses):
            self.records.write(Found(self.pictures, name, number, i, pose, seconds))

    def _fail(self, name: str, error: PosetuneError, kept: bool = False) -> None:
        """Note an error; raise it if this was the only file and nothing of it was ``kept``."""
        if self.single and not kept:
            raise error
        self.failed.append((name, str(error)))
        self.progress.note(f"posetune: {error}")


def write_jpeg(path: Path, rgb: np.ndarray) -> None:
    """Write (H, W, 3) uint8 RGB atomically. Raises PosetuneError if JPEG cannot hold it, or the disk cannot."""
    done, content = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), _JPEG)
    if not done:
        raise PosetuneError(f"OpenCV cannot write {path} as JPEG: the picture is too large for that format.")
    write_bytes(path, content.tobytes())
