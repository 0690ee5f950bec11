"""``posetune train``: tune a stock network on labelled images."""

from __future__ import annotations

import argparse
import json
import math
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from posetune.cli.common import add_json
from posetune.config import read_yaml
from posetune.errors import PosetuneError

if TYPE_CHECKING:
    from posetune.tune.training.loop import TrainResult


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--data", help="folder with images/ and annotations/<split>.json, or a COCO keypoint file")
    parser.add_argument("--base", help="lite, full, heavy, or a network of your own (default: full)")
    parser.add_argument("--out", help="the run folder")
    parser.add_argument(
        "--method", choices=("full", "head", "corrector", "distill"), default="full",
        help="full: tune the network's own weights; head: first the head alone, then deeper, and for points that are none "
        "of the 33 a new head of their own (docs/guide/own-points.md); corrector: leave it and put a small model behind it, "
        "in seconds; distill: learn from a teacher's answers on --unlabelled (default: %(default)s; docs/guide/choose.md)",
    )  # fmt: skip
    parser.add_argument(
        "--detector",
        action="store_true",
        help="tune the detector, which finds people, and not a landmark network "
        "(docs/guide/detector.md); --base is then stock, a detector's .tflite, a .task or an earlier run (default: stock)",
    )
    parser.add_argument(
        "--partial",
        action="store_true",
        help="for --detector: not everybody is labelled; teach nothing where others may be",
    )
    parser.add_argument(
        "--unlabelled", nargs="+", metavar="PATH", help="for distill: folders, images, videos without labels; --data "
        "may be given too, or not",
    )  # fmt: skip
    parser.add_argument("--teacher", help="for distill: whose answers are learnt (default: heavy)")
    parser.add_argument("--train-split", help="split to train on (default: train)")
    parser.add_argument(
        "--val-split", help="split to choose on (default: val; where missing, part of train is split off)"
    )
    parser.add_argument("--size", type=int, choices=(256, 224, 192), help="side of the crop, px (default: 256)")
    parser.add_argument("--trainable", choices=("head", "tail", "all"), help="how much of the network is trained")
    parser.add_argument("--replay", metavar="FOLDER", help="unlabelled images of other people, against forgetting")
    parser.add_argument(
        "--synthetic",
        type=int,
        metavar="N",
        help="mix in the people of N rendered pictures, to learn depth (z, world landmarks) from",
    )
    parser.add_argument("--seed", type=int)
    parser.add_argument("--config", metavar="FILE", help="a YAML file over the defaults")
    parser.add_argument(
        "--set", dest="assignments", metavar="KEY=VALUE", action="append", default=[], help="one key, as a.b=c"
    )
    parser.add_argument(
        "--trust-labels", action="store_true", help="train although all labels contradict the base network"
    )
    parser.add_argument("--resume", action="store_true", help="go on with the run in --out")
    add_json(parser)
    parser.add_argument("--show-config", action="store_true", help="print the commented default configuration and end")


def run(args: argparse.Namespace) -> int:
    if args.detector:
        return _detector(args)
    if args.partial:
        raise PosetuneError("--partial goes with --detector.")
    if args.show_config:
        from importlib.resources import files

        print(files("posetune.tune").joinpath("train.yaml").read_text(encoding="utf-8"), end="")
        if args.method == "head":
            print("\n" + files("posetune.tune.methods.head").joinpath("head.yaml").read_text(encoding="utf-8"), end="")
        return 0
    from posetune.tune.run_folder import CONFIG, RunFolder
    from posetune.tune.training.loop import train

    config = args.config
    if args.resume and config is None and args.out and (RunFolder(args.out) / CONFIG).exists():
        config = RunFolder(args.out) / CONFIG  # a resumed run goes on as it began
        if "head" in read_yaml(config):
            args.method = "head"
    assignments = list(args.assignments)
    if args.replay is not None:
        assignments.insert(0, f"replay.folder={json.dumps(args.replay)}")
    if args.trust_labels:
        assignments.insert(0, "trust_labels=true")
    if args.synthetic is not None:
        assignments.insert(0, f"replay.synthetic={args.synthetic}")
    names = ("train_split", "val_split", "trainable", "size", "seed", "unlabelled", "teacher")
    if args.method == "distill" and not args.unlabelled and not args.resume:
        raise PosetuneError("--method distill learns from images without labels: give --unlabelled FOLDER or VIDEO.")
    if args.method != "distill" and args.unlabelled:
        raise PosetuneError("--unlabelled is for --method distill; for images against forgetting give --replay FOLDER.")
    if args.method == "head":
        result = _head(args, config, assignments, {name: getattr(args, name) for name in names})
    elif args.method == "corrector":
        result = _corrector(args, config, assignments, {name: getattr(args, name) for name in names})
    else:
        result = train(
            args.data, args.base, args.out, config=config, assignments=assignments, resume=args.resume,
            say=_say, **{name: getattr(args, name) for name in names},
        )  # fmt: skip
    if args.json is not None:
        stock_px = None if math.isnan(result.stock_px) else result.stock_px  # none of the points are stock's
        args.json.write({"run": str(result.run), "model": str(result.model), "stock_px": stock_px,
                         "tuned_px": result.tuned_px, "interrupted": result.interrupted})  # fmt: skip
    beside = "has none of these points" if math.isnan(result.stock_px) else f"{result.stock_px:.2f}"
    print(f"{result.model}: validation error {result.tuned_px:.2f} crop px, stock {beside}")
    return 130 if result.interrupted else 0


def _detector(args: argparse.Namespace) -> int:
    from posetune.tune.detector.config import default_text, load_detector_config
    from posetune.tune.detector.train import train_detector
    from posetune.tune.run_folder import CONFIG, RunFolder

    if args.show_config:
        print(default_text(), end="")
        return 0
    landmarks_only = {
        "--method": args.method != "full", "--unlabelled": args.unlabelled, "--teacher": args.teacher, "--size": args.size,
        "--synthetic": args.synthetic,
    }  # fmt: skip
    for option, given in landmarks_only.items():
        if given:
            raise PosetuneError(f"{option} is for landmark networks; leave it out with --detector.")
    config = args.config
    if args.resume and config is None and args.out and (RunFolder(args.out) / CONFIG).exists():
        config = RunFolder(args.out) / CONFIG
    names = ("data", "base", "out", "train_split", "val_split", "trainable", "seed")
    overrides = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    assignments = list(args.assignments)
    if args.replay is not None:
        assignments.insert(0, f"replay.folder={json.dumps(args.replay)}")
    if args.partial:
        assignments.insert(0, "others=ignore")
    result = train_detector(load_detector_config(config, overrides, assignments), resume=args.resume, say=_say)
    if args.json is not None:
        args.json.write(
            {
                "run": str(result.run),
                "detector": str(result.detector),
                "base": asdict(result.base) | {"f1": result.base.f1},
                "tuned": asdict(result.tuned) | {"f1": result.tuned.f1},
                "interrupted": result.interrupted,
            }
        )
    before, after = result.base, result.tuned
    print(
        f"{result.detector}: finds {after.found} of {after.labelled} people on validation (base {before.found}), "
        f"{after.duplicates} twice (base {before.duplicates}), {after.false} where nobody is (base {before.false})"
    )
    return 130 if result.interrupted else 0


def _corrector(
    args: argparse.Namespace, config: str | Path | None, assignments: list[str], overrides: dict[str, Any]
) -> TrainResult:
    if args.resume:
        raise PosetuneError("A corrector is trained in seconds and has nothing to resume; leave out --resume.")
    from posetune.tune.config import load_config
    from posetune.tune.methods.corrector.train import train_corrector

    given = {"data": args.data, "base": args.base, "out": args.out, **overrides}
    return train_corrector(
        load_config(config, {k: v for k, v in given.items() if v is not None}, assignments), say=_say
    )


def _head(
    args: argparse.Namespace, config: str | Path | None, assignments: list[str], overrides: dict[str, Any]
) -> TrainResult:
    from posetune.tune.methods.head.config import load_head_config
    from posetune.tune.methods.head.stages import train_head

    if args.trainable is not None:
        raise PosetuneError("--method head goes deeper by stages; say which with --set 'head.stages=[head, tail]'.")
    given = {"data": args.data, "base": args.base, "out": args.out, **overrides}
    loaded = load_head_config(config, {k: v for k, v in given.items() if v is not None}, assignments)
    return train_head(*loaded, resume=args.resume, say=_say)


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
