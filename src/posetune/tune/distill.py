"""Learning without labels: whoever a teacher network finds in images and videos, with its pseudo-labels."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np

from posetune.data.people import ImageRecord
from posetune.errors import PosetuneError
from posetune.files import write_bytes
from posetune.geometry import Crop, crop_from_labels
from posetune.landmarks import COUNT
from posetune.progress import Progress
from posetune.runtime.images import IMAGE_SUFFIXES
from posetune.runtime.pipeline import Landmarker
from posetune.runtime.video import VIDEO_SUFFIXES, VideoReader
from posetune.tune.samples import Subject
from posetune.tune.teacher import pseudo_labels

Say = Callable[[str], None]
#: Of a video so many frames a second are looked at, and at most so many in all: neighbours are near-duplicates.
FRAMES_PER_SECOND, MOST_FRAMES = 2.0, 400
_NOTHING = np.full(COUNT, np.nan, np.float32)


def unlabelled_images(sources: Sequence[str | Path], frames: Path, say: Say) -> list[ImageRecord]:
    """The images in ``sources`` (folders, image and video files); a video's frames are written into the folder ``frames``.

    The group of a frame is its video; an image is a group of its own.

    Raises PosetuneError if a source does not exist, or there is no image in any.
    """
    records: list[ImageRecord] = []
    for source in map(Path, sources):
        if not source.exists():
            raise PosetuneError(f"There is no {source}; --unlabelled takes folders, images and videos.")
        files = sorted(p for p in source.rglob("*") if p.is_file()) if source.is_dir() else [source]
        for file in files:
            if file.suffix.lower() in VIDEO_SUFFIXES:
                records += _frames_of(file, frames)
            elif file.suffix.lower() in IMAGE_SUFFIXES:
                records.append(ImageRecord(str(file), file, 0, 0, file.stem))
    if not records:
        names = ", ".join(str(s) for s in sources)
        raise PosetuneError(f"There is no image or video in {names}; --unlabelled takes folders, images and videos.")
    say(f"Unlabelled: {len(records)} images and video frames.")
    return records


def _frames_of(video: Path, folder: Path) -> Iterator[ImageRecord]:
    reader = VideoReader(video)
    length = reader.declared_frames or MOST_FRAMES * reader.fps / FRAMES_PER_SECOND
    every = max(1, round(reader.fps / FRAMES_PER_SECOND), int(np.ceil(length / MOST_FRAMES)))
    folder.mkdir(parents=True, exist_ok=True)
    for number, frame in enumerate(reader):
        if number % every:
            continue
        path = folder / f"{video.stem}-{number:06d}.jpg"
        if not path.exists():
            coded, data = cv2.imencode(".jpg", frame[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
            assert coded
            write_bytes(path, data.tobytes())
        yield ImageRecord(path.name, path, frame.shape[1], frame.shape[0], video.stem)


def pseudo_labelled(
    teacher: Landmarker, records: Sequence[ImageRecord], say: Say, most_people: int = 5
) -> list[Subject]:
    """The people that ``teacher`` finds in the images, as training subjects with its pseudo-labels.

    Left out are people about whom its views disagree (drawings, posters, wrong detections), and single points likewise.

    Raises PosetuneError if nobody is left.
    """
    found: list[tuple[ImageRecord, Crop]] = []
    damaged = 0
    with Progress(len(records), "images searched") as progress:
        for record in records:
            try:
                image = record.read()
            except PosetuneError:
                damaged += 1
            else:
                found += [
                    (record, _crop_of(pose.landmarks_px, pose.crop)) for pose in teacher.predict(image, most_people)
                ]
            progress.step()
    with Progress(len(found), "people looked at") as progress:
        labels = pseudo_labels(teacher, found, ImageRecord.read, lambda _: progress.step())
    subjects = [
        Subject(record, crop, points, trust, _NOTHING, None, f"{record.path.name} (pseudo-labels)")
        for (record, crop), points, trust, good in zip(
            found, labels.points_px, labels.trust, labels.believable, strict=True
        )
        if good
    ]
    if not subjects:
        raise PosetuneError(
            f"The teacher is sure of nobody in the {len(records)} unlabelled images; they need people of 100 px or more."
        )
    kept = np.mean([np.mean(s.weight > 0) for s in subjects])
    say(
        f"Pseudo-labels: {len(subjects)} of {len(found)} people found are believable, with {kept:.0%} of their points"
        + (f"; {damaged} damaged images left out." if damaged else ".")
    )
    return subjects


def _crop_of(points_px: np.ndarray, fallback: Crop) -> Crop:
    """The crop that these points imply, as it would be for labels."""
    return crop_from_labels(points_px, np.ones(COUNT, bool)) or fallback


def hold_out(subjects: Sequence[Subject], share: float, seed: int) -> tuple[list[Subject], list[Subject]]:
    """Divide into those to learn from and those to choose on: whole groups (videos) apart, about ``share`` held out."""
    groups = sorted({s.image.group for s in subjects})
    order = [groups[i] for i in np.random.default_rng([seed, 5]).permutation(len(groups))]
    held: set[str] = set()
    for group in order[: len(groups) - 1]:
        if sum(s.image.group in held for s in subjects) >= share * len(subjects):
            break
        held.add(group)
    if not held:  # one video only: its end
        cut = max(1, round(len(subjects) * (1 - share)))
        return list(subjects[:cut]), list(subjects[cut:]) or list(subjects[-1:])
    return [s for s in subjects if s.image.group not in held], [s for s in subjects if s.image.group in held]


def scaled(subjects: Sequence[Subject], points: float) -> list[Subject]:
    """The same subjects, each counting in the loss as somebody with ``points`` fully trusted labels does at most."""
    result = []
    for subject in subjects:
        total = float(subject.weight.sum())
        factor = min(1.0, points / total) if total > 0 else 1.0
        result.append(replace(subject, weight=(subject.weight * factor).astype(np.float32)))
    return result
