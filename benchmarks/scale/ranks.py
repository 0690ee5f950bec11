"""Losses of the same run by one process and by several, step by step.

    python benchmarks/scale/ranks.py SET --steps 50 --batch 32 --devices 2
    python benchmarks/scale/ranks.py SET --rounding --precision float64

Prints the largest difference; ``--precision fp32`` trains weights that are not rounded to 16 bits while they are used.
``--rounding``: two runs of one process instead, of which the second adds the gradients of its parts up backwards: what rounding
alone makes of a run. With ``--precision float64`` both compute in double precision.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path

from posetune.tune.launch import launch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--devices", type=int, default=2)
    parser.add_argument("--precision", choices=("fp16", "fp32", "float64"), default="fp16")
    parser.add_argument("--rounding", action="store_true")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    parser.add_argument("--backwards", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        return train(args)
    if args.precision == "float64" and not args.rounding:
        parser.error("--precision float64 goes with --rounding: nobody trains several processes in it")
    other = (1, ["--backwards"]) if args.rounding else (args.devices, [])
    losses = []
    with tempfile.TemporaryDirectory(prefix="ranks-") as place:
        for name, (devices, options) in (("first", (1, [])), ("second", other)):
            out, began = f"{place}/{name}", time.monotonic()
            command = [sys.executable, __file__, args.data, "--steps", str(args.steps), "--batch", str(args.batch)]
            command += ["--precision", args.precision, "--worker", out, *options]
            assert launch(command, devices, print) == 0
            losses.append(json.loads(Path(f"{out}.json").read_text()))
            print(
                f"{devices} × {args.batch // devices} {' '.join(options)}: {time.monotonic() - began:.0f} s", flush=True
            )
    pairs = list(zip(*losses, strict=True))
    apart = [abs(a - b) for a, b in pairs]
    worst = max(range(len(apart)), key=apart.__getitem__)
    print(" ".join(f"{a:.1e}" for a in apart))
    print(
        f"{args.precision}: {len(pairs)} steps, losses {pairs[0][0]:.4f} → {pairs[-1][0]:.4f}, largest difference "
        f"{max(apart):.2e} at step {worst + 1}, mean {sum(apart) / len(apart):.2e}"
    )


def train(args: argparse.Namespace) -> None:
    import posetune
    from posetune.progress import Reporter
    from posetune.tune.training import division
    from posetune.tune.training.trainer import Trainer

    losses: list[float] = []
    step = Trainer.step

    def noted(self, batch, total):
        if args.precision == "float64" and not losses:
            in_double(self)
        parts = step(self, batch, total)
        losses.append(parts["loss"])
        if (
            args.precision == "float64" and len(losses) == args.steps
        ):  # a network in double has no file to be written to
            Path(f"{args.worker}.json").write_text(json.dumps(losses))
            os._exit(0)
        return parts

    Trainer.step = noted
    if args.backwards:
        forwards = division.sum_scaled
        import posetune.tune.ranks

        posetune.tune.ranks.sum_scaled = lambda tensors, scales: forwards(tensors[::-1], scales[::-1])
    samples = args.steps * args.batch
    assignments = [
        f"samples=[{samples},{samples}]",
        f"batch={args.batch}",
        "validations=1",
        "replay.sample_set=false",
        "threads=1",
    ]
    assignments += ["replay.surroundings=0", "suspects=false", "passes=1", "blend=1", "heatmap_bias=0"]
    assignments += [f"weight_precision={'fp16' if args.precision == 'fp16' else 'fp32'}"]
    posetune.train(args.data, "lite", args.worker, assignments=assignments, report=Reporter())
    Path(f"{args.worker}.json").write_text(json.dumps(losses))


def in_double(trainer) -> None:
    import torch

    from posetune.graph.torch.network import Network
    from posetune.tune.training.trainer import merged, parameter_groups

    trainer.network.double()
    trainer.stock.double()
    groups = [group for _, module in trainer.modules() for group in parameter_groups(module)]
    trainer.parameters = [group["params"][0] for group in groups]
    trainer.optimizer = torch.optim.Adam(merged(groups), betas=(0.9, 0.99), fused=True)
    trainer.average = [p.detach().clone() for p in trainer.parameters]
    begin = Network.begin
    Network.begin = lambda self, x, outputs, stem: begin(self, x.double(), outputs, stem)


if __name__ == "__main__":
    main()
