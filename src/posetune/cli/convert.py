"""``posetune data convert``: a set in one format made into a set in another."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posetune.cli.auto_names import find_names
from posetune.cli.common import add_json
from posetune.data.formats.table import FORMATS, written
from posetune.errors import PosetuneError
from posetune.landmarks import nearest_names
from posetune.progress import to_terminal

if TYPE_CHECKING:
    from posetune.data.convert import Converted
    from posetune.data.formats.reading import Reading

#: No file of names is larger.
_LARGEST = 1 << 20


def add_subcommand(actions: Any) -> None:
    parser = actions.add_parser(
        "convert",
        help="read a set in any format, and write it in another",
        description="Read a labelled set in any format and write it in another. What is lost on the way is listed.",
        epilog=f"Reads: {'; '.join(f.title for f in FORMATS)}. Exit code 0: done; 1: --strict, and something was lost; 2: it "
        "cannot be read.",
    )
    parser.add_argument("source", type=Path, metavar="IN", help="a set's folder, its label file, or a .zip of either")
    parser.add_argument(
        "out", type=Path, metavar="OUT", help="the new set's folder, which must be empty or not be there"
    )
    parser.add_argument("--to", required=True, choices=sorted(written()), help="what to write")
    parser.add_argument(
        "--images", type=Path, metavar="DIR", help="where the pictures are, if not where the labels say"
    )
    parser.add_argument("--copy", action="store_true", help="copy the pictures (default: link them)")
    parser.add_argument(
        "--map", type=Path, metavar="names.yaml",
        help="which of the 33 a name means: 'LFoot: left_ankle'; null leaves the point out",
    )  # fmt: skip
    parser.add_argument(
        "--names", metavar="auto|FILE",
        help="names of points that have none: a FILE with one a line, in order; auto finds them from a network's answers over "
        "at least 20 people, and refuses where it is not sure",
    )  # fmt: skip
    parser.add_argument(
        "--strict", action="store_true", help="exit with 1 if anything is lost, and write nothing if reading loses"
    )
    add_reading(parser)
    add_json(parser, "losses, notes and counts")
    parser.set_defaults(run_action=run)


def add_reading(parser: argparse.ArgumentParser) -> None:
    """The options on how labels are read, alike in every verb that makes a new set."""
    parser.add_argument(
        "--group-by", metavar="HOW",
        help="what must not be separated: image, folder, or a regular expression whose first group frames of a clip share "
        "(default: clips, copies, tasks, tracks and series are found)",
    )  # fmt: skip
    parser.add_argument(
        "--points-as-people", action="store_true", help="CVAT: join loose points to people by group or box"
    )
    parser.add_argument(
        "--rescale", action="store_true", help="pictures were resized since they were labelled: scale the points, too"
    )
    parser.add_argument(
        "--keyframes", action="store_true", help="leave out what CVAT interpolated between keyframes of a track"
    )
    parser.add_argument("--native", action="store_true", help="keep the file's own points, do not map them to the 33")


def run(args: argparse.Namespace) -> int:
    from posetune.data.convert import LossRefused, convert, opened, read_parts

    report = to_terminal()
    with opened(args.source, args.out, report) as source:
        copy = args.copy or source != args.source
        how = reading(args)
        if args.names == "auto":
            how = find_names(source, how, args.out, report)
        parts = read_parts(source, how, report)
        try:
            done = convert(parts, args.out, args.to, copy=copy, strict=args.strict, report=report)
        except LossRefused as refused:
            _print_losses(refused.losses)
            if args.json is not None:
                args.json.write({"losses": [loss.to_json() for loss in refused.losses]})
            raise
    for name, dataset in done.parts.items():
        print(f"{name}: {len(dataset.images)} images, {len(dataset.people)} people, {len(dataset.groups)} groups")
    print(f"{done.images} pictures {'copied' if copy else 'linked'} into {args.out}/images.")
    for note in done.notes:
        print(f"  note: {note}")
    _print_unknown(done)
    _print_losses(done.losses)
    if args.json is not None:
        args.json.write(done.to_json())
    return 0


def reading(args: argparse.Namespace) -> Reading:
    from posetune.data.formats.reading import NONE, Reading

    if args.images is not None and not args.images.is_dir():
        raise PosetuneError(f"--images {args.images}: there is no such folder; give the one that holds the pictures.")
    return Reading(
        images=args.images,
        require=NONE,
        native=args.native,
        rescale=args.rescale,
        names=read_map(args.map) if args.map is not None else {},
        order=tuple(read_names(Path(args.names))) if args.names not in (None, "auto") else (),
        group_by=args.group_by,
        points_as_people=args.points_as_people,
        interpolated=not args.keyframes,
    )


def read_map(path: Path) -> dict[str, str | None]:
    """Name → one of the 33, or None. Raises PosetuneError for a file that says something else."""
    content = _yaml(path)
    if not isinstance(content, dict) or not all(isinstance(v, str | None) for v in content.values()):
        raise PosetuneError(
            f"--map {path}: write a line 'name: left_ankle' for each name, or 'name: null' to leave it out."
        )
    return {str(name): landmark for name, landmark in content.items()}


def read_names(path: Path) -> list[str]:
    """Names in order, one a line or a YAML list. Raises PosetuneError for an empty file, and for a name that stands twice."""
    content = _yaml(path)
    names = content.split() if isinstance(content, str) else content
    if isinstance(content, str) and "\n" in _text(path).strip():
        names = [line.strip() for line in _text(path).splitlines() if line.strip()]
    if not isinstance(names, list) or not names or not all(isinstance(n, str) for n in names):
        raise PosetuneError(f"--names {path}: write the names of the points in their order, one a line.")
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice is not None:
        raise PosetuneError(f"--names {path}: {twice!r} stands twice; give every point its own name.")
    return names


def _yaml(path: Path) -> Any:
    import yaml

    from posetune.data.formats.yolo_yaml import plain_yaml

    try:
        return plain_yaml(_text(path))
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise PosetuneError(f"{path} is not YAML ({getattr(error, 'problem', error)}).") from error


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > _LARGEST:
            raise PosetuneError(f"{path} has {path.stat().st_size >> 20} MB; a file of names is small.")
        return path.read_text("utf-8-sig")
    except OSError as error:
        raise PosetuneError(f"Cannot read {path}: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise PosetuneError(f"{path} is not UTF-8 text ({error.reason}); save it as UTF-8.") from error


def _print_unknown(done: Converted) -> None:
    """The names that mean none of the 33, each with what it may have been meant for."""
    unknown = dict.fromkeys(name for dataset in done.parts.values() for name in dataset.dropped_names)
    for name in unknown:
        near = nearest_names(name)
        perhaps = f"; perhaps {', '.join(near)} (--map)" if near else ""
        print(f"  unknown: '{name}' is none of the 33{perhaps}")


def _print_losses(losses: Any) -> None:
    print("Nothing is lost." if not losses else "Lost:")
    for loss in losses:
        print(f"  {loss}")
