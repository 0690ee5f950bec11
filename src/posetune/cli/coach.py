"""``posetune coach``: count the repetitions of an exercise in a video and say what can be said about them."""

from __future__ import annotations

import argparse
import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from posetune.cli.clip import add_clip, people_of, video_of
from posetune.cli.clip_report import PAGE_NAME, add_report, checked_folder
from posetune.cli.common import add_json, words
from posetune.files import json_text, read_bytes, write_text
from posetune.progress import to_terminal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from posetune.coach.exercise import Exercise
    from posetune.coach.report.stills import Frames
    from posetune.coach.session import Session

JSON_NAME, CSV_NAME = "coach.json", "repetitions.csv"
_LANGUAGES = ("en", "zh")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "A check of a repetition is ok, near (beyond its limit by less than the network's own error), a fault, or not measurable, "
        "with the reason: another view, a hidden limb. It coaches; it is no medical advice. Exercises are YAML files: "
        "docs/reference/exercises.md. Exit code 0: done, whatever was counted; 2: nothing could be done."
    )
    add_clip(parser)
    parser.add_argument(
        "--exercise", default="auto", metavar="NAME",
        help="squat, pushup, deadlift, lunge, overhead_press, jumping_jack, plank, downward_dog, warrior_ii, a YAML file of your "
        "own, or auto: what explains most of the clip (default: %(default)s)",
    )  # fmt: skip
    add_report(parser, f"{JSON_NAME}, {CSV_NAME}")
    parser.add_argument(
        "--report", type=Path, metavar="EVAL.json",
        help="what eval --json wrote about the MODEL: its errors at the joints are the tolerances (default: report.json in "
        "its folder, else stock's)",
    )  # fmt: skip
    parser.add_argument(
        "--checks", type=words, default=[], metavar="NAME,…|all",
        help="make these checks as well, which are made only where asked for (pushup: flare); all makes every one",
    )  # fmt: skip
    parser.add_argument("--person", type=int, metavar="ID", help="the track id to coach (default: the largest person)")
    parser.add_argument("--language", choices=_LANGUAGES, default="en", help="of the cues (default: %(default)s)")
    add_json(parser, "count, repetitions and notes")


def run(args: argparse.Namespace) -> int:
    from posetune.coach.errors import of_network, of_report
    from posetune.coach.session import coached, exercises_of

    exercise = _exercise(args.exercise)
    exercises_of(exercise, args.checks)  # a wrong name is said before the clip is looked at, not after
    if args.report:
        errors = of_report(args.report)
    else:
        errors, args.report = of_network(args.model)
    out = checked_folder(args)
    frames = people_of(args.input, args.model, to_terminal())
    session = coached(frames, exercise, errors, args.person, args.checks)
    content = {
        "file": args.input.name,
        **session.to_json(args.language),
        "tolerances": {"of": _whose(args.report), **{joint: round(e, 2) for joint, e in errors.items()}},
    }
    if out is not None:
        write_text(out / JSON_NAME, json_text(content))
        write_text(out / CSV_NAME, _table(session))
        _draw(args, session, frames, errors, out)
        print(f"Written: {out / PAGE_NAME} and what it shows as files beside it", file=sys.stderr)
    if args.json is not None:
        args.json.write(content)
    print(_summary(session, args.language))
    print(f"Tolerances by the errors of {_whose(args.report)}.")
    return 0


def _whose(report: Path | None) -> str:
    """Whose errors the tolerances are."""
    return "stock full" if report is None else str(report)


def _draw(args: argparse.Namespace, session: Session, frames: Frames, errors: Mapping[str, float], out: Path) -> None:
    """The page, and after it, as it takes longest, the drawn video."""
    from posetune.coach.report.coaching import About, coach_page, wanted
    from posetune.coach.report.film import film_of
    from posetune.coach.report.stills import stills

    report, video = to_terminal(), video_of(args.input)
    about = About(
        args.input.name,
        args.language,
        args.model if video else "",
        errors,
        _whose(args.report) if args.report else None,
        args.faces,
    )
    pictures = stills(video, frames, wanted(session), args.faces, report) if video else None
    write_text(out / PAGE_NAME, coach_page(session, about, pictures))
    if video and args.video is not False:
        film_of(video, frames, session, out, args.faces, report)


def _exercise(name: str) -> Exercise | str:
    from posetune.coach.exercise import parse

    if not name.lower().endswith((".yaml", ".yml")):
        return name
    return parse(read_bytes(Path(name)), Path(name).name)


def _table(session: Session) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(
        [
            "repetition",
            "start_s",
            "end_s",
            "extremum_s",
            "side",
            "view",
            "check",
            "status",
            "value",
            "limit",
            "tolerance",
            "why",
        ]
    )
    for n, repetition in enumerate(session.repetitions, 1):
        head = [
            n,
            *(f"{s:.3f}" for s in (repetition.start_s, repetition.end_s, repetition.extremum_s)),
            repetition.side,
            repetition.view,
        ]
        for name, result in repetition.checks.items():
            told = result.to_json()
            writer.writerow(
                [*head, name, result.status, *(told.get(key, "") for key in ("value", "limit", "tolerance", "why"))]
            )
        if not repetition.checks:
            writer.writerow([*head, *[""] * 6])
    return text.getvalue()


def _summary(session: Session, language: str) -> str:
    from posetune.coach.session import cues

    lines = []
    if session.exercise:
        title = session.exercise.title.get(language, session.exercise.title["en"])
        lines.append(
            f"{title}: {len(session.repetitions)} {'holds' if session.exercise.kind == 'hold' else 'repetitions'}"
        )
    for n, r in enumerate(session.repetitions, 1):
        told = ", ".join(f"{name} {c.status}" + (f" ({c.why})" if c.why else "") for name, c in r.checks.items())
        lines.append(f"  {n:3}  {r.start_s:6.2f} to {r.end_s:6.2f} s  {told}")
    lines += [
        f"  not  {p.start_s:5.2f} to {p.end_s:6.2f} s  not counted: {p.why.replace('_', ' ')}" for p in session.passed
    ]
    lines += [f"→ {cue}" for cue in cues(session, language)]
    lines += session.told(language)
    return "\n".join(lines)
