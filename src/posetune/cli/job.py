"""``posetune job plan | work | run | status | verify | merge | sweep``: one job on any number of processes and machines."""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from posetune import stock
from posetune.backends.base import BACKENDS, processors
from posetune.cli.common import add_json, count, fraction
from posetune.errors import PosetuneError
from posetune.progress import Reporter, clock, counted, to_terminal
from posetune.runtime.detector import DEFAULT_MAX_PEOPLE
from posetune.runtime.landmarker import MIN_PRESENCE_CONFIDENCE
from posetune.runtime.track import SMOOTHINGS
from posetune.scale.job import WHAT, Job

if TYPE_CHECKING:
    from posetune.scale.store import Store

LAUNCHERS = ("local", "ray")
_LEASE = 60.0
_SWEPT = {
    "parts": ("part",), "leases": ("lease",), "plans": ("file of another plan", "files of other plans"),
    "unfinished": ("unfinished file",),
}  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "URL: a folder that all machines see, or s3://BUCKET/…, gs://…, az://…. A job is planned once, then any number of workers "
        "do its units, one after the other, and may be killed at any time. Exit code 0: done; 1: units failed three times, or a "
        "check did; 2: bad input, or the store refuses; 130, 143: stopped, what is done is kept."
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    plan = actions.add_parser("plan", help="list what is to be looked at, in units of work")
    _add_plan(plan)
    plan.set_defaults(run_action=_plan)
    work = actions.add_parser(
        "work", help="do units of a planned job until none is left; run it on as many machines as there are"
    )
    _add_url(work)
    _add_worker(work)
    work.add_argument("--name", help="the worker's name in leases and results (default: machine, process and a number)")
    work.add_argument("--quiet", action="store_true", help="say nothing but what goes wrong")
    work.add_argument("--retry", action="store_true", help="try units again that failed three times")
    add_json(work, "what was done")
    work.set_defaults(run_action=_work)
    run = actions.add_parser("run", help="plan and do a job, or go on with it")
    _add_plan(run)
    _add_worker(run)
    run.add_argument(
        "--launcher", choices=LAUNCHERS, default="local",
        help="local: processes of this machine; ray: tasks of the cluster that RAY_ADDRESS names, or of one started here "
        "(default: %(default)s)",
    )  # fmt: skip
    run.add_argument("--processes", type=count, metavar="N", help="workers (default: one a processor of this machine)")
    run.add_argument("--retry", action="store_true", help="try units again that failed three times")
    run.set_defaults(run_action=_run)
    for name, action, text in (
        ("status", _status, "how far it is, and how long it takes yet"),
        ("verify", _verify, "hold all results against the plan: every unit once, every sum right"),
        ("merge", _merge, "write predictions.parquet and predictions.json of all parts"),
        ("sweep", _sweep, "remove what killed workers left behind"),
    ):
        sub = actions.add_parser(name, help=text)
        _add_url(sub)
        add_json(sub)
        if name == "merge":
            sub.add_argument(
                "--no-coco",
                action="store_true",
                help="write the table alone: no predictions.json, which has several KB a person",
            )
        sub.set_defaults(run_action=action)


def run(args: argparse.Namespace) -> int:
    return int(args.run_action(args))


def _add_url(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="URL", help="where the job lies")


def _add_plan(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "input", nargs="+", metavar="INPUT",
        help="files, folders, s3://…, gs://… or az://… folders, and lists: .txt with a name a line, .parquet with a column file",
    )  # fmt: skip
    parser.add_argument(
        "--what", choices=WHAT, default="predict",
        help="predict: poses; label: prelabels to be corrected; teach: what a teacher says in several views, to learn from; eval: "
        "the answers on a labelled set (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument("--model", default="full", help="as of posetune predict (default: %(default)s)")
    parser.add_argument("--detector", metavar="D", help="as of posetune predict (default: the model's)")
    parser.add_argument(
        "--out", required=True, metavar="URL", help="where the job and its results lie; made if missing"
    )
    parser.add_argument(
        "--shard", type=count, default=2000, metavar="N", help="pictures a unit of work (default: %(default)s)"
    )
    parser.add_argument(
        "--segment", type=count, default=3600, metavar="N",
        help="frames a part of a video; people are followed from 2 s before each (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--max-people", type=count, default=DEFAULT_MAX_PEOPLE, metavar="N", help="as of posetune predict"
    )
    parser.add_argument(
        "--min-score", type=fraction, default=MIN_PRESENCE_CONFIDENCE, metavar="S", help="as of posetune predict"
    )
    parser.add_argument("--smooth", choices=list(SMOOTHINGS), default="mediapipe", help="as of posetune predict")
    parser.add_argument("--split", metavar="S", help="eval: the split of the data set (default: val)")
    parser.add_argument("--no-track", action="store_true", help="videos: look at every frame by itself, without ids")
    parser.add_argument("--tiles", default="off", metavar="auto|N|off", help="as of posetune predict")
    parser.add_argument(
        "--backend", choices=BACKENDS, default="litert", help="what runs the networks (default: %(default)s)"
    )


def _add_worker(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--threads",
        type=count,
        default=1,
        metavar="N",
        help="pictures that a worker looks at at a time (default: %(default)s)",
    )
    parser.add_argument(
        "--lease", type=_seconds, default=_LEASE, metavar="SECONDS",
        help="a worker that was not heard of for so long has lost its unit to others (default: %(default)s)",
    )  # fmt: skip


def _seconds(text: str) -> float:
    """Of a lease: shorter ones are lost before they are renewed."""
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 1 <= value <= 86_400:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of seconds between 1 and 86400")
    return value


def _planned(args: argparse.Namespace, report: Reporter) -> tuple[Store, Job]:
    """The store and its job, which is planned now, or was before: then it is said that it goes on with that plan."""
    from posetune.runtime.tiles import Tiles
    from posetune.scale.inputs import absolute
    from posetune.scale.job import JOB, Options, network_of
    from posetune.scale.open import store_of
    from posetune.scale.plan import make_plan
    from posetune.scale.tasks import TASKS

    if args.split is not None and args.what != "eval":
        raise PosetuneError(f"--split is of a data set that --what eval measures on: leave it out for {args.what}.")
    Tiles.of(args.tiles)  # what cannot be is said before anything is planned
    networks = stock.resolve(args.model)
    if args.detector is not None:
        networks = networks.with_detector(stock.detector_of(args.detector))
    store = store_of(args.out)
    options = Options(
        args.max_people, args.min_score, not args.no_track, args.smooth, args.tiles, args.backend
    )  # fmt: skip
    job = Job(
        args.what, tuple(absolute(given) for given in args.input), network_of(networks), options, args.shard,
        args.segment, split=(args.split or "val") if args.what == "eval" else None,
    )  # fmt: skip
    known = None
    if args.what == "eval":
        from posetune.scale.measuring import Measured

        known = Measured.of(job).items()
    before = store.get(JOB) is not None
    job = make_plan(store, job, report, known, TASKS[args.what].videos, networks)
    if before:
        report.say(f"{store.url} is planned already: what came to the inputs since then is not looked at.")
    return store, job


def _plan(args: argparse.Namespace) -> int:
    store, job = _planned(args, to_terminal())
    print(f"{_planned_text(job)}; next, on every machine: posetune job work {store.url}")
    return 0


def _planned_text(job: Job) -> str:
    left_out = sum(job.left_out.values())
    kinds = ", ".join(f"{count} {suffix or 'without a suffix'}" for suffix, count in job.left_out.items())
    rest = (
        f"; left out {counted(left_out, 'file of another kind', 'files of other kinds')} ({kinds})" if left_out else ""
    )
    return f"{counted(job.units, 'unit')} of {_items(job.items, job.videos)}{rest}"


def _items(items: int, videos: int) -> str:
    """What a job looks at, of which it knows how many videos there are, and not how many of the rest are their parts."""
    if not videos:
        return counted(items, "picture")
    if items == videos:
        return counted(videos, "video")
    return f"{items} pictures and parts of videos ({counted(videos, 'video')})"


def _work(args: argparse.Namespace) -> int:
    from posetune.scale.open import store_of
    from posetune.scale.work import Settings, forget_failures, work, worker_name

    store = store_of(args.url)
    if args.retry:
        forget_failures(store)
    report = to_terminal()
    settings = Settings(args.name or worker_name(), args.threads, args.lease)
    summary = work(store, settings, Reporter(report.say) if args.quiet else report)
    if args.json is not None:
        args.json.write(asdict(summary))
    if not args.quiet:
        print(f"{counted(summary.units, 'unit')}, {counted(summary.pictures, 'picture')} done")
    return _listed(summary.listed, args.url, args.quiet)


def _listed(units: tuple[str, ...], url: str, quiet: bool = False) -> int:
    if units and not quiet:
        some = ", ".join(units[:5]) + (", …" if len(units) > 5 else "")
        print(f"{counted(len(units), 'unit')} failed three times: {some} ({url}/failed says why; --retry tries again)")
    return 1 if units else 0


def _run(args: argparse.Namespace) -> int:
    from posetune.scale import commit
    from posetune.scale.launchers.local import run_local
    from posetune.scale.work import forget_failures

    report = to_terminal()
    store, job = _planned(args, report)
    report.say(_planned_text(job))
    if args.retry:
        forget_failures(store)
    if args.launcher == "ray":
        from posetune.scale.launchers.ray import run_ray

        listed = run_ray(store, job, args.processes, args.threads, args.lease, report)
    else:
        processes = args.processes or processors()
        if job.units < min(processes, job.items) and not job.videos and not commit.done_units(store):
            report.say(
                f"{counted(job.units, 'unit')} for {processes} processes: in another --out, --shard "
                f"{math.ceil(job.items / (4 * processes))} would keep all of them busy."
            )
        listed = run_local(store, job, processes, args.threads, args.lease, report)
    if not listed:
        done = f"All {job.units} units are" if job.units > 1 else "The one unit is"
        print(f"{done} done; posetune job merge {store.url} makes one result of the parts")
    return _listed(listed, store.url)


def _status(args: argparse.Namespace) -> int:
    from posetune.scale.open import store_of
    from posetune.scale.status import status

    found = status(store_of(args.url))
    if args.json is not None:
        args.json.write(asdict(found))
    left = found.units - found.done - len(found.listed)
    text = f"{found.what}: {found.done} of {counted(found.units, 'unit')} done, {found.at_work} at work"
    if left and found.seconds_left is not None:
        text += f", {clock(found.seconds_left)} left"
    elif left:
        text += ", nobody works on it" if not found.at_work else ", too early to say how long"
    print(text)
    _tell(found.faults)
    return _listed(found.listed, args.url) or int(bool(found.faults))


def _tell(faults: Sequence[str]) -> None:
    for fault in faults[:20]:
        print(fault)
    if len(faults) > 20:
        print(f"and {len(faults) - 20} more")


def _verify(args: argparse.Namespace) -> int:
    from posetune.scale.open import store_of
    from posetune.scale.verify import verify

    verdict = verify(store_of(args.url), to_terminal())
    if args.json is not None:
        args.json.write(asdict(verdict))
    _tell(verdict.faults)
    if verdict.faults:
        print(counted(len(verdict.faults), "fault"))
        return 1
    what = f"{counted(verdict.units, 'unit')}, {_items(verdict.items, verdict.videos)}, {counted(verdict.rows, 'row')}"
    print(f"{what}: all as planned" + (
        f"; {verdict.errors} could not be read, their rows say why" if verdict.errors else ""))  # fmt: skip
    return 0


def _merge(args: argparse.Namespace) -> int:
    from posetune.scale.job import read_job
    from posetune.scale.merge import merge
    from posetune.scale.open import store_of
    from posetune.scale.tasks import TASKS

    store = store_of(args.url)
    merged = merge(store, to_terminal(), coco=not args.no_coco)
    if args.json is not None:
        args.json.write(asdict(merged))
    errors = f"; {merged.errors} could not be read, their rows say why" if merged.errors else ""
    task, eval_ = TASKS[read_job(store).what], read_job(store).what == "eval"
    found = counted(merged.people, "answer") if eval_ else counted(merged.people, "person", "people")
    files = " and ".join(
        f"{args.url.rstrip('/')}/{name}" for name in (task.table, *([] if args.no_coco else [task.beside]))
    )
    print(f"{found} in {counted(merged.pictures, 'picture')}: {files}{errors}")
    return 0


def _sweep(args: argparse.Namespace) -> int:
    from posetune.scale.open import store_of
    from posetune.scale.sweep import sweep

    swept = asdict(sweep(store_of(args.url)))
    if args.json is not None:
        args.json.write(swept)
    print("Removed: " + ", ".join(counted(number, *_SWEPT[name]) for name, number in swept.items()))
    return 0
