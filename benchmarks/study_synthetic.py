"""Do rendered people help on real photographs? Tunes `full` on real labels, on rendered ones, and on both.

    python benchmarks/study_synthetic.py NAME=DIR[:SPLIT,SPLIT]… [--counts 50,200,all] [--kinds real,both,depth]
        [--steps 240] [--synthetic 400] [--general DIR:SPLIT] [--json FILE]

Every DIR has a split ``train``; the tuned networks are measured by the crop protocol on SPLIT (default val). Every network
takes the same number of steps by the defaults of ``posetune train`` (the whole of the tuned weights, heatmaps as they are):
``real``: so many images of train; ``both``: the same with ``--synthetic N`` and ``replay.synthetic_points``, rendered people
as a part of the replayed quarter, with all their labels; ``depth``: the same, but of the rendered people z and world
landmarks alone are learnt, which is what ``--synthetic`` does by itself; ``synthetic``: rendered people with their exact
labels alone. Results are kept in FILE as they come: a stopped study goes on.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch

from posetune import stock
from posetune.data.dataset import Dataset, load_dataset
from posetune.data.people import Person
from posetune.files import write_text
from posetune.graph.flatbuffer import Graph
from posetune.graph.torch.network import Network
from posetune.landmarks import COUNT
from posetune.measure.metrics import scorable
from posetune.progress import Reporter, to_terminal
from posetune.sweep.plan import subset
from posetune.tune.config import TrainConfig, load_config
from posetune.tune.crop_protocol import in_torch
from posetune.tune.crop_protocol import measured as measured_errors
from posetune.tune.people.batches import BatchMaker, BatchPlan, Revisited, ahead
from posetune.tune.people.labelled import trainable_people, training_subjects
from posetune.tune.people.replay import replay_subjects
from posetune.tune.people.samples import ImageCache, Subject, subject_of
from posetune.tune.session import calibration
from posetune.tune.training.trainer import Trainer

BASE = "full"


def measured(spec: str) -> list[Subject]:
    """The people of ``DIR:SPLIT,SPLIT`` whom the crop protocol scores."""
    folder, _, splits = spec.partition(":")
    people: list[Person] = []
    for split in (splits or "val").split(","):
        people += [p for p in load_dataset(folder, split).usable if scorable(p)]
    return [subject_of(p) for p in people]


class Study:
    def __init__(self, steps: int, pictures: int) -> None:
        self.steps, self.pictures = steps, pictures
        self.networks = stock.resolve(BASE)
        self.cache, self.device = ImageCache(1500), torch.device("cpu")
        # Trust in the labels does not depend on how many of them are used: looked at once for each set.
        self.trusted: dict[str, tuple[Dataset, list[Subject]]] = {}

    def config(self, kind: str) -> TrainConfig:
        rendered = self.pictures if kind in ("both", "depth") else 0
        settings = [f"replay.synthetic={rendered}", f"replay.synthetic_points={'true' if kind == 'both' else 'false'}"]
        return load_config(None, {"data": "-", "out": "-", "base": BASE}, settings)

    def real(self, folder: str, count: int | None) -> list[Subject]:
        if folder not in self.trusted:
            dataset = load_dataset(folder, "train")
            subjects = training_subjects(dataset, self.networks, self.config("real"), to_terminal())
            self.trusted[folder] = dataset, subjects
        dataset, subjects = self.trusted[folder]
        kept = {id(p) for p in trainable_people(subset(dataset, count, 0))}
        return [s for p, s in zip(trainable_people(dataset), subjects, strict=True) if id(p) in kept]

    def rendered(self) -> list[Subject]:
        """The same rendered people that ``--synthetic`` mixes in, wholly trusted."""
        config = self.config("both")
        with_them = replay_subjects(config, self.networks, COUNT, Reporter())
        return [s for s in with_them if s.weight.any()]

    def tuned(self, subjects: Sequence[Subject], kind: str, typical: float) -> Trainer:
        config = self.config(kind)
        replay = replay_subjects(config, self.networks, typical, Reporter())
        plan = BatchPlan(config.batch, config.replay.share, 256, config.augment, config.seed)
        batches = BatchMaker(subjects, replay, plan, self.cache)
        trainer = Trainer(Graph(self.networks.landmarks), config, calibration(batches), self.device)
        for batch in ahead(Revisited(batches, config.visits, config.batch), 0, self.steps):
            trainer.step(batch, self.steps)
        return trainer

    def errors(self, trainer: Trainer, people: Sequence[Subject]) -> tuple[float, float]:
        """Mean crop px: stock, tuned."""

        def error(network: Network) -> float:
            return float(measured_errors(in_torch(network, self.device), people, self.cache, trainer.pool).mean_px)

        before = error(trainer.stock)
        with trainer.averaged() as tuned:
            return before, error(tuned)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="+", metavar="NAME=DIR[:SPLIT,SPLIT]")
    parser.add_argument("--counts", default="50,200,all")
    parser.add_argument("--kinds", default="real,both,depth")
    parser.add_argument("--steps", type=int, default=240)
    parser.add_argument("--synthetic", type=int, default=400)
    parser.add_argument("--general", metavar="DIR:SPLIT")
    parser.add_argument("--json", type=Path, default=Path("study_synthetic.json"))
    args = parser.parse_args()
    sets = dict(s.split("=", 1) for s in args.sets)
    counts = [None if c == "all" else int(c) for c in args.counts.split(",")]
    study = Study(args.steps, args.synthetic)
    rows = json.loads(args.json.read_text()) if args.json.exists() else []

    def note(images: int | str, kind: str, trainer: Trainer, seen_on: Sequence[str]) -> None:
        general = measured(args.general) if args.general else []
        for which in seen_on:
            people = measured(sets[which])
            row = {"set": which, "images": images, "kind": kind}
            row["stock_px"], row["px"] = study.errors(trainer, people)
            if general:
                row["general_stock_px"], row["general_px"] = study.errors(trainer, general)
            rows.append(row)
            print("{set:14} {images:>4} {kind:9} {stock_px:6.2f} → {px:6.2f}".format(**row), flush=True)
        write_text(args.json, json.dumps(rows, indent=1))

    def done(name: str, images: int | str, kind: str) -> bool:
        return any((r["set"], r["images"], r["kind"]) == (name, images, kind) for r in rows)

    begun = time.monotonic()
    if not all(done(name, 0, "synthetic") for name in sets):
        note(0, "synthetic", study.tuned(study.rendered(), "real", COUNT), list(sets))
    for name, spec in sets.items():
        for count in counts:
            for kind in args.kinds.split(","):
                images = "all" if count is None else count
                if done(name, images, kind):
                    continue
                subjects = study.real(spec.partition(":")[0], count)
                typical = float(np.mean([s.weight.sum() for s in subjects]))
                note(images, kind, study.tuned(subjects, kind, typical), [name])
    print(f"{(time.monotonic() - begun) / 60:.0f} minutes")


if __name__ == "__main__":
    main()
