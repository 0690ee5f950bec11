"""``posetune doctor FILE``."""

from __future__ import annotations

import argparse
from dataclasses import asdict

import numpy as np

from posetune.cli.common import add_json
from posetune.doctor.diagnose import Diagnosis, diagnose_file
from posetune.doctor.mediapipe_try import Trial, try_in_mediapipe

_VERDICTS = {
    "taken": "MediaPipe's PoseLandmarker takes it",
    "wrong": "MediaPipe's PoseLandmarker loads it, but its answers are wrong",
    "refused": "MediaPipe's PoseLandmarker does not take it",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a .task bundle or a .tflite network")
    parser.add_argument("--try", dest="trial", action="store_true", help="also run it in the installed mediapipe")
    add_json(parser, "the findings")
    parser.epilog = "Exit code: 0 MediaPipe would take it, 1 it would not, 2 the file cannot be read."


def run(args: argparse.Namespace) -> int:
    diagnosis = diagnose_file(args.file)
    trial = try_in_mediapipe(args.file, _somebody()) if args.trial else None
    if args.json is not None:
        args.json.write(diagnosis.as_json() | ({"trial": asdict(trial) | {"worked": trial.worked}} if trial else {}))
    _print(diagnosis, trial)
    return 0 if diagnosis.verdict == "taken" and (trial is None or trial.worked) else 1


def _somebody() -> np.ndarray:
    """A person of the sample set, (H, W, 3) uint8 RGB."""
    from posetune.synthetic.sample import ordinary_pictures

    return next(ordinary_pictures())


def _print(diagnosis: Diagnosis, trial: Trial | None) -> None:
    print(f"{diagnosis.name}: {_verdict(diagnosis, trial)}.")
    for finding in diagnosis.findings:
        where = "" if finding.where == diagnosis.name else f"{finding.where}: "
        print(f"  {finding.severity:8} {where}{finding.what}.")
        if finding.fix:
            print(f"  {'':8} → {finding.fix}.")
    if trial is not None:
        print(f"  tried in mediapipe {trial.version or 'as installed'}: {_outcome(diagnosis, trial)}.")


def _verdict(diagnosis: Diagnosis, trial: Trial | None) -> str:
    """The first line: what was found, and where MediaPipe itself was asked and says no, its word."""
    if diagnosis.verdict == "taken" and trial is not None and not trial.worked:
        if trial.error is None:
            return "MediaPipe's PoseLandmarker loads it, but finds nobody with it"
        return _VERDICTS["refused"]
    return _VERDICTS.get(diagnosis.verdict) or _bare_verdict(diagnosis)


def _outcome(diagnosis: Diagnosis, trial: Trial) -> str:
    if trial.error:
        return f"failed: {trial.error.rstrip('.')}"
    if not trial.poses:
        return "ran, but in a picture of a person, from posetune's sample set, it found nobody, even with a presence threshold of 0"
    if diagnosis.verdict == "taken":
        return "ran, and found the person of posetune's sample set, in IMAGE and VIDEO mode"
    return "this version ran it, in IMAGE and VIDEO mode; what is said above holds all the same"


def _bare_verdict(diagnosis: Diagnosis) -> str:
    if diagnosis.kind == "detector":
        return (
            "a sound pose detector, but PoseLandmarker takes only a bundle of it with a landmark network "
            "(posetune export NETWORK --out NAME.task writes one)"
        )
    return (
        "a sound landmark network, but PoseLandmarker takes only a bundle of it with a detector; "
        f"posetune export {diagnosis.name} --out NAME.task writes one"
    )
