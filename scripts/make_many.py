"""Make "many", the detector for everyone, out of rendered pictures alone, and put it into the package.

    python scripts/make_many.py render WORK
    python scripts/make_many.py train WORK --name a [--sets sample,crowd,wide] [--resume] [--set key=value …]
    python scripts/make_many.py ship WORK WORK/a WORK/b … [--scale 1.1] [--bias -0.2]

render: crowds, wide views and places without anybody, to learn from and to choose on, beside the sample set.
train: one run of ``posetune train --detector`` on them, from the stock detector; which runs were made for the file that is shipped
stands in docs/lab/results/detector.md.
ship: the mean of the runs' weights, which finds more people and says less where nobody is than any one of them; --scale: of the
circle, --box: what merges, --bias: added to the logits, --surer-in-tiles: kept beside the file; all chosen by measuring. Writes
src/posetune/stock/assets/many.tflite and, beside it, many.json: what it was made of. Only rendered pictures may go into it: it
is published.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import torch

from posetune._version import __version__
from posetune.files import write_bytes, write_text
from posetune.graph.flatbuffer import Graph
from posetune.graph.torch.network import Network
from posetune.progress import Reporter
from posetune.stock import cache, detector_of
from posetune.synthetic.generate import Order, generate
from posetune.synthetic.sample import write_sample
from posetune.tune.callbacks import usual
from posetune.tune.detector.config import load_detector_config
from posetune.tune.detector.targets import ALIVE, BOX
from posetune.tune.detector.train import train_detector
from posetune.tune.detector.trainer import heads_of, with_circle_scaled, with_fixed_box, with_score_bias
from posetune.tune.run import Start

ASSETS = Path(__file__).parents[1] / "src/posetune/stock/assets"
#: Name → the pictures' folder below WORK, and its splits to learn from.
SETS = {
    "sample": ("sample", ("train", "test", "ordinary_train")),
    "crowd": ("crowd", ("crowd", "nobody")),
    "wide": ("wide", ("wide", "empty")),
}
LOOKED_AT = (("sample", ("val",)), ("crowd-val", ("crowd", "nobody")), ("wide-val", ("empty",)))
#: Folder, split, people in a picture, pictures, seed.
CROWDS = (
    ("crowd-val", "crowd", (1, 14), 60, 13), ("crowd-val", "nobody", (0, 0), 60, 14),
    ("crowd", "crowd", (1, 14), 480, 11), ("crowd", "nobody", (0, 0), 320, 12),
)  # fmt: skip
WIDE = (("wide-val", 24, 2001), ("wide", 90, 1001))
#: Beside the defaults. The result is scaled and shifted once, when runs are put together.
SETTINGS = {
    "others": "nobody", "ema": 0.995, "kept": 600, "circle_scale": 1.0, "score_bias": 0.0, "patience": 0,
    "replay": {"share": 0.25},
    "sample": {
        "whole": 0.35, "mosaic": 0.2, "empty": 0.1, "most_cells": 5, "rotation_deg": 8.0, "blur": 0.3, "noise": 0.3, "jpeg": 0.3,
    },
}  # fmt: skip


def render(work: Path) -> None:
    write_sample(work / "sample")
    for folder, split, people, count, seed in CROWDS:
        generate(Order(("crowd",), count, 640, seed, split, crowd=people), work / folder)
    for folder, count, seed in WIDE:
        script = Path(__file__).with_name("make_wide_views.py")
        subprocess.run([sys.executable, script, work / folder, "--n", str(count), "--seed", str(seed)], check=True)


def gather(work: Path, sources: list[tuple[str, tuple[str, ...]]], out: Path, name: str) -> None:
    """One split out of several; images are copied under names that tell where they are from."""
    merged: dict[str, Any] = {"images": [], "annotations": []}
    for folder, split in [(work / folder, split) for folder, splits in sources for split in splits]:
        content = json.loads((folder / "annotations" / f"{split}.json").read_text(encoding="utf-8"))
        merged["categories"] = content["categories"]
        place = {image["id"]: len(merged["images"]) + n for n, image in enumerate(content["images"], 1)}
        for image in content["images"]:
            file = f"{folder.name}-{split}-{image['file_name']}"
            (out / "images").mkdir(parents=True, exist_ok=True)
            if not (out / "images" / file).exists():
                shutil.copy(folder / "images" / image["file_name"], out / "images" / file)
            merged["images"].append({**image, "id": place[image["id"]], "file_name": file})
        for row in content["annotations"]:
            merged["annotations"].append(
                {**row, "id": len(merged["annotations"]) + 1, "image_id": place[row["image_id"]]}
            )
    write_text(out / "annotations" / f"{name}.json", json.dumps(merged))


def train(args: argparse.Namespace) -> None:
    data, run = args.work / f"{args.name}-data", args.work / args.name
    gather(args.work, [SETS[name] for name in args.sets.split(",")], data, "train")
    gather(args.work, list(LOOKED_AT), data, "val")
    given = {**SETTINGS, "data": str(data), "out": str(run), "threads": args.threads}
    start = Start(args.resume, Reporter(lambda text: print(text, flush=True)), usual(()))
    train_detector(load_detector_config(None, given, args.assignments), start)


@torch.no_grad()
def with_box(network: Network, side: float) -> Network:
    """The same network, whose boxes are ``side`` px of 224 wide: larger ones merge more."""
    network = with_fixed_box(network)
    for cells, module in heads_of(network)[0].items():
        if cells in ALIVE:
            module.bias[[12 * ALIVE[cells] + 2, 12 * ALIVE[cells] + 3]] = side
    return network


@torch.no_grad()
def ship(args: argparse.Namespace) -> None:
    shares = (
        [float(share) for share in args.shares.split(",")] if args.shares else [1 / len(args.runs)] * len(args.runs)
    )
    networks = [Network(Graph(detector_of(run))) for run in args.runs]
    weights = [dict(network.named_parameters()) for network in networks]
    mean = networks[0]
    for name, weight in mean.named_parameters():
        weight.copy_(sum(share * each[name].clone() for share, each in zip(shares, weights, strict=True)))
    mean = with_score_bias(with_circle_scaled(with_box(mean, args.box), args.scale), args.bias)
    base = detector_of("stock")
    content = mean.write_to(Graph(base)).to_bytes()
    made_of = {
        "what": "MediaPipe Pose's detector (Google LLC, Apache-2.0), changed: trained on for people who are many, small or bent",
        "licence": "Apache-2.0",
        "sha256": cache.sha256(content),
        "base_sha256": cache.sha256(base),
        "posetune": __version__,
        "command": " ".join(["python scripts/make_many.py", *sys.argv[1:]]).replace(str(args.work), "WORK"),
        "learned_from": "pictures rendered by posetune alone: no photograph",
        "runs": [
            {"run": run.name, **json.loads((run / "summary.json").read_text(encoding="utf-8"))} for run in args.runs
        ],
        "chosen": "shares, box, circle and bias, by measuring on real pictures, of which nothing was learned",
        "shares": shares,
        "box_px": args.box,
        "circle_scale": args.scale,
        "score_bias": args.bias,
        "surer_in_tiles": args.surer_in_tiles,
    }
    write_bytes(ASSETS / "many.tflite", content)
    write_text(ASSETS / "many.json", json.dumps(made_of, indent=1) + "\n")
    print(f"{ASSETS / 'many.tflite'}: {len(content)} bytes")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    actions = parser.add_subparsers(dest="action", required=True)
    for action in ("render", "train", "ship"):
        actions.add_parser(action).add_argument("work", type=Path)
    training, shipping = actions.choices["train"], actions.choices["ship"]
    training.add_argument("--name", required=True)
    training.add_argument("--sets", default=",".join(SETS))
    training.add_argument("--threads", type=int)
    training.add_argument("--resume", action="store_true")
    training.add_argument("--set", dest="assignments", action="append", default=[], metavar="KEY=VALUE")
    shipping.add_argument("runs", type=Path, nargs="+")
    shipping.add_argument("--shares", help="of the runs, which make 1, with commas (default: all the same)")
    shipping.add_argument("--box", type=float, default=BOX)
    shipping.add_argument("--scale", type=float, default=1.0)
    shipping.add_argument("--bias", type=float, default=0.0)
    shipping.add_argument("--surer-in-tiles", type=float, default=1.2)
    args = parser.parse_args()
    {"render": lambda a: render(a.work), "train": train, "ship": ship}[args.action](args)


if __name__ == "__main__":
    main()
