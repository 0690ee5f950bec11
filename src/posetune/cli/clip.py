"""The people of a clip over time, for the coach and for ergonomics: from a video, or from what predict wrote about one."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posetune.errors import PosetuneError
from posetune.files import read_bytes
from posetune.progress import Reporter

if TYPE_CHECKING:
    from posetune.runtime.pose import Pose


def add_clip(parser: argparse.ArgumentParser) -> None:
    """The clip to look at, and the network that looks, where it is a video."""
    parser.add_argument(
        "input", type=Path, metavar="VIDEO|predictions.json", help="a video, or what predict wrote about one"
    )
    parser.add_argument(
        "--model", default="full", help="lite, full, heavy, a run folder, a .tflite or a .task (default: %(default)s)"
    )


def people_of(clip: Path, model: str, report: Reporter) -> list[tuple[float, Sequence[Pose]]]:
    """(seconds, people with track ids) of each picture of ``clip``: a video, through ``model``, or a predictions.json.

    Raises PosetuneError if it is neither.
    """
    return list(_tracked(clip, model, report)) if video_of(clip) else _predicted(clip)


def video_of(clip: Path) -> Path | None:
    """``clip`` where it is a video; None where it is what predict wrote about one."""
    return None if clip.suffix.lower() == ".json" else clip


def _tracked(video: Path, model: str, report: Reporter) -> Iterator[tuple[float, Sequence[Pose]]]:
    from posetune.runtime.load import load
    from posetune.runtime.video import VideoReader

    reader = VideoReader(video)
    with load(model) as landmarker:
        for done, people in enumerate(landmarker.track(reader), 1):
            report.progress("frames", done, max(reader.expected_frames or 0, done))
            yield people.seconds, list(people)


def _predicted(path: Path) -> list[tuple[float, Sequence[Pose]]]:
    from posetune.runtime.pose import Pose

    try:
        rows: list[dict[str, Any]] = json.loads(read_bytes(path))
        if not isinstance(rows, list):
            raise TypeError
        timed = [(float(row["seconds"]), row) for row in rows]
        files = {row["file_name"] for row in rows}
    except (ValueError, TypeError, KeyError) as error:
        raise PosetuneError(
            f"{path}: these are no predictions of a video; posetune predict VIDEO writes predictions.json."
        ) from error
    if len(files) > 1:
        raise PosetuneError(f"{path}: predictions of {len(files)} files; the coach takes those of one video.")
    timed.sort(key=lambda pair: pair[0])
    return [
        (time_s, [Pose.from_dict(row) for _, row in group])
        for time_s, group in groupby(timed, key=lambda pair: pair[0])
    ]
