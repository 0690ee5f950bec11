"""``posetune cvat labels | push``: a set to a CVAT server, and its labels back."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from posetune.errors import PosetuneError
from posetune.files import json_text, write_text
from posetune.progress import Reporter, to_terminal

if TYPE_CHECKING:
    from posetune.data.people import Dataset
    from posetune.label.cvat.server import Server


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "How to: docs/guide/cvat.md."
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    labels = actions.add_parser(
        "labels",
        help="print the label for people, for CVAT's constructor",
        description="Print the label for people as CVAT's constructor of labels takes it (Raw). push makes it by itself.",
    )
    labels.add_argument(
        "set", nargs="?", type=Path, metavar="SET", help="a set with points of its own (default: MediaPipe's 33)"
    )
    labels.add_argument("--out", type=Path, metavar="FILE.json", help="write it there, and FILE.svg beside it")
    labels.set_defaults(run_action=_labels)
    push = actions.add_parser(
        "push",
        help="send a set's pictures and people to a server",
        description="Send a set's pictures and people to a CVAT server, each once, however often the connection breaks: the same "
        "command goes on.",
    )
    push.add_argument("set", type=Path, metavar="SET", help="a data set folder")
    push.add_argument("--split", default="train", help="which part of it (default: %(default)s)")
    to = push.add_mutually_exclusive_group()
    to.add_argument(
        "--project", metavar="NAME|N", help="a project, made if there is none of that name (default: as SET is called)"
    )
    to.add_argument("--task", metavar="NAME", help="no project: a task of its own, called so")
    push.add_argument(
        "--job-size", type=int, default=200, metavar="N", help="pictures a job, at most 200 (default: %(default)s)"
    )
    push.add_argument("--native", action="store_true", help="the set's own points, do not map them to the 33")
    _add_server(push)
    push.set_defaults(run_action=_push)


def _add_server(parser: argparse.ArgumentParser, needed: bool = True) -> None:
    parser.add_argument("--url", required=needed, metavar="URL", help="the server, such as https://app.cvat.ai")
    parser.add_argument(
        "--token-file", type=Path, metavar="FILE",
        help="a file with an access token (in CVAT: Profile, Security), or with user:password (default: the environment's "
        "CVAT_ACCESS_TOKEN)",
    )  # fmt: skip
    parser.add_argument("--org", metavar="NAME", help="the organization, by its short name")


def run(args: argparse.Namespace) -> int:
    return int(args.run_action(args))


def _labels(args: argparse.Namespace) -> int:
    from posetune.label.cvat.definition import label_json, label_svg
    from posetune.skeleton import BLAZEPOSE

    skeleton = BLAZEPOSE if args.set is None else _load(args.set, None, native=True).skeleton
    text = json_text([label_json(skeleton)])
    if args.out is None:
        print(text, end="")
        return 0
    if args.out.suffix.lower() == ".svg":
        raise PosetuneError(f"--out {args.out}: name the .json; the .svg is written beside it.")
    write_text(args.out, text)
    write_text(args.out.with_suffix(".svg"), label_svg(skeleton))
    print(f"Written: {args.out} (CVAT: Constructor, Raw), {args.out.with_suffix('.svg')}")
    return 0


def _push(args: argparse.Namespace) -> int:
    from posetune.label.cvat.push import Where, describe, push

    report = to_terminal()
    dataset = _load(args.set, args.split, args.native)
    project = None if args.task else args.project or args.set.resolve().name
    with _connect(args, args.url, report) as server:
        done = push(dataset, args.split, server, Where(project, args.task, args.job_size), report)
    for line in describe(done):
        print(line)
    return 0


def _connect(args: argparse.Namespace, url: str, report: Reporter) -> Server:
    from posetune.label.cvat.server import Server, read_token

    return Server(url, read_token(args.token_file), report.say, organization=args.org)


def _load(folder: Path, split: str | None, native: bool) -> Dataset:
    """A part of the set with all its points. Raises PosetuneError where reading it would lose some."""
    from posetune.data.dataset import find_splits, load_dataset
    from posetune.data.formats.image_finder import some

    if folder.is_file():
        raise PosetuneError(
            f"{folder} is a file; give the folder of the set, or make one of it: posetune data convert."
        )
    dataset = load_dataset(folder, split or find_splits(folder)[0], require_images=None, native=native)
    if dataset.dropped_names and not native:
        raise PosetuneError(
            f"{folder} has points that are none of the 33 ({some(dataset.dropped_names)}), which would be lost; --native takes the "
            "set's own points."
        )
    return dataset
