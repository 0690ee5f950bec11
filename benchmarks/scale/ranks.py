"""Losses of the same run by one process and by several, step by step.

    python benchmarks/scale/ranks.py SET --steps 50 --batch 32 --devices 2

Prints the largest difference; ``--precision fp32`` trains weights that are not rounded to 16 bits while they are used.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from pathlib import Path

from posetune.tune.launch import launch


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--devices", type=int, default=2)
    parser.add_argument("--precision", default="fp16")
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        return train(args)
    with tempfile.TemporaryDirectory(prefix="ranks-") as place:
        losses = {}
        for devices in (1, args.devices):
            out, began = f"{place}/{devices}", time.monotonic()
            command = [sys.executable, __file__, args.data, "--steps", str(args.steps), "--batch", str(args.batch)]
            command += ["--precision", args.precision, "--worker", out]
            assert launch(command, devices, print) == 0
            losses[devices] = json.loads(Path(f"{out}.json").read_text())
            print(f"{devices} × {args.batch // devices}: {time.monotonic() - began:.0f} s", flush=True)
    pairs = list(zip(losses[1], losses[args.devices], strict=True))
    apart = [abs(a - b) for a, b in pairs]
    worst = max(range(len(apart)), key=apart.__getitem__)
    print(
        f"{args.precision}: {len(pairs)} steps, losses {pairs[0][0]:.4f} → {pairs[-1][0]:.4f}, largest difference "
        f"{max(apart):.2e} at step {worst + 1}, mean {sum(apart) / len(apart):.2e}"
    )


def train(args: argparse.Namespace) -> None:
    import posetune
    from posetune.progress import Reporter
    from posetune.tune.training.trainer import Trainer

    losses: list[float] = []
    step = Trainer.step

    def noted(self, batch, total):
        parts = step(self, batch, total)
        losses.append(parts["loss"])
        return parts

    Trainer.step = noted
    samples = args.steps * args.batch
    assignments = [
        f"samples=[{samples},{samples}]",
        f"batch={args.batch}",
        "validations=1",
        "replay.sample_set=false",
        "threads=1",
    ]
    assignments += ["replay.surroundings=0", "suspects=false", "passes=1", "blend=1", "heatmap_bias=0"]
    assignments += [f"weight_precision={args.precision}"]
    posetune.train(args.data, "lite", args.worker, assignments=assignments, report=Reporter())
    Path(f"{args.worker}.json").write_text(json.dumps(losses))


if __name__ == "__main__":
    main()
