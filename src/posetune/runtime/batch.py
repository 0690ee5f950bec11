"""Images and videos through the networks and onto the disk: reading, networks, drawing and writing overlap.

Images go to several landmarkers of one thread each; of a video one thread decodes, one follows the people, and the caller's
draws and encodes. Nothing grows with the length of a video or the number of files.
"""

from __future__ import annotations

import itertools
import signal
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from posetune import stock
from posetune.backends.base import default_threads
from posetune.errors import PosetuneError
from posetune.files import write_bytes
from posetune.interrupt import interruptible
from posetune.opencv import cv2
from posetune.progress import Counter
from posetune.runtime.boxes import BoxFile
from posetune.runtime.detector import DEFAULT_MAX_PEOPLE
from posetune.runtime.draw import draw_poses
from posetune.runtime.flow import ahead, in_order
from posetune.runtime.image_header import jpeg_segments
from posetune.runtime.image_ids import ImageIds
from posetune.runtime.images import read_image
from posetune.runtime.landmarker import MIN_PRESENCE_CONFIDENCE, Landmarker
from posetune.runtime.live import LiveSource
from posetune.runtime.media import DRAWN, File, kind_of, pages_of, shown_name
from posetune.runtime.overlay_names import OverlayNames
from posetune.runtime.pool import LandmarkerPool
from posetune.runtime.pose import Pose, Tracked
from posetune.runtime.records import Found, RecordWriter
from posetune.runtime.smooth import Smoothing
from posetune.runtime.tiles import Tiles
from posetune.runtime.video import Frame, VideoReader
from posetune.runtime.video_writer import VideoWriter, suffix_for_browsers, writing_video
from posetune.runtime.window import Window
from posetune.runtime.zones import Zones

OVERLAY_FOLDER = "overlays"
_JPEG = (cv2.IMWRITE_JPEG_QUALITY, 92)
#: Frames a second of the overlays of a live source, whose own come as they may.
_LIVE_FPS = 30.0

_Put = Callable[[Tracked, np.ndarray], None]


@dataclass(frozen=True)
class Options:
    """What to do. ``model``: as posetune.load takes it; ``smooth``: as Landmarker.track takes it; ``track``: False to look
    at every frame of a video by itself; ``as_frames``: a video's overlays as .jpg files; ``threads``: None for all; ``backend``: as
    posetune.load takes it; ``tiles``, ``zones``: as Landmarker.predict takes them; ``boxes``: whom to look at in each picture, and
    in each frame where a video is not tracked.
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
    tiles: Tiles | None = None
    zones: Zones | None = None
    boxes: BoxFile | None = None

    def predict(self, landmarker: Landmarker, rgb: np.ndarray, name: str, frame: int | None = None) -> list[Pose]:
        """The people in the picture ``name``, or in a frame of a video."""
        boxes = None if self.boxes is None else self.boxes.of(name, frame)
        return landmarker.predict(rgb, self.max_people, tiles=self.tiles, zones=self.zones, boxes=boxes)

    def follow(self, landmarker: Landmarker, frames: Iterable[object]) -> Iterator[Tracked]:
        """The people of a video's ``frames``. Raises PosetuneError where boxes say who is in each of them."""
        if self.boxes is not None:
            raise PosetuneError("Boxes say who is in each frame of a video, not who stays the same: look at every frame by "
                                "itself, with --no-track.")  # fmt: skip
        return landmarker.track(
            frames, max_people=self.max_people, smooth=self.smooth, tiles=self.tiles, zones=self.zones
        )

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
    """One run over files. ``single``: one file was asked for: its errors are raised and progress counts its frames. ``ids``: of
    images and frames. ``window``: where every frame of a video is shown, too.

    Afterwards: ``pictures`` looked at, how many of them were ``frames`` and how many ``empty``, ``failed`` files with the
    reason, whether Ctrl-C or SIGTERM ``stopped`` it, and whether that was SIGTERM (``terminated``).
    """

    options: Options
    out: Path
    records: RecordWriter
    progress: Counter
    single: bool = False
    ids: ImageIds = field(default_factory=ImageIds)
    window: Window | None = None
    pictures: int = 0
    frames: int = 0
    empty: int = 0
    failed: list[tuple[str, str]] = field(default_factory=list)
    stopped: bool = False
    terminated: bool = False

    def __post_init__(self) -> None:
        self._names = OverlayNames(self.out / OVERLAY_FOLDER)
        self._interrupted: Callable[[], int] = lambda: 0

    def run(self, files: Iterable[File]) -> None:
        """Look at ``files``. One that cannot be read is noted; what cannot be written raises. On Ctrl-C or SIGTERM everything up
        to then is kept.
        """
        with self._until_interrupted():
            for are_videos, group in itertools.groupby(files, key=lambda f: self._is_video(f[0])):
                if are_videos:
                    self._videos(list(group))
                else:
                    self._images(list(group))
                if self.stopped:
                    return

    @contextmanager
    def _until_interrupted(self) -> Iterator[None]:
        with interruptible() as self._interrupted:
            try:
                yield
            except KeyboardInterrupt:
                self.stopped = True
            finally:
                self.terminated = self._interrupted() == signal.SIGTERM

    def follow(self, source: LiveSource) -> None:
        """Look at a camera or stream until it ends, Ctrl-C, or the window is closed; with the newest frame each time."""
        threads = self.options.threads or default_threads()
        with self._until_interrupted(), self.options.pool(1, threads) as pool, closing(source.frames()) as frames:
            tracked = self.options.follow(pool.landmarkers[0], frames)
            self._write_video(source, shown_name(source.name), tracked)

    @staticmethod
    def _is_video(path: Path) -> bool:
        kind = kind_of(path)
        if kind is None:  # given by name: what cannot be told by its beginning is a video if it opens as one
            try:
                return VideoReader(path).width > 0
            except (PosetuneError, OSError):
                return False
        return kind == "video"

    def _images(self, files: Sequence[File]) -> None:
        threads = self.options.threads or default_threads()
        count = min(threads, len(files))
        with self.options.pool(count, threads // count) as pool:
            # Pictures under way are finished and noted: their overlays are on the disk already.
            self._noted(itertools.takewhile(lambda _: not self._interrupted(), files), files, pool.landmarkers)
            self.stopped = bool(self._interrupted())

    def _noted(self, wanted: Iterable[File], files: Sequence[File], landmarkers: Sequence[Landmarker]) -> None:
        with closing(in_order(self._image, wanted, landmarkers)) as results:
            for (path, name), result in zip(files, results, strict=False):
                if isinstance(result, PosetuneError):
                    self._fail(name, result)
                else:
                    self._note(name, result)
                    self._say_pages(path)
                if not self.single:
                    self.progress.step(name)

    def _say_pages(self, path: Path) -> None:
        pages = pages_of(path)
        if pages > 1:
            self.progress.say(
                f"posetune: {shown_name(str(path))} has {pages} pages: the first alone was looked at; save each as a file."
            )

    def _image(self, landmarker: Landmarker, file: File) -> list[Pose] | PosetuneError:
        path, name = file
        try:
            rgb = read_image(path)
            poses = self.options.predict(landmarker, rgb, name)
        except PosetuneError as error:
            return error
        except MemoryError:
            return PosetuneError(
                f"The image {path} is too large for the memory of this machine: shrink it or leave it out."
            )
        if self.options.overlays:
            write_jpeg(self._names.of(name, ".jpg"), draw_poses(rgb, poses), DRAWN)
        return poses

    def _videos(self, files: Sequence[File]) -> None:
        threads = self.options.threads or default_threads()
        pool = self.options.pool(1, threads) if self.options.track else self.options.pool(threads, 1)
        with pool:
            self._each_video(files, pool.landmarkers)

    def _each_video(self, files: Sequence[File], landmarkers: Sequence[Landmarker]) -> None:
        for path, name in files:
            if self._interrupted():  # after a video's last frame
                self.stopped = True
                return
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
        if self.single:
            self.progress.total = video.expected_frames
        with closing(self._looked_at(video, name, landmarkers)) as frames:
            self._write_video(video, name, frames)
        if video.damaged:
            self.progress.say(
                f"posetune: {shown_name(str(video.path))}: {video.damaged} damaged frame(s) were left out."
            )
        missing = None if self.stopped else video.shortfall()
        if missing:
            self._fail(name, PosetuneError(f"The video {video.path} is damaged or cut off: {missing}."), kept=True)

    def _write_video(self, video: VideoReader | LiveSource, name: str, frames: Iterator[Tracked]) -> None:
        """Note every frame, and draw it where that is asked for."""
        if not self.options.overlays:
            self._each(frames, name, None)
        elif self.options.as_frames:
            folder = self._names.of(name, "")
            self._each(frames, name, lambda frame, drawn: write_jpeg(folder / f"{frame.frame:06}.jpg", drawn, DRAWN))
        else:
            target = self._names.of(name, suffix_for_browsers(video.width, video.height))
            live = isinstance(video, LiveSource)
            fps = _LIVE_FPS if isinstance(video, LiveSource) else video.fps
            with writing_video(target, fps, video.width, video.height, DRAWN) as writer:
                self._each(frames, name, _writing(writer, live))

    def _looked_at(
        self, video: VideoReader, name: str, landmarkers: Sequence[Landmarker]
    ) -> Generator[Tracked, None, None]:
        frames = ahead(video.frames())
        if self.options.track:
            return ahead(self.options.follow(landmarkers[0], frames))

        def look(landmarker: Landmarker, numbered: tuple[int, Frame]) -> Tracked:
            number, frame = numbered
            poses = self.options.predict(landmarker, frame.rgb, name, number)
            return Tracked(poses, frame.rgb, frame.seconds, number)

        return in_order(look, enumerate(frames), landmarkers)

    def _each(self, frames: Iterator[Tracked], name: str, put: _Put | None) -> None:
        """Draw, ``put``, show and note every frame; on Ctrl-C, or when the window is closed, those up to then."""
        try:
            for frame in frames:
                drawn = draw_poses(frame.rgb, frame) if put or self.window else frame.rgb
                if put:
                    put(frame, drawn)
                self._note(name, frame, frame)
                if self.single:
                    self.progress.step(name)
                if self.window and not self.window.show(drawn):
                    return
                if self._interrupted():
                    self.stopped = True
                    return
        except KeyboardInterrupt:
            self.stopped = True

    def _note(self, name: str, poses: list[Pose], frame: Tracked | None = None) -> None:
        self.pictures += 1
        self.empty += not poses
        self.frames += frame is not None
        number, seconds = (None, None) if frame is None else (frame.frame, frame.seconds)
        image_id = self.ids(name, number)
        for i, pose in enumerate(poses):
            self.records.write(Found(image_id, name, number, i, pose, seconds))

    def _fail(self, name: str, error: PosetuneError, kept: bool = False) -> None:
        """Note an error; raise it if this was the only file and nothing of it was ``kept``."""
        if self.single and not kept:
            raise type(error)(shown_name(str(error))) from error
        self.failed.append((name, str(error)))
        self.progress.say(f"posetune: {shown_name(str(error))}")


def _writing(writer: VideoWriter, live: bool) -> _Put:
    if live:
        return lambda frame, drawn: writer.write_until(drawn, frame.seconds)
    return lambda frame, drawn: writer.write(drawn)


def write_jpeg(path: Path, rgb: np.ndarray, remark: bytes | None = None) -> None:
    """Write (H, W, 3) uint8 RGB atomically. ``remark``: a comment in the file. Raises PosetuneError if JPEG cannot hold it,
    or the disk cannot.
    """
    done, coded = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), _JPEG)
    if not done:
        raise PosetuneError(f"OpenCV cannot write {path} as JPEG: the picture is too large for that format.")
    content = coded.tobytes()
    if remark:
        second = next(itertools.islice(jpeg_segments(content), 1, None))[1]  # the first one is JFIF's
        content = content[:second] + b"\xff\xfe" + (len(remark) + 2).to_bytes(2, "big") + remark + content[second:]
    write_bytes(path, content)
