"""What a worker does with a unit's items, whatever its job does with a picture; videos as ``posetune predict`` follows people."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from posetune.errors import PosetuneError
from posetune.graph import points as own_points
from posetune.opencv import cv2
from posetune.progress import counted
from posetune.runtime import batch
from posetune.runtime.flow import ahead, in_order
from posetune.runtime.images import read_image
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.media import kind_of, pages_of
from posetune.runtime.pool import LandmarkerPool
from posetune.runtime.pose import Pose, Tracked
from posetune.runtime.tiles import Tiles
from posetune.runtime.video import Frame, VideoReader
from posetune.scale.inputs import as_file
from posetune.scale.job import Job
from posetune.scale.plan import Item
from posetune.scale.rows import Picture, values_of
from posetune.scale.store import StoreError
from posetune.scale.tasks import TASKS
from posetune.stock import Networks

#: "offline" smoothing looks so many frames ahead; a part of a video is looked at beyond its end for it.
_RUN_OUT = 32
Step = Callable[[], None]


class Looker:
    """The networks of a job, loaded once, and what they see. ``threads``: that many pictures at a time."""

    def __init__(self, networks: Networks, job: Job, threads: int) -> None:
        options = job.options
        self._options = batch.Options(
            model=networks, max_people=options.max_people, min_score=options.min_score, track=options.track,
            smooth=options.smooth, tiles=Tiles.of(options.tiles), backend=options.backend,
        )  # fmt: skip
        self._task = TASKS[job.what]
        self._look = self._task.look(job, self._options)
        self._threads = threads
        cv2.setNumThreads(threads)  # it would take all processors, as would every worker beside
        own = own_points.read(networks.landmarks)
        self._skeleton = None if own is None else own.skeleton
        self._pool: LandmarkerPool | None = None
        self._followers: LandmarkerPool | None = None

    def close(self) -> None:
        for pool in (self._pool, self._followers):
            if pool is not None:
                pool.close()

    def __call__(self, items: Sequence[Item], step: Step) -> tuple[list[Picture], dict[str, Any]]:
        """The pictures of ``items``, in their order, and what merging has to know of parts of videos (``joins``) and to tell
        (``notes``). ``step`` is called for every picture and frame, and may raise to stop.

        What cannot be read is a picture with its error. Raises StoreError where the inputs' store does not answer.
        """
        found: list[Picture] = []
        about: dict[str, Any] = {"joins": [], "notes": []}
        for kind, group in itertools.groupby(items, key=lambda item: item.kind):
            alike = list(group)
            for item, picture in self._images(alike) if kind == "image" else zip(alike, itertools.repeat(None)):
                for one in self._video(item, about, step) if picture is None else [picture]:
                    found.append(one)
                    step()
                if picture is not None and picture.note is not None:
                    about["notes"].append(picture.note)
        if not about["notes"]:
            del about["notes"]
        if self._skeleton is not None:
            about["skeleton"] = self._skeleton.as_json()
        return found, about

    def _images(self, items: Sequence[Item]) -> Iterator[tuple[Item, Picture | None]]:
        """None for a picture that moves, which is a video."""
        if self._pool is None:
            self._pool = self._options.pool(self._threads, 1)
        with closing(in_order(self._image, items, self._pool.landmarkers)) as results:
            for item, picture in zip(items, results, strict=True):
                yield (
                    item,
                    Picture(item.file, error=str(picture), uri=item.uri)
                    if isinstance(picture, PosetuneError)
                    else picture,
                )

    def _image(self, landmarker: Landmarker, item: Item) -> Picture | PosetuneError | None:
        try:
            with as_file(item.uri) as path:
                if kind_of(path) == "video":
                    return None if self._task.videos else PosetuneError(f"{item.uri} moves: a picture is wanted.")
                try:
                    rgb = read_image(path)
                    people = self._look(landmarker, rgb, item)
                    pages = pages_of(path)
                    note = f"{item.uri} has {pages} pages: the first alone was looked at." if pages > 1 else None
                    return Picture(item.file, people, (rgb.shape[1], rgb.shape[0]), uri=item.uri, note=note)
                except PosetuneError as error:
                    return PosetuneError(str(error).replace(str(path), item.uri))
        except StoreError:
            raise
        except PosetuneError as error:
            return error
        except OSError as error:
            return PosetuneError(f"Cannot read {item.uri}: {error.strerror or error}.")
        except MemoryError:
            return PosetuneError(f"The image {item.uri} is too large for the memory of this machine.")

    def _video(self, item: Item, about: dict[str, Any], step: Step) -> Iterator[Picture]:
        try:
            with as_file(item.uri) as path:
                yield from self._frames(path, item, about, step)
        except StoreError:
            raise
        except (PosetuneError, OSError) as error:
            yield Picture(item.file, error=str(error))

    def _frames(self, path: Path, item: Item, about: dict[str, Any], step: Step) -> Iterator[Picture]:
        video = VideoReader(path)
        begin, last = item.start - item.run_in, item.start - 1
        until = None if item.stop is None else item.stop + (_RUN_OUT if self._options.smooth == "offline" else 0)
        frames = _cut(video, begin, until)
        looked_at = self._followed(frames) if self._options.track else self._each(frames, item.file)
        seen = 0
        for number, tracked in zip(itertools.count(begin), looked_at, strict=False):
            if number == last and tracked:
                about["joins"].append(
                    {"file": item.file, "start": item.start, "people": [_join(pose) for pose in tracked]}
                )
            if number < item.start:
                step()
            elif item.stop is None or number < item.stop:
                seen += 1
                people = [values_of(pose) for pose in tracked]
                yield Picture(item.file, people, (video.width, video.height), number, tracked.seconds)
            else:
                break
        if video.damaged and item.stop is None:  # it saw them all
            about["notes"].append(
                f"{item.uri}: {counted(video.damaged, 'damaged frame was', 'damaged frames were')} left out."
            )
        missing = video.shortfall() if item.stop is None else None
        if missing:
            yield Picture(item.file, error=f"The video {item.uri} is damaged or cut off: {missing}.")
        elif not seen or (item.stop is not None and seen < item.stop - item.start):
            yield Picture(item.file, error=f"The video {item.uri} ends before its frame {item.stop or item.start}.")

    def _followed(self, frames: Iterable[Frame]) -> Iterator[Tracked]:
        if self._followers is None:
            self._followers = self._options.pool(1, self._threads)
        return self._options.follow(self._followers.landmarkers[0], ahead(frames))

    def _each(self, frames: Iterable[Frame], name: str) -> Iterator[Tracked]:
        if self._pool is None:
            self._pool = self._options.pool(self._threads, 1)

        def look(landmarker: Landmarker, numbered: tuple[int, Frame]) -> Tracked:
            number, frame = numbered
            return Tracked(self._options.predict(landmarker, frame.rgb, name), frame.rgb, frame.seconds, number)

        return in_order(look, enumerate(ahead(frames)), self._pool.landmarkers)


def _cut(video: VideoReader, begin: int, until: int | None) -> Iterator[Frame]:
    """The frames from ``begin`` up to ``until``. Those before are decoded as well: no seek is exact in every file."""
    return itertools.islice(video.frames(), begin, until)


def _join(pose: Pose) -> dict[str, Any]:
    """Where somebody is in the last frame before a part, by which merging knows them again."""
    return {"id": pose.id, "side": float(pose.crop.side), "points": np.round(pose.landmarks_px[:, :2], 2).tolist()}
