"""``posetune predict``: find people in an image, a folder or a video; draw them and write them down."""

from __future__ import annotations

import argparse
import contextlib
import glob
import json
import os
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import url2pathname

from posetune import stock
from posetune.backends.base import BACKENDS
from posetune.cli.common import add_json, add_tiles, count, fraction, make_writable
from posetune.errors import PosetuneError
from posetune.files import one_at_a_time
from posetune.interrupt import Terminated
from posetune.progress import counted, to_terminal
from posetune.runtime.batch import OVERLAY_FOLDER, Batch, Options
from posetune.runtime.boxes import BoxFile
from posetune.runtime.detector import DEFAULT_MAX_PEOPLE
from posetune.runtime.image_ids import ImageIds
from posetune.runtime.landmarker import MIN_PRESENCE_CONFIDENCE
from posetune.runtime.live import LiveSource, is_live
from posetune.runtime.media import File, LeftOut, media_in, shown_name
from posetune.runtime.records import writing_records
from posetune.runtime.smooth import OneEuro, Smoothing
from posetune.runtime.tiles import Tiles
from posetune.runtime.track import SMOOTHINGS
from posetune.runtime.window import Window
from posetune.runtime.zones import Zones

JSON_NAME, CSV_NAME = "predictions.json", "predictions.csv"
_LOCK = ".posetune-predict.lock"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        f"Writes OUT/{JSON_NAME} (COCO results format), OUT/{CSV_NAME} (a row a landmark) and OUT/{OVERLAY_FOLDER}/. "
        "Units: x, y, z in px of the image; world_x, world_y, world_z in metres from the middle of the hips; angle in degrees, at "
        "elbows, shoulders, hips and knees, in the image plane; seconds from the begin of the video; score, visibility and "
        "presence 0…1. image_id: of --labels FILE; else COCO's own number where a name is one (000000123456.jpg); else a large "
        "number made from the name, which is in no label file. "
        "A folder is searched with its subfolders and links to folders. Exit code 0: all was read; "
        "1: some files could not be read (each is named); 2: nothing could be done; 130: stopped by "
        "Ctrl-C, 143: by SIGTERM, what was done is kept."
    )
    parser.add_argument(
        "input", type=_given, nargs="+", metavar="IMAGE|FOLDER|VIDEO|CAMERA|URL",
        help="what to look at: any number of files and folders, or one camera (its number, from 0) or stream (rtsp://…)",
    )  # fmt: skip
    parser.add_argument(
        "--model",
        default="full",
        help="lite, full, heavy, a run folder, a .tflite or a .task (default: %(default)s)",
    )
    parser.add_argument(
        "--detector", metavar="D",
        help="what finds the people: stock, many, a run of train --detector, a detector's .tflite, a .task (default: the model's)",
    )  # fmt: skip
    parser.add_argument(
        "--out", type=_folder, action=_Once,
        help="folder to write to; made if missing (required, unless --show is all that is wanted)",
    )  # fmt: skip
    parser.add_argument("--overwrite", action="store_true", help="replace results of other files in OUT")
    parser.add_argument(
        "--labels",
        type=Path,
        metavar="FILE.json",
        help="COCO label file whose image ids the results get, by the images' names",
    )
    parser.add_argument("--show", action="store_true", help="show videos, cameras and streams in a window; q ends")
    parser.add_argument(
        "--max-people", type=count, default=DEFAULT_MAX_PEOPLE, metavar="N",
        help="look for at most N people in an image (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--min-score", type=fraction, default=MIN_PRESENCE_CONFIDENCE, metavar="S",
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
    add_tiles(parser)
    parser.add_argument(
        "--boxes", type=Path, metavar="FILE.json",
        help="look at the people whom these boxes show, and ask no detector: COCO results or labels with bbox (and score), by "
        "file_name (and frame) or image_id",
    )  # fmt: skip
    parser.add_argument(
        "--zones", type=Path, metavar="FILE",
        help="polygons in which people are looked for, or not: YAML or JSON (docs/reference/runtime.md)",
    )  # fmt: skip
    parser.add_argument("--no-track", action="store_true", help="videos: look at every frame by itself, without ids")
    parser.add_argument("--segmentation", action="store_true", help="compute and draw masks of the people as well")
    parser.add_argument("--no-overlays", action="store_true", help="write no pictures, only JSON and CSV")
    parser.add_argument("--frames", action="store_true", help="videos: overlays as .jpg frames, not as .mp4")
    parser.add_argument("--threads", type=count, help="processors to use (default: all, at most 4)")
    parser.add_argument(
        "--backend",
        choices=BACKENDS,
        default="litert",
        help="what runs the networks (default: %(default)s; docs/guide/faster.md)",
    )
    add_json(parser, "the summary")


def run(args: argparse.Namespace) -> int:
    tiles = Tiles.of(args.tiles, args.tiles_budget)
    if args.boxes is not None and tiles is not None:
        raise PosetuneError("With --boxes nobody is searched for: leave out --tiles.")
    if args.boxes is not None and args.detector is not None:
        raise PosetuneError("With --boxes nobody is searched for: leave out --detector.")
    if args.out is None and not args.show:
        raise PosetuneError("--out FOLDER is required: it says where the results go.")
    options = Options(
        model=args.model,
        max_people=args.max_people,
        min_score=args.min_score,
        segmentation=args.segmentation,
        track=not args.no_track,
        smooth=_smoothing(args),
        overlays=not args.no_overlays and args.out is not None,
        as_frames=args.frames,
        threads=args.threads,
        backend=args.backend,
        tiles=tiles,
        zones=Zones.of(args.zones),
        boxes=None if args.boxes is None else BoxFile.read(args.boxes, ImageIds(args.labels)),
    )
    live = [given for given in args.input if is_live(given) and not Path(given).exists()]
    if live and len(args.input) > 1:
        raise PosetuneError(f"One camera or stream at a time, and no files beside it: {live[0]} or the others.")
    files, left_out = ([], LeftOut()) if live else find_files(args.input, args.out)
    source = LiveSource(live[0]) if live else None
    ids = ImageIds(args.labels)
    if args.out is not None:
        make_writable(args.out)
    with _alone_in(args.out):
        if args.out is not None and not args.overwrite:
            _check_unused(args.out, {source.name} if source else {name for _, name in files})
        return _look(args, options, ids, source or files, left_out)


def _look(
    args: argparse.Namespace, options: Options, ids: ImageIds, what: LiveSource | list[File], left_out: LeftOut
) -> int:
    networks = stock.resolve(args.model)  # a model that cannot be had is said before any file is opened
    if args.detector is not None:
        networks = networks.with_detector(stock.detector_of(args.detector))
    count = 1 if isinstance(what, LiveSource) else len(what)
    single = count == 1 == len(args.input) and not Path(args.input[0]).is_dir()
    window = Window() if args.show else None
    coco, table = (None, None) if args.out is None else (args.out / JSON_NAME, args.out / CSV_NAME)
    with (
        writing_records(coco, table, ids.category_id) as records,
        to_terminal().counting("frames" if single else "files", None if single else count) as progress,
    ):
        batch = Batch(
            replace(options, model=networks), args.out or Path(os.devnull), records, progress, single, ids, window
        )
        if isinstance(what, LiveSource):
            batch.follow(what)
        else:
            batch.run(what)
        if not batch.pictures and not batch.stopped:
            raise PosetuneError(f"{' '.join(args.input)}: none of its {count} images and videos could be read.")
        boxes = options.boxes
        if boxes is not None and boxes.unused and len(boxes.unused) == len(boxes) and not batch.stopped:
            raise PosetuneError(
                f"{boxes.path} has no box of what was looked at: its entries name other pictures (file_name, or an image_id that "
                "--labels FILE explains)."
            )
    if window is not None:
        window.close()
    _report(args, networks.name, batch, left_out)
    if batch.stopped:
        raise Terminated if batch.terminated else KeyboardInterrupt
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


def find_files(inputs: Sequence[str], out: Path | None) -> tuple[list[File], LeftOut]:
    """The images and videos that ``inputs`` mean, each once and with its name in the results: below the one folder that was
    given, or below what all inputs have in common; and what was left out of folders.

    Leaves out what lies in ``out``, and pictures that posetune drew, so that a second run does not look at the first one's.
    """
    paths = [path for given in inputs for path in _existing(given)]
    found: dict[Path, None] = {}
    left_out = LeftOut()
    for path in paths:
        if path.is_dir():
            below, others = media_in(path, lambda place, given=path: _is_result(place, given, out))  # type: ignore[misc]
            found.update(dict.fromkeys(below))
            left_out.add(others)
        else:
            found[path] = None
    if not found:
        rest = (
            f", only {counted(left_out.others, 'file of another kind', 'files of other kinds')}"
            if left_out.others
            else ""
        )
        named = f" (left out: {', '.join(left_out.phrases())})" if any(left_out.phrases()) else ""
        raise PosetuneError(
            f"{' '.join(inputs)} holds no images or videos{rest}{named}: hand in a folder with JPEG, PNG, MP4, MOV, …"
        )
    if len(paths) == 1:
        root = str(paths[0]) if paths[0].is_dir() else str(paths[0].parent)
    else:
        root = os.path.commonpath([os.path.abspath(p if p.is_dir() else p.parent) for p in paths])
    named_files = [(path, shown_name(Path(os.path.relpath(path, root)).as_posix())) for path in found]
    return named_files, left_out


def _existing(given: str) -> list[Path]:
    """The files and folders that one input means; a pattern that the shell left alone means those that match."""
    path = Path(given)
    if path.is_file() or path.is_dir():
        return [path]
    if path.exists():
        raise PosetuneError(f"{shown_name(given)} is a pipe or a device, not a file: save it as a file first.")
    if given.lower().startswith("file://"):
        return _existing(url2pathname(urlsplit(given).path))
    matching = sorted(glob.glob(given)) if any(c in given for c in "*?[") else []
    if not matching:
        raise PosetuneError(f"There is no {shown_name(given)}: no such file or folder.")
    return [Path(name) for name in matching]


def _is_result(place: Path, given: Path, out: Path | None) -> bool:
    """Whether a file or folder is what predict wrote: of ``out``, or of an earlier run elsewhere."""
    if place.name == OVERLAY_FOLDER or place.name in (JSON_NAME, CSV_NAME):
        return all((place.parent / name).is_file() for name in (JSON_NAME, CSV_NAME)) or (
            out is not None and place.parent.resolve() == out.resolve()
        )
    return out is not None and place.is_dir() and place.resolve() == out.resolve() != given.resolve()


@contextlib.contextmanager
def _alone_in(out: Path | None) -> Iterator[None]:
    if out is None:
        yield
        return
    with one_at_a_time(
        out / _LOCK, f"Another posetune predict is writing to {out}: wait for it, or choose another --out."
    ):
        yield


def _check_unused(out: Path, names: set[str]) -> None:
    """Refuse to replace the results of other files; on a terminal, ask."""
    others = sorted(_names_in(out / JSON_NAME) - names)
    if not others:
        return
    some = ", ".join(others[:3]) + (", …" if len(others) > 3 else "")
    if sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty():
        print(
            f"{out} holds the results of other files ({some}). Replace them? [y/N] ",
            end="",
            file=sys.stderr,
            flush=True,
        )
        if sys.stdin.readline().strip().lower() in ("y", "yes"):
            return
    raise PosetuneError(
        f"{out} holds the results of other files ({some}), which would be lost: choose another --out, or say --overwrite."
    )


def _names_in(predictions: Path) -> set[str]:
    """The files that the results of an earlier run are of."""
    names = set()
    try:
        with predictions.open(encoding="utf-8", errors="replace") as lines:
            for line in lines:
                match = _FILE_NAME.search(line)
                if match:
                    names.add(json.loads(match[1]))
    except (OSError, ValueError):
        return names
    return names


_FILE_NAME = re.compile(r'"file_name": ("(?:[^"\\]|\\.)*")')


def _report(args: argparse.Namespace, model: str, batch: Batch, left_out: LeftOut) -> None:
    if args.json is not None:
        summary = {
            "model": model,
            "out": None if args.out is None else str(args.out),
            "images": batch.pictures,
            "images_without_people": batch.empty,
            "people": batch.records.count,
            "failed": [{"file_name": name, "error": error} for name, error in batch.failed],
            "files_of_other_kinds": left_out.others,
            "left_out": {
                "kinds": dict(sorted(left_out.kinds.items())),
                "broken_links": left_out.broken_links,
                "drawn_by_posetune": left_out.drawn,
            },
        }
        args.json.write(summary)
        if args.json.path is None:
            return  # it says the same
    people = counted(batch.records.count, "person", "people")
    images = batch.pictures - batch.frames
    seen = [counted(images, "image", "images")] if images or not batch.frames else []
    seen += [counted(batch.frames, "frame", "frames")] if batch.frames else []
    text = f"{people} in {' and '.join(seen)} with {model}"
    if batch.empty:
        text += f"; nobody in {batch.empty}"
    passed_over = list(left_out.phrases())
    if passed_over:
        text += f"; left out: {', '.join(passed_over)}"
    print(f"{text}." + ("" if args.out is None else f" Written to {args.out}"))
    if batch.ids.given and batch.ids.unknown:
        print(f"{counted(batch.ids.unknown, 'image is', 'images are')} not in {args.labels}: large ids of their own")
    if batch.options.boxes is not None and batch.options.boxes.unused:
        others = counted(len(batch.options.boxes.unused), "picture that was", "pictures that were")
        print(f"{batch.options.boxes.path} also has boxes of {others} not looked at")
    if batch.failed:
        files = counted(len(batch.failed), "file was", "files were")
        print(f"posetune: {files} not read, or not wholly", file=sys.stderr)


class _Once(argparse.Action):
    """An option that may be given once: of two, one would be passed over in silence."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        if getattr(namespace, self.dest) is not None:
            raise argparse.ArgumentError(self, "given twice")
        setattr(namespace, self.dest, values)


def _given(text: str) -> str:
    if not text.strip():
        raise argparse.ArgumentTypeError("an empty name (a variable that is not set?)")
    return text


def _folder(text: str) -> Path:
    return Path(_given(text))
