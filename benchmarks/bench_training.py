"""Images per second of training, and where the time goes.

    python benchmarks/bench_training.py [--bases lite,full,heavy] [--batch 16] [--steps 4] [--json FILE]

Every row is measured beside the naive loop in the same run, in turns, so that the ratio holds on a noisy machine. The naive
loop is what one would write first: every layer trained, batch norm as layers of its own, stock's answer by a second full
network, samples prepared between the steps, torch's own threads, depthwise backward and 1×1 convolutions.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from pathlib import Path

import numpy as np
import torch

from posetune import stock
from posetune.data.people import ImageRecord
from posetune.geometry import Crop
from posetune.graph.flatbuffer import Graph
from posetune.graph.torch import depthwise
from posetune.graph.torch.convolution import Convolution
from posetune.graph.torch.network import Network
from posetune.tune.config import load_config
from posetune.tune.people.augment import AugmentConfig
from posetune.tune.people.batches import BatchMaker, BatchPlan, ahead
from posetune.tune.people.samples import Batch, ImageCache, Subject
from posetune.tune.training.losses import OUTPUTS, Prediction, losses
from posetune.tune.training.trainer import Trainer


class Pictures(ImageCache):
    """Noise instead of photos: decoding is cached in real runs as well."""

    picture = np.random.default_rng(0).integers(0, 255, (480, 400, 3), dtype=np.uint8)

    def read(self, record: ImageRecord) -> np.ndarray:
        return self.picture


def batches(batch: int) -> BatchMaker:
    rng = np.random.default_rng(0)
    one = Subject(
        ImageRecord(1, Path("noise"), 400, 480, "g"),
        Crop(200, 240, 400),
        rng.uniform(50, 350, (33, 2)),
        np.ones(33, np.float32),
        np.full(33, np.nan, np.float32),
    )
    return BatchMaker([one] * 64, [], BatchPlan(batch, 0.0, 256, AugmentConfig(), 0), Pictures())


class Naive:
    """The loop one would write first."""

    def __init__(self, graph: Graph, maker: BatchMaker) -> None:
        self.network, self.stock = Network(graph), Network(graph).requires_grad_(False)
        self.norms = {}
        for name in self.network.convolutions_for(OUTPUTS):
            module = self.network.get_submodule(name)
            self.norms[name] = torch.nn.BatchNorm2d(module.weight.shape[0])
            module.activate = self._with_norm(name, module)
            module.pointwise = False
        parameters = [*self.network.parameters(), *(p for n in self.norms.values() for p in n.parameters())]
        self.optimizer = torch.optim.Adam(parameters, lr=1e-6)
        self.maker, self.config = maker, load_config(None, {"data": "-", "out": "-"})

    def _with_norm(self, name: str, module: Convolution):
        plain = type(module).activate
        return lambda y: plain(module, self.norms[name](y))

    def step(self, number: int) -> None:
        batch = self.maker(number)
        with torch.no_grad():
            held = Prediction.of(self.stock(batch.images, OUTPUTS))
        predicted = Prediction.of(self.network(batch.images, OUTPUTS))
        parts = losses(predicted, held, batch.targets, 256, self.config.loss)
        self.optimizer.zero_grad(set_to_none=True)
        torch.stack(list(parts.values())).sum().backward()
        self.optimizer.step()


def ours(graph: Graph, maker: BatchMaker, trainable: str) -> tuple[Trainer, object]:
    config = load_config(None, {"data": "-", "out": "-", "trainable": trainable})
    trainer = Trainer(graph, config, [maker(0).images], torch.device("cpu"))
    return trainer, ahead(maker, 0, 10_000)


def measure(base: str, batch: int, steps: int) -> list[dict[str, object]]:
    graph, maker = Graph(stock.resolve(base).landmarks), batches(batch)
    naive = Naive(graph, maker)
    systems = {name: ours(graph, maker, name) for name in ("head", "tail", "all")}
    times: dict[str, list[float]] = {"naive": [], **{name: [] for name in systems}}
    fast = depthwise._compiled
    for round_ in range(steps + 1):  # the first round warms up
        for name in times:
            if name == "naive":
                depthwise._compiled = lambda: None
                begun = time.perf_counter()
                naive.step(round_)
            else:
                depthwise._compiled = fast
                trainer, source = systems[name]
                item: Batch = next(source)
                begun = time.perf_counter()
                trainer.step(item, 1000)
            if round_:
                times[name].append(time.perf_counter() - begun)
    depthwise._compiled = fast
    slow = statistics.median(times["naive"])
    return [
        {
            "base": base,
            "trained": name,
            "images_per_second": batch / statistics.median(seconds),
            "times_naive": slow / statistics.median(seconds),
        }
        for name, seconds in times.items()
    ]


def where_time_goes(base: str, batch: int) -> list[tuple[str, float]]:
    """Shares of the own CPU time of forward and backward pass by kind of operation, on one thread."""
    trainer, source = ours(Graph(stock.resolve(base).landmarks), batches(batch), "tail")
    trainer.step(next(source), 1000)
    with (
        torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile,
        trainer._folded_once() as leaves,
    ):
        batch = next(source)  # in this thread: the profiler does not look into a pool
        trainer._gradients(batch, trainer.begin(batch.images), leaves)
    rows = [(row.key, row.self_cpu_time_total) for row in profile.key_averages()]
    total = sum(t for _, t in rows)
    return sorted(((k, t / total) for k, t in rows), key=lambda r: -r[1])[:10]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--bases", default="lite,full,heavy")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=4)
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    rows = [row for base in args.bases.split(",") for row in measure(base, args.batch, args.steps)]
    for row in rows:
        print("{base:6} {trained:6} {images_per_second:6.1f} images/s  {times_naive:5.2f} × naive".format(**row))
    print("\nWhere the time of a step goes (full, tail, own CPU time):")
    for name, share in where_time_goes("full", args.batch):
        print(f"  {share:5.1%}  {name}")
    if args.json:
        args.json.write_text(json.dumps({"threads": torch.get_num_threads(), "rows": rows}, indent=2) + "\n")


if __name__ == "__main__":
    main()
