"""``posetune predict``: find people in an image, a folder or a video; draw them and write them down."""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np

from posetune.errors import PosetuneError
from posetune.files import write_bytes, write_text
from posetune.progress import Progress
from posetune.runtime.draw import draw_poses
from posetune.runtime.images import IMAGE_SUFFIXES, read_image
from posetune.runtime.pipeline import DEFAULT_MAX_PEOPLE, MIN_PRESENCE_CONFIDENCE, Landmarker, Pose, load
from posetune.runtime.records import Found, coco_json, table_csv
from posetune.runtime.video import VIDEO_SUFFIXES, VideoReader, writing_video

JSON_NAME, CSV_NAME, OVERLAY_FOLDER = "predictions.json", "predictions.csv", "overlays"
_JPEG = (cv2.IMWRITE_JPEG_QUALITY, 92)
#: A video that ends before this part of the frames it announces is damaged, not merely miscounted.
_COMPLETE = 0.9


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        f"Writes OUT/{JSON_NAME} (COCO results format), OUT/{CSV_NAME} (a row a landmark) and "
        f"OUT/{OVERLAY_FOLDER}/. A folder is searched with its subfolders. Exit code 0: all was read; "
        "1: some files could not be read (each is named); 2: nothing could be done."
    )
    parser.add_argument("input", type=Path, metavar="IMAGE|FOLDER|VIDEO", help="what to look at")
    parser.add_argument(
        "--model",
        default="full",
        help="lite, full, heavy, a run folder, a .tflite or a .task (default: %(default)s)",
    )
    parser.add_argument("--out", type=Path, required=True, help="folder to write to; made if missing")
    parser.add_argument(
        "--max-people", type=_count, default=DEFAULT_MAX_PEOPLE, metavar="N",
        help="look for at most N people in an image (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--min-score", type=_fraction, default=MIN_PRESENCE_CONFIDENCE, metavar="S",
        help="leave out people that the network is less sure of, 0…1 (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--no-overlays", action="store_true", help="write no pictures, only JSON and CSV")
    parser.add_argument("--frames", action="store_true", help="videos: overlays as .jpg frames, not as .mp4")
    parser.add_argument("--threads", type=_count, help="processors to use (default: all, at most 4)")
    parser.add_argument("--json", action="store_true", help="print the summary as JSON")


def run(args: argparse.Namespace) -> int:
    files, left_out = find_files(args.input, args.out)
    _check_writable(args.out)
    landmarker = load(args.model, threads=args.threads, min_presence_confidence=args.min_score)
    single = args.input.is_file()
    with Progress(None if single else len(files), "frames" if single else "files") as progress:
        job = _Job(landmarker, args.out, args.max_people, not args.no_overlays, args.frames, progress, single)
        for path, name in files:
            job.do(path, name)
    if not job.pictures:
        raise PosetuneError(f"{args.input}: none of its {len(files)} images and videos could be read.")
    write_text(args.out / JSON_NAME, coco_json(job.people))
    write_text(args.out / CSV_NAME, table_csv(job.people))
    _report(args, job, left_out)
    return 1 if job.failed else 0


@dataclass
class _Job:
    """How to go on, and what has been found so far."""

    landmarker: Landmarker
    out: Path
    max_people: int
    overlays: bool
    as_frames: bool
    progress: Progress
    single: bool  # one file only: its errors end the job, and progress counts its frames
    people: list[Found] = field(default_factory=list)
    failed: list[tuple[str, str]] = field(default_factory=list)
    pictures: int = 0
    empty_pictures: int = 0

    def do(self, path: Path, name: str) -> None:
        """Look at one file. One that cannot be read is noted; an overlay that cannot be written raises."""
        try:
            if path.suffix.lower() in VIDEO_SUFFIXES:
                video = VideoReader(path)
            else:
                video = None
                rgb = read_image(path)
                poses = self._look(rgb, name, None)
        except PosetuneError as error:
            if self.single:
                raise
            self._fail(name, str(error))
        else:
            if video is not None:
                self._video(video, name)
            elif self.overlays:
                _write_jpeg(self._overlay_path(name), draw_poses(rgb, poses))
        if not self.single:
            self.progress.step(name)

    def _look(self, rgb: np.ndarray, name: str, frame: int | None) -> list[Pose]:
        poses = self.landmarker.predict(rgb, self.max_people)
        self.pictures += 1
        self.empty_pictures += not poses
        self.people += [Found(self.pictures, name, frame, i, pose) for i, pose in enumerate(poses)]
        return poses

    def _fail(self, name: str, error: str) -> None:
        self.failed.append((name, error))
        self.progress.note(f"posetune: {error}")

    def _video(self, video: VideoReader, name: str) -> None:
        before = self.pictures
        if self.single:
            self.progress.set_total(video.declared_frames)
        if not self.overlays:
            for _ in self._frames(video, name):
                pass
        elif self.as_frames:
            for index, drawn in enumerate(self._frames(video, name)):
                _write_jpeg(self.out / OVERLAY_FOLDER / name / f"{index:06}.jpg", drawn)
        else:
            target = self.out / OVERLAY_FOLDER / f"{name}.mp4".replace(".mp4.mp4", ".mp4")
            with writing_video(target, video.fps, video.width, video.height) as writer:
                for drawn in self._frames(video, name):
                    writer.write(drawn)
        count = self.pictures - before
        if video.declared_frames and count < _COMPLETE * video.declared_frames:
            self._fail(
                name,
                f"The video {video.path} is damaged or cut off: the results hold {count} of its "
                f"{video.declared_frames} frames.",
            )

    def _frames(self, video: VideoReader, name: str) -> Iterator[np.ndarray]:
        """The frames, looked at and drawn on."""
        for index, rgb in enumerate(video):
            poses = self._look(rgb, name, index)
            yield draw_poses(rgb, poses) if self.overlays else rgb
            if self.single:
                self.progress.step(name)

    def _overlay_path(self, name: str) -> Path:
        path = self.out / OVERLAY_FOLDER / name
        return path if path.suffix.lower() in (".jpg", ".jpeg") else path.with_name(path.name + ".jpg")


def find_files(given: Path, out: Path) -> tuple[list[tuple[Path, str]], int]:
    """The images and videos that ``given`` means, each with its name below ``given``; and how many files
    are neither.

    Leaves out what lies in ``out``, so that a second run does not look at the overlays of the first.
    """
    if not given.exists():
        raise PosetuneError(f"There is no {given}: no such file or folder.")
    if not given.is_dir():
        return [(given, given.name)], 0
    known = IMAGE_SUFFIXES | VIDEO_SUFFIXES
    found, others = [], 0
    own = out.resolve()
    for folder, folders, names in os.walk(given):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and (Path(folder) / name).resolve() != own
        )
        for name in sorted(names):
            path = Path(folder) / name
            if name.startswith("."):
                continue
            if path.suffix.lower() in known:
                found.append((path, path.relative_to(given).as_posix()))
            else:
                others += 1
    if not found:
        rest = f", only {_counted(others, 'file of another kind', 'files of other kinds')}" if others else ""
        raise PosetuneError(
            f"{given} holds no images or videos{rest}: hand in a folder with {', '.join(sorted(known))}."
        )
    return found, others


def _check_writable(out: Path) -> None:
    """Find out before the work is done that its result has no place."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PosetuneError(f"Cannot write to {out}: {error.strerror}. Choose another folder with --out.") from error
    if not os.access(out, os.W_OK | os.X_OK):
        raise PosetuneError(f"Cannot write to {out}: Permission denied. Choose another folder with --out.")


def _write_jpeg(path: Path, rgb: np.ndarray) -> None:
    done, content = cv2.imencode(".jpg", rgb[:, :, ::-1], _JPEG)
    if not done:
        raise PosetuneError(f"OpenCV cannot write {path} as JPEG: the picture is too large for that format.")
    write_bytes(path, content.tobytes())


def _report(args: argparse.Namespace, job: _Job, left_out: int) -> None:
    if args.json:
        summary = {
            "model": job.landmarker.name,
            "out": str(args.out),
            "images": job.pictures,
            "images_without_people": job.empty_pictures,
            "people": len(job.people),
            "failed": [{"file_name": name, "error": error} for name, error in job.failed],
            "files_of_other_kinds": left_out,
        }
        print(json.dumps(summary, indent=2, ensure_ascii=False))
        return
    unit = "frame" if any(found.frame is not None for found in job.people) else "image"
    people = _counted(len(job.people), "person", "people")
    text = f"{people} in {_counted(job.pictures, unit, unit + 's')} with {job.landmarker.name}"
    if job.empty_pictures:
        text += f"; nobody in {job.empty_pictures}"
    if left_out:
        text += f"; {_counted(left_out, 'file of another kind', 'files of other kinds')} left out"
    print(f"{text}. Written to {args.out}")
    if job.failed:
        files = _counted(len(job.failed), "file was", "files were")
        print(f"posetune: {files} not read, or not wholly", file=sys.stderr)


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _count(text: str) -> int:
    try:
        value = int(text)
    except ValueError:
        value = 0
    if value < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return value


def _fraction(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number between 0 and 1")
    return value
