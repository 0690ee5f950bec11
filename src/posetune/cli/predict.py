"""``posetune predict``: find people in an image, a folder or a video; draw them and write them down."""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from pathlib import Path

from posetune import stock
from posetune.backends.base import BACKENDS
from posetune.cli.common import add_json
from posetune.errors import PosetuneError
from posetune.progress import Progress
from posetune.runtime.batch import OVERLAY_FOLDER, Batch, Options
from posetune.runtime.detector import DEFAULT_MAX_PEOPLE
from posetune.runtime.images import IMAGE_SUFFIXES
from posetune.runtime.landmarker import MIN_PRESENCE_CONFIDENCE
from posetune.runtime.records import writing_records
from posetune.runtime.smooth import OneEuro, Smoothing
from posetune.runtime.track import SMOOTHINGS
from posetune.runtime.video import VIDEO_SUFFIXES

JSON_NAME, CSV_NAME = "predictions.json", "predictions.csv"


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
    parser.add_argument(
        "--smooth", choices=list(SMOOTHINGS), default="mediapipe",
        help="videos: mediapipe is what MediaPipe does; steady holds depth stiller; offline looks ahead and does not lag "
        "(Savitzky–Golay); none (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--min-cutoff",
        type=float,
        metavar="HZ",
        help="of points in the image, not of depth: lower is stiller at rest (default: 0.05)",
    )
    parser.add_argument(
        "--beta",
        type=float,
        metavar="B",
        help="of points in the image, not of depth: higher lags less in motion (default: 80)",
    )
    parser.add_argument("--no-track", action="store_true", help="videos: look at every frame by itself, without ids")
    parser.add_argument("--segmentation", action="store_true", help="compute and draw masks of the people as well")
    parser.add_argument("--no-overlays", action="store_true", help="write no pictures, only JSON and CSV")
    parser.add_argument("--frames", action="store_true", help="videos: overlays as .jpg frames, not as .mp4")
    parser.add_argument("--threads", type=_count, help="processors to use (default: all, at most 4)")
    parser.add_argument(
        "--backend",
        choices=BACKENDS,
        default="litert",
        help="what runs the networks (default: %(default)s; docs/guide/faster.md)",
    )
    add_json(parser, "the summary")


def run(args: argparse.Namespace) -> int:
    options = Options(
        model=args.model,
        max_people=args.max_people,
        min_score=args.min_score,
        segmentation=args.segmentation,
        track=not args.no_track,
        smooth=_smoothing(args),
        overlays=not args.no_overlays,
        as_frames=args.frames,
        threads=args.threads,
        backend=args.backend,
    )
    files, left_out = find_files(args.input, args.out)
    _check_writable(args.out)
    networks = stock.resolve(args.model)  # a model that cannot be had is said before any file is opened
    single = args.input.is_file()
    with (
        writing_records(args.out / JSON_NAME, args.out / CSV_NAME) as records,
        Progress(None if single else len(files), "frames" if single else "files") as progress,
    ):
        batch = Batch(replace(options, model=networks), args.out, records, progress, single)
        batch.run(files)
        if not batch.pictures and not batch.stopped:
            raise PosetuneError(f"{args.input}: none of its {len(files)} images and videos could be read.")
    _report(args, networks.name, batch, left_out)
    if batch.stopped:
        raise KeyboardInterrupt
    return 1 if batch.failed else 0


def _smoothing(args: argparse.Namespace) -> str | Smoothing | None:
    """The smoothing that --smooth, --min-cutoff and --beta ask for."""
    smoothing = SMOOTHINGS[args.smooth]
    if args.min_cutoff is None and args.beta is None:
        return str(args.smooth)
    if smoothing is None or args.no_track:
        raise PosetuneError("--min-cutoff and --beta adjust --smooth mediapipe and steady, and need tracking.")
    image = smoothing.image
    return replace(
        smoothing,
        depth=smoothing.depth or image,
        image=OneEuro(
            image.min_cutoff if args.min_cutoff is None else args.min_cutoff,
            image.beta if args.beta is None else args.beta,
            image.derivate_cutoff,
        ),
    )


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


def _report(args: argparse.Namespace, model: str, batch: Batch, left_out: int) -> None:
    if args.json is not None:
        summary = {
            "model": model,
            "out": str(args.out),
            "images": batch.pictures,
            "images_without_people": batch.empty,
            "people": batch.records.count,
            "failed": [{"file_name": name, "error": error} for name, error in batch.failed],
            "files_of_other_kinds": left_out,
        }
        args.json.write(summary)
        if args.json.path is None:
            return  # it says the same
    unit = "frame" if batch.frames else "image"
    people = _counted(batch.records.count, "person", "people")
    text = f"{people} in {_counted(batch.pictures, unit, unit + 's')} with {model}"
    if batch.empty:
        text += f"; nobody in {batch.empty}"
    if left_out:
        text += f"; {_counted(left_out, 'file of another kind', 'files of other kinds')} left out"
    print(f"{text}. Written to {args.out}")
    if batch.failed:
        files = _counted(len(batch.failed), "file was", "files were")
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
