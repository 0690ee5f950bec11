"""``posetune cvat labels | push | check | pull``: a set to a CVAT server, and its labels back."""

from __future__ import annotations

import argparse
import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from posetune.cli.common import add_json
from posetune.errors import PosetuneError
from posetune.files import json_text, write_text
from posetune.progress import Reporter, to_terminal

if TYPE_CHECKING:
    from posetune.label.cvat.server import Server
    from posetune.label.cvat.tasks import Target


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
    pull = actions.add_parser(
        "pull",
        help="bring the labels back into the set",
        description="Put what was labelled on the server into the set: changed people are corrected, unchanged ones of completed "
        "jobs verified, people who were drawn there new, whom somebody deleted there are deleted here. All of it, or nothing.",
    )
    _add_where(pull)
    pull.add_argument("--out", required=True, type=Path, metavar="SET", help="the set that was pushed")
    pull.add_argument("--split", help="which part of it (default: as the task's subset says, else train)")
    pull.add_argument("--native", action="store_true", help="the set's own points, do not map them to the 33")
    pull.add_argument(
        "--prefer",
        choices=("cvat", "set"),
        help="whose labels to take of people who were changed on both sides (default: refuse)",
    )
    pull.add_argument(
        "--leave-out",
        action="store_true",
        help="go on where something cannot be taken (tracks, loose points, unknown images)",
    )
    add_json(pull, "counts and findings")
    pull.set_defaults(run_action=_pull)
    check = actions.add_parser(
        "check",
        help="say what pull would not take, or not as it stands",
        description="Look for what pull would not take, or not as it stands: another skeleton, loose points, tracks, deleted "
        "frames, people without posetune's id. Exit code 1 if there is anything.",
    )
    _add_where(check)
    check.add_argument(
        "--set", type=Path, metavar="SET", help="the set that was pushed: its images are looked for, too"
    )
    check.add_argument("--split", help="which part of it (default: as the task's subset says, else train)")
    check.add_argument("--native", action="store_true", help="the set's own points, do not map them to the 33")
    add_json(check, "the findings")
    check.set_defaults(run_action=_check)


def _add_where(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "where",
        metavar="TASK|PROJECT",
        help="the address of a task or project, the number of a task, or the name of a project",
    )
    parser.add_argument("--project", action="store_true", help="the number is that of a project")
    _add_server(parser, needed=False)


def _add_server(parser: argparse.ArgumentParser, needed: bool = True) -> None:
    parser.add_argument(
        "--url", required=needed, metavar="URL",
        help="the server, such as https://app.cvat.ai" + ("" if needed else " (not needed with an address)"),
    )  # fmt: skip
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

    skeleton = BLAZEPOSE
    if args.set is not None:
        from posetune.data.dataset import find_splits, load_dataset

        skeleton = load_dataset(args.set, find_splits(args.set)[0], require_images=None, native=True).skeleton
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
    from posetune.label.cvat.pull import load_whole
    from posetune.label.cvat.push import Where, describe, push

    report = to_terminal()
    dataset = load_whole(args.set, args.split, args.native)
    project = None if args.task else args.project or args.set.resolve().name
    with _connect(args, args.url, report) as server:
        done = push(dataset, args.split, server, Where(project, args.task, args.job_size), report)
    for line in describe(done):
        print(line)
    return 0


def _pull(args: argparse.Namespace) -> int:
    from posetune.label.cvat.pull import How, describe, pull

    report = to_terminal()
    target, url = _target(args)
    how = How(args.split, args.native, args.leave_out, args.prefer)
    with _connect(args, url, report) as server:
        done = pull(server, target, args.out, how, report)
    for line in describe(done):
        print(line)
    if args.json is not None:
        counts = {split: dataclasses.asdict(counts) for split, counts in done.counts.items()}
        args.json.write({"splits": counts, "findings": [finding.to_json() for finding in done.findings]})
    return 0


def _check(args: argparse.Namespace) -> int:
    from posetune.label.cvat.pull import How, check

    report = to_terminal()
    target, url = _target(args)
    with _connect(args, url, report) as server:
        findings = check(server, target, args.set, How(args.split, args.native), report)
    for finding in findings:
        print(finding)
    if not findings:
        print("Nothing found: pull takes all as it stands.")
    if args.json is not None:
        args.json.write({"findings": [finding.to_json() for finding in findings]})
    return 1 if findings else 0


def _target(args: argparse.Namespace) -> tuple[Target, str]:
    from posetune.label.cvat.tasks import target_of

    target = target_of(args.where, args.project)
    if target.url is not None and args.url is not None and target.url != args.url.rstrip("/"):
        raise PosetuneError(f"{args.where} is not on --url {args.url}; leave --url out.")
    url = target.url or args.url
    if url is None:
        raise PosetuneError(f"Say on which server {args.where} is: --url, or its address as the browser shows it.")
    return target, url


def _connect(args: argparse.Namespace, url: str, report: Reporter) -> Server:
    from posetune.label.cvat.server import Server, read_token

    return Server(url, read_token(args.token_file), report.say, organization=args.org)
