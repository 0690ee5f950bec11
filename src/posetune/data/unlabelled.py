"""Footage without labels: images, frames of videos, and whom a network finds in them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np

from posetune.data.origin import ImageOrigin
from posetune.data.people import ImageRecord
from posetune.data.series import look_alike, place_in_series
from posetune.errors import PosetuneError
from posetune.files import state_of, write_bytes
from posetune.geometry import Crop, crop_from_labels
from posetune.landmarks import COUNT
from posetune.opencv import cv2
from posetune.runtime.detector import DEFAULT_MAX_PEOPLE
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.media import LeftOut, kind_of, media_in
from posetune.runtime.pose import Pose
from posetune.runtime.video import VideoReader

Say = Callable[[str], None]
#: Of a video so many frames a second are looked at, and at most so many in all: neighbours are near-duplicates.
FRAMES_PER_SECOND, MOST_FRAMES = 2.0, 400


def unlabelled_images(sources: Sequence[str | Path], frames: Path, say: Say) -> list[ImageRecord]:
    """The images in ``sources`` (folders, image and video files); a video's frames are written into the folder ``frames``.

    The group of a frame is its video. Images of one folder whose names differ in their last number alone stand in the order of
    that number, and neighbours that look alike are frames of one sequence, a group; any other image is a group of its own.

    A damaged video in a folder is left out, and said.

    Raises PosetuneError if a source does not exist, a video given by name is damaged, or there is no image in any.
    """
    records: list[ImageRecord] = []
    before: tuple[str, Path, str] = "", Path(), ""
    for source in map(Path, sources):
        if not source.exists():
            raise PosetuneError(f"There is no {source}; --unlabelled takes folders, images and videos.")
        files, left_out = media_in(source) if source.is_dir() else ([source], LeftOut())
        if phrases := ", ".join(left_out.phrases()):
            say(f"{source}: left out {phrases}.")
        for file in sorted(files, key=place_in_series):
            kind = kind_of(file)
            if kind == "video":
                try:
                    records += list(_frames_of(file, frames))
                except PosetuneError as error:
                    if file == source:
                        raise
                    say(f"Left out: {error}")
            elif kind == "image":
                series = place_in_series(file)[0]
                alike = series == before[0] and look_alike(before[1], file)
                group = before[2] if alike else str(file.with_suffix(""))
                records.append(ImageRecord(str(file), file, 0, 0, group))
                before = series, file, group
    if not records:
        names = ", ".join(str(s) for s in sources)
        raise PosetuneError(f"There is no image or video in {names}; --unlabelled takes folders, images and videos.")
    say(f"Unlabelled: {len(records)} images and video frames.")
    return records


def _frames_of(video: Path, folder: Path) -> Iterator[ImageRecord]:
    reader = VideoReader(video)
    length = reader.expected_frames or MOST_FRAMES * reader.fps / FRAMES_PER_SECOND
    every = max(1, round(reader.fps / FRAMES_PER_SECOND), int(np.ceil(length / MOST_FRAMES)))
    # Videos of one name in two folders, and one that was cut anew, are different videos.
    key = hashlib.sha256(repr(state_of(video)).encode()).hexdigest()[:8]
    name = f"{video.stem}-{key}"
    folder.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(reader):
        if number % every:
            continue
        path = folder / f"{name}-{number:06d}.jpg"
        if not path.exists():
            coded, data = cv2.imencode(".jpg", frame[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
            assert coded
            write_bytes(path, data.tobytes())
        origin = ImageOrigin(source=video.name, frame=number)
        yield ImageRecord(path.name, path, frame.shape[1], frame.shape[0], name, origin)


def images_in(folder: str | Path, what: str) -> list[ImageRecord]:
    """The images below ``folder``, in the order of their paths, each a group of its own; pictures that posetune drew are not
    among them. ``what``: names the folder in errors ("replay").

    Raises PosetuneError if there is no such folder, or no image in it.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise PosetuneError(f"The {what} folder {folder} does not exist; give a folder of images of your own footage.")
    paths = sorted(path for path in media_in(folder)[0] if kind_of(path) == "image")
    if not paths:
        raise PosetuneError(f"The {what} folder {folder} holds no images; give one with images of your own footage.")
    return [ImageRecord(path.name, path, 0, 0, path.stem) for path in paths]


def found_in(
    network: Landmarker, records: Iterable[ImageRecord], most_people: int = DEFAULT_MAX_PEOPLE
) -> Iterator[tuple[ImageRecord, list[Pose] | None]]:
    """Each image with whom ``network`` finds in it, at most ``most_people``; None for a damaged image."""
    for record in records:
        try:
            image = record.read()
        except PosetuneError:
            yield record, None
        else:
            yield record, network.predict(image, most_people)


def find_people(
    network: Landmarker, records: Iterable[ImageRecord], most_people: int, step: Callable[[], None]
) -> tuple[list[tuple[ImageRecord, Crop]], int]:
    """Whom ``network`` finds in the images, at most ``most_people`` in one, each with the crop that its points imply; and
    how many images are damaged. ``step`` is called after each image.
    """
    found: list[tuple[ImageRecord, Crop]] = []
    damaged = 0
    for record, poses in found_in(network, records, most_people):
        damaged += poses is None
        found += [(record, _crop_of(pose.landmarks_px, pose.crop)) for pose in poses or []]
        step()
    return found, damaged


def _crop_of(points_px: np.ndarray, fallback: Crop) -> Crop:
    """The crop that these points imply, as it would be for labels."""
    return crop_from_labels(points_px, np.ones(COUNT, bool)) or fallback
