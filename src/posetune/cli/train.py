"""``posetune train``: tune a stock network on labelled images."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from posetune.cli.common import add_json
from posetune.errors import PosetuneError
from posetune.progress import to_terminal
from posetune.tune.methods.table import METHODS
from posetune.tune.run_folder import own_config

if TYPE_CHECKING:
    from posetune.tune.detector.train import DetectorResult
    from posetune.tune.run import TrainResult

#: Flags that are keys of train.yaml by the same name.
_KEYS = (
    "method", "train_split", "val_split", "trainable", "size", "seed", "unlabelled", "teacher", "device", "passes", "batch", "lr",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Every key of the configuration (--show-config) can be given in a file (--config) or by --set. "
        "Ctrl-C ends a run early and keeps the best network so far; SIGTERM saves it to go on with --resume."
    )
    needed = parser.add_argument_group("what is needed (here or in --config; with --resume only --out)")
    needed.add_argument("--data", help="folder with images/ and annotations/<split>.json, or a COCO keypoint file")
    needed.add_argument("--out", help="the run folder, a new one")
    parser.add_argument("--base", help="lite, full, heavy, or a network of your own (default: full)")
    parser.add_argument(
        "--method", choices=(*METHODS, "detector"),
        help="; ".join(f"{name}: {method.about}" for name, method in METHODS.items())
        + "; detector: see --detector"
        + " (default: full; docs/guide/choose.md, docs/guide/own-points.md)",
    )  # fmt: skip
    parser.add_argument(
        "--detector", action="store_true",
        help="tune the detector, which finds people, and not a landmark network (docs/guide/detector.md); --base is then stock, "
        "a detector's .tflite, a .task or an earlier run (default: stock)",
    )  # fmt: skip
    parser.add_argument(
        "--partial", action="store_true",
        help="for --detector: not everybody is labelled; teach nothing where others may be",
    )  # fmt: skip
    parser.add_argument(
        "--unlabelled", nargs="+", metavar="PATH", help="for distill: folders, images, videos without labels; --data "
        "may be given too, or not",
    )  # fmt: skip
    parser.add_argument(
        "--teacher",
        help="for distill: whose answers are learnt: a network, or COCO results (.json) of another program (default: heavy)",
    )
    parser.add_argument(
        "--use-prelabels", action="store_true",
        help="learn from prelabels that nobody has seen, too, weighted as pseudo-labels (default: only from what somebody saw)",
    )  # fmt: skip
    parser.add_argument("--train-split", help="split to train on (default: train)")
    parser.add_argument(
        "--val-split", help="split to choose on (default: val; where missing, part of train is split off)"
    )
    parser.add_argument("--size", type=int, choices=(256, 224, 192), help="side of the crop, px (default: 256)")
    parser.add_argument("--trainable", choices=("head", "tail", "all"), help="how much of the network is trained")
    parser.add_argument(
        "--devices", type=int, metavar="N",
        help="divide each batch among N processes of this machine, each with its own GPU where there are; on several machines: "
        "torchrun (docs/guide/train.md)",
    )  # fmt: skip
    parser.add_argument("--device", help="auto, cpu, cuda, cuda:1, … (default: auto, CUDA where there is one)")
    parser.add_argument(
        "--passes", "--epochs", type=int, metavar="N",
        help="how often the people are gone through, within the bounds of the key samples (default: 28)",
    )  # fmt: skip
    parser.add_argument("--batch", type=int, metavar="N", help="crops in a step (default: 8)")
    parser.add_argument(
        "--lr", type=float, metavar="RATE",
        help="relative: how far a weight moves in a step, as a share of its layer's typical weight (default: 0.001)",
    )  # fmt: skip
    parser.add_argument("--replay", metavar="FOLDER", help="unlabelled images of other people, against forgetting")
    parser.add_argument(
        "--synthetic", type=int, metavar="N",
        help="mix in the people of N rendered pictures, to learn depth (z, world landmarks) from",
    )  # fmt: skip
    parser.add_argument("--seed", type=int, help="of all that is random (default: 0)")
    parser.add_argument("--config", metavar="FILE", help="a YAML file over the defaults")
    parser.add_argument(
        "--set", dest="assignments", metavar="KEY=VALUE", action="append", default=[], help="one key, as a.b=c"
    )
    parser.add_argument(
        "--trust-labels", action="store_true", help="train although all labels contradict the base network"
    )
    parser.add_argument(
        "--log", choices=("mlflow", "wandb", "tensorboard"), action="append", default=[],
        help="tell this service of the run as well, whose package must be installed; can be repeated",
    )  # fmt: skip
    parser.add_argument("--resume", action="store_true", help="go on with the run in --out")
    add_json(parser)
    parser.add_argument("--show-config", action="store_true", help="print the commented default configuration and end")


def run(args: argparse.Namespace) -> int:
    if args.detector or args.method == "detector":
        return _detector(args)
    if args.partial:
        raise PosetuneError("--partial goes with --detector.")
    if args.show_config:
        print(files("posetune.tune").joinpath("train.yaml").read_text(encoding="utf-8"), end="")
        own = METHODS[args.method or "full"].defaults
        if own:
            print("\n" + files("posetune.tune.methods").joinpath(own).read_text(encoding="utf-8"), end="")
        return 0
    if args.devices is not None and args.devices != 1:
        return _on_devices(args)
    if args.method == "head" and args.trainable is not None:
        raise PosetuneError("--method head goes deeper by stages; say which with --set 'head.stages=[head, tail]'.")
    from posetune.tune.run import TrainResult
    from posetune.tune.train import train

    assignments = list(args.assignments)
    if args.replay is not None:
        assignments.insert(0, f"replay.folder={json.dumps(args.replay)}")
    if args.trust_labels:
        assignments.insert(0, "trust_labels=true")
    if args.use_prelabels:
        assignments.insert(0, "use_prelabels=true")
    if args.synthetic is not None:
        assignments.insert(0, f"replay.synthetic={args.synthetic}")
    keys: dict[str, Any] = {key: getattr(args, key) for key in _KEYS}
    result = train(
        args.data, args.base, args.out, config=args.config, assignments=assignments, resume=args.resume,
        report=to_terminal(), callbacks=args.log, **keys,
    )  # fmt: skip
    if int(os.environ.get("RANK", "0")) == 0:  # of several processes the first tells of the run
        if args.json is not None:
            args.json.write(result.to_json())
        print(_words(result) if isinstance(result, TrainResult) else _found(result))
    return 130 if result.interrupted else 0


def _on_devices(args: argparse.Namespace) -> int:
    from posetune.tune.launch import launch, this_command
    from posetune.tune.ranks import started

    if args.devices < 1:
        raise PosetuneError(f"--devices wants the number of processes to train with, not {args.devices}.")
    if args.method == "corrector":
        raise PosetuneError("A corrector is trained in seconds, by one process: leave out --devices.")
    if started():
        raise PosetuneError("torchrun has started the processes of this run already: leave out --devices.")
    return launch(this_command(sys.argv[1:]), args.devices, to_terminal().say)


def _detector(args: argparse.Namespace) -> int:
    from posetune.tune.callbacks import usual
    from posetune.tune.detector.config import default_text, load_detector_config
    from posetune.tune.detector.train import train_detector
    from posetune.tune.ranks import started
    from posetune.tune.run import Start

    if (args.devices is not None and args.devices != 1) or started():
        raise PosetuneError("A detector is trained by one process: leave out --devices and torchrun.")
    if args.show_config:
        print(default_text(), end="")
        return 0
    landmarks_only = {
        "--method": args.method not in (None, "detector"), "--unlabelled": args.unlabelled, "--teacher": args.teacher,
        "--use-prelabels": args.use_prelabels, "--size": args.size, "--synthetic": args.synthetic, "--passes": args.passes,
    }  # fmt: skip
    for option, given in landmarks_only.items():
        if given:
            raise PosetuneError(f"{option} is for landmark networks; leave it out with --detector.")
    config = own_config(args.out) if args.resume and args.config is None else args.config
    names = ("data", "base", "out", "train_split", "val_split", "trainable", "seed", "device", "batch", "lr")
    overrides = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    assignments = list(args.assignments)
    if args.replay is not None:
        assignments.insert(0, f"replay.folder={json.dumps(args.replay)}")
    if args.partial:
        assignments.insert(0, "others=ignore")
    result = train_detector(
        load_detector_config(config, overrides, assignments), Start(args.resume, to_terminal(), usual(args.log))
    )
    if args.json is not None:
        args.json.write(result.to_json())
    print(_found(result))
    return 130 if result.interrupted else 0


def _found(result: DetectorResult) -> str:
    before, after = result.base, result.tuned
    lines = [
        f"{result.detector}: finds {after.found} of {after.labelled} people on validation (base {before.found}), "
        f"{after.duplicates} twice (base {before.duplicates}), {after.false} where nobody is (base {before.false})"
    ]
    if after.found and before.found:
        lines.append(
            f"its crops are {after.side:.2f} of the labels' side, {after.centre:.3f} sides off, {after.angle_deg:.0f}° turned "
            f"(base {before.side:.2f}, {before.centre:.3f}, {before.angle_deg:.0f}°)"
        )
    if result.fit is not None:
        lines.append(str(result.fit))
    run = shlex.quote(str(result.run))
    if result.interrupted:
        lines.append(f"next: posetune train --detector --resume --out {run} goes on")
    else:
        lines.append(
            f"next: posetune eval full --detector {run} --data {_data(result.run)} / "
            f"posetune export full --detector {run} --out pose.task"
        )
    return "\n".join(lines)


def _words(result: TrainResult) -> str:
    before = "the base has none of these points" if result.base_px != result.base_px else f"before {result.base_px:.2f}"
    lines = [f"{result.model}: validation error {result.tuned_px:.2f} crop px, {before}"]
    run, data = shlex.quote(str(result.run)), _data(result.run)
    if result.interrupted:
        lines.append(f"next: posetune train --resume --out {run} goes on")
    else:
        export = f" / posetune export {run} --out pose.task" if result.model.name == "model.tflite" else ""
        look = f"eval {run} --data {data}" if data else f"agree {run} --unlabelled FOLDER"
        lines.append(f"next: posetune {look}{export}")
    return "\n".join(lines)


def _data(run: Path) -> str:
    """The run's labelled set, as a shell takes it; nothing where it learnt without labels."""
    config: dict[str, Any] = yaml.safe_load(own_config(run).read_text(encoding="utf-8"))
    return shlex.quote(config["data"]) if config.get("data") else ""
