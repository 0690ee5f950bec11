"""``posetune export RUN|NAME|FILE --out FILE``."""

from __future__ import annotations

import argparse
import json

HELP = "write a tuned network as .tflite or .task"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a run folder, lite, full, heavy, a .tflite or a .task")
    parser.add_argument("--out", required=True, metavar="FILE", help="FILE.task for MediaPipe Tasks, or FILE.tflite")
    parser.add_argument(
        "--precision",
        choices=("stored", "fp32"),
        default="stored",
        help="keep the constants as they are stored (float16 in stock networks), or widen them to float32",
    )
    parser.add_argument("--json", action="store_true", help="print what was written as JSON")


def run(args: argparse.Namespace) -> int:
    from posetune.tune.export import export

    done = export(args.model, args.out, args.precision)
    if args.json:
        report = {"path": str(done.path), "bytes": done.bytes, "differences": done.differences}
        print(json.dumps(report, indent=2))
        return 0
    print(f"{done.path}: {done.bytes / 1e6:.1f} MB, passes posetune doctor")
    words = ", ".join(f"{name} {value:.2g}" for name, value in done.differences.items())
    print(f"largest difference from the source network on random input: {words}")
    return 0
