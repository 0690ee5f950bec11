"""``posetune ergonomics``: REBA, RULA and OWAS over the time of a video of somebody at work."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posetune.cli.clip import add_clip, people_of, video_of
from posetune.cli.clip_report import PAGE_NAME, add_report, checked_folder
from posetune.cli.common import add_json
from posetune.files import json_text, write_text
from posetune.progress import to_terminal

if TYPE_CHECKING:
    from posetune.coach.ergonomics.session import Ergonomics
    from posetune.coach.report.stills import Frames

JSON_NAME, CSV_NAME = "ergonomics.json", "postures.csv"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "It screens: no assessment under any standard or law, no medical statement. A score is an interval where a part of the "
        "body was not seen, or not from the side. What no camera sees is typed in: load, coupling, twists. Film from the side; how "
        "a score is made: docs/reference/ergonomics.md."
    )
    add_clip(parser)
    add_report(parser, f"{JSON_NAME}, {CSV_NAME}")
    parser.add_argument(
        "--en1005", action="store_true", help="tell zones after EN 1005-4 of trunk, upper arm and head as well"
    )
    parser.add_argument(
        "--load", type=float, default=0.0, metavar="KG", help="what is lifted or held (default: %(default)s)"
    )
    parser.add_argument("--shock", action="store_true", help="the load comes suddenly, or jerks")
    parser.add_argument(
        "--coupling", type=int, default=0, choices=range(4), help="grip: 0 good, 1 fair, 2 poor, 3 none"
    )
    parser.add_argument("--static", action="store_true", help="parts of the body are held for longer than a minute")
    parser.add_argument("--repeated", action="store_true", help="small movements more than four times a minute")
    parser.add_argument("--unstable", action="store_true", help="rapid large changes of posture, or an unstable base")
    parser.add_argument("--twisted", action="store_true", help="the trunk is twisted or bent sideways")
    parser.add_argument("--neck-twisted", action="store_true", help="the neck is twisted or bent sideways")
    parser.add_argument("--supported", action="store_true", help="the arm is supported, or its weight is")
    add_json(parser, "shares of time and worst moments")


def run(args: argparse.Namespace) -> int:
    from posetune.coach.ergonomics.scores import Task
    from posetune.coach.ergonomics.session import observed, postures_csv

    typed = ("shock", "coupling", "static", "repeated", "unstable", "twisted", "neck_twisted", "supported")
    task = Task(load_kg=args.load, **{name: getattr(args, name) for name in typed})
    out = checked_folder(args)
    frames = people_of(args.input, args.model, to_terminal())
    found = observed(frames, task, args.en1005)
    content = {"file": args.input.name, **found.to_json()}
    if out is not None:
        write_text(out / JSON_NAME, json_text(content))
        write_text(out / CSV_NAME, postures_csv(found))
        _draw(args, found, frames, out)
        print(f"Written: {out / PAGE_NAME} and what it shows as files beside it", file=sys.stderr)
    if args.json is not None:
        args.json.write(content)
    print(_summary(content))
    return 0


def _draw(args: argparse.Namespace, found: Ergonomics, frames: Frames, out: Path) -> None:
    """The page, and after it, as it takes longest, the drawn video."""
    from posetune.coach.report.film import film_of_postures
    from posetune.coach.report.postures import About, postures_page, wanted
    from posetune.coach.report.stills import stills

    report, video = to_terminal(), video_of(args.input)
    about = About(args.input.name, args.model if video else "", args.faces)
    pictures = stills(video, frames, wanted(found), args.faces, report) if video else None
    write_text(out / PAGE_NAME, postures_page(found, about, pictures))
    if video and args.video is not False:
        film_of_postures(video, frames, found, out, args.faces, report)


def _summary(content: Mapping[str, Any]) -> str:
    if not content["people"]:
        return f"Nobody was found in the clip.\n{content['notice']}"
    people = len(content["people"])
    lines = [f"{content['person_seconds']:.1f} s of {people} {'person' if people == 1 else 'people'}"]
    for method, told in content["methods"].items():
        shares = ", ".join(
            f"{name} {s['at_least']:.0%}" + (f" to {s['at_most']:.0%}" if s["at_most"] > s["at_least"] else "")
            for name, s in told["share_of_time"].items()
            if s and s["at_most"] > 0
        )
        worst = told["worst"][0]
        low, high = worst["score"]
        lines.append(
            f"{method.upper()}: {shares}; worst {low}{f' to {high}' if high > low else ''} at {worst['time_s']:.2f} s"
        )
    for part, told in content.get("en1005_4", {}).items():
        lines.append(f"EN 1005-4, {part}: {told['verdict'] or 'not seen from the side'}")
    return "\n".join([*lines, content["notice"]])
