"""``posetune export RUN|NAME|FILE --out FILE`` or ``--web DIR``."""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import asdict
from pathlib import Path

from posetune.cli.common import add_json
from posetune.errors import PosetuneError
from posetune.progress import to_terminal


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="MODEL", help="a run folder, lite, full, heavy, a .tflite or a .task")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--out", metavar="FILE", help="FILE.task for MediaPipe Tasks, or FILE.tflite")
    where.add_argument(
        "--web", metavar="DIR", type=Path, help="a static folder that runs the .task in the browser, without a server: pictures "
        "and camera (docs/guide/on-device.md); MediaPipe for the web is taken from node_modules here or by npm",
    )  # fmt: skip
    parser.add_argument(
        "--precision",
        choices=("stored", "fp16", "fp32"),
        default="stored",
        help="keep the constants as they are stored (float16 in stock networks), or store them as float16 or float32",
    )
    parser.add_argument(
        "--cheap-mask",
        action="store_true",
        help="a rougher segmentation mask at next to no cost, landmarks identical: MediaPipe then runs half again as "
        "fast (docs/guide/export.md)",
    )
    parser.add_argument(
        "--detector", metavar="D", help="what finds the people: stock, many, a run of train --detector, a detector's "
        ".tflite, a .task (default: the model's own)",
    )  # fmt: skip
    parser.add_argument(
        "--dense-detector", action="store_true", help="store the detector's sparse weights dense: twice its size, no slower, and "
        "right on WebGPU, where sparse ones are not understood",
    )  # fmt: skip
    add_json(parser, "what was written")
    group = parser.add_argument_group("int8")
    group.add_argument(
        "--int8", action="store_true", help="compute in int8 where the error allows it (docs/guide/int8.md)"
    )
    group.add_argument(
        "--calibrate",
        metavar="DIR",
        type=Path,
        help="a data set folder, or a folder of unlabelled images of your own footage, to fit and measure int8 on",
    )
    group.add_argument(
        "--max-error-increase",
        metavar="2%",
        type=_share,
        help="write the fastest network, float or int8, that errs at most so much more than the float network "
        "(with --int8 alone: 2%%, and int8 it is)",
    )
    group.add_argument(
        "--smaller",
        metavar="RUN",
        action="append",
        default=[],
        help="a run tuned at 192 or 224 px, to be measured and chosen among as well; may be given twice",
    )
    group.add_argument(
        "--minutes",
        type=float,
        metavar="N",
        help="how long the network may learn to bear int8 (quantization-aware training); default 4, 0 for none",
    )
    group.add_argument("--threads", type=int, metavar="N", help="threads for the times in the table (default: all)")
    group.add_argument("--seed", type=int, default=0, help="seed of everything random (default 0)")


def run(args: argparse.Namespace) -> int:
    if args.web is not None:
        return _run_web(args)
    return _run_file(args, Path(args.out), Path(args.out))


def _run_web(args: argparse.Namespace) -> int:
    """A bundle as any other, and a folder around it; what can fail early fails before minutes of int8."""
    from posetune import stock
    from posetune.coach.errors import of_network
    from posetune.export.web import folder
    from posetune.graph import bundle
    from posetune.stock import cache, tasks_vision

    folder.checked(args.web)
    name = stock.resolve(args.model).name
    package = tasks_vision.files()
    with tempfile.TemporaryDirectory(prefix="posetune-") as beside:
        made = Path(beside) / folder.BUNDLE
        _run_file(args, made, args.web / folder.BUNDLE)
        task = made.read_bytes()
    landmarks = bundle.unpack(task, folder.BUNDLE).landmarks
    network = folder.NetworkName(name, cache.sha256(landmarks))
    total = folder.write(args.web, task, network, package, of_network(args.model)[0])
    print(f"{args.web}: {total / 1e6:.0f} MB; python -m http.server --directory {args.web}, then http://localhost:8000")
    return 0


def _run_file(args: argparse.Namespace, out: Path, told: Path) -> int:
    """Write ``out``; ``told``: where it will be in the end, for what is said."""
    from posetune.export.cheap_mask import GOOD_IOU
    from posetune.export.file import export

    if args.int8 or args.max_error_increase is not None:
        if args.cheap_mask:
            raise PosetuneError("--cheap-mask does not go with int8; export float, or leave it out.")
        if args.detector is not None or args.dense_detector:
            raise PosetuneError(
                "--detector and --dense-detector do not go with int8 yet; export float, or leave them out."
            )
        return _run_int8(args, out, told)
    if args.calibrate or args.smaller or args.minutes is not None:
        raise PosetuneError("--calibrate, --smaller and --minutes go with --int8 or --max-error-increase; add one.")
    done = export(
        args.model,
        out,
        args.precision,
        cheap_mask=args.cheap_mask,
        detector=args.detector,
        dense_detector=args.dense_detector,
    )
    if args.json is not None:
        report = {"path": str(told), "bytes": done.bytes, "differences": done.differences}
        report |= {} if done.mask_iou is None else {"mask_iou": done.mask_iou}
        args.json.write(report)
    # A network with points of its own is no landmark network for MediaPipe, and the doctor says so.
    passes = "for posetune's own runtime" if "outputs" in done.differences else "passes posetune doctor"
    print(f"{told}: {done.bytes / 1e6:.1f} MB, {passes}")
    words = ", ".join(f"{name} {value:.2g}" for name, value in done.differences.items())
    print(f"largest difference from the source network on random input: {words}")
    if done.mask_iou is not None:
        rough = "" if done.mask_iou >= GOOD_IOU else ": rough; leave --cheap-mask out if you need the mask"
        print(f"the cheap mask covers the stock one with an IoU of {done.mask_iou:.2f} on rendered people{rough}")
    return 0


def _run_int8(args: argparse.Namespace, out: Path, told: Path) -> int:
    from posetune.export.int8 import export_int8
    from posetune.export.int8.measure import table

    if args.calibrate is None:
        raise PosetuneError("int8 is fitted and measured on images: add --calibrate DIR with some of your own footage.")
    if args.precision != "stored":
        raise PosetuneError("--precision says how a float network is stored; leave it out with int8.")

    def show(found: export_int8.TradeOff) -> None:
        print("\n".join(table(found.rows, found.labelled, found.chosen)))
        if not args.smaller:
            print("  (--smaller RUN adds the same four forms of a run tuned with --size 192)")

    done = export_int8.export(
        args.model,
        out,
        export_int8.request(args.calibrate, args.int8, args.max_error_increase, args.minutes, args.threads, args.seed),
        smaller=args.smaller,
        report=to_terminal(),
        show=show,
    )
    if args.json is not None:
        rows = [asdict(row) for row in done.found.rows]
        report = {
            "path": str(told),
            "bytes": done.bytes,
            "chosen": done.found.chosen,
            "error": "labels" if done.found.labelled else "distance to the float network",
            "rows": rows,
        }
        args.json.write(report)
    print(f"{told}: {done.found.chosen}, {done.bytes / 1e6:.1f} MB, passes posetune doctor")
    return 0


def _share(text: str) -> float:
    """ "2%" or "0.02" → 0.02."""
    try:
        value = float(text.strip().removesuffix("%")) / (100 if text.strip().endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text} is no share; write 2% or 0.02")
    return value
