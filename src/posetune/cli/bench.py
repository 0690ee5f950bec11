"""``posetune bench [MODEL …]``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from posetune.cli.common import add_json, words

_MODES = ("network", "video", "image", "cold_start")  # measure.bench.MODES, which need not be imported to parse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Every network runs in MediaPipe and in posetune, stock full in posetune at 192 px and in int8 as well. Without --images "
        "and --video it looks at people of posetune's own sample set, 640×480. "
        "docs/reference/speed.md says what each mode measures."
    )
    parser.add_argument("models", nargs="*", metavar="MODEL", help="more networks: run folders, .tflite or .task files")
    parser.add_argument(
        "--stock", default="lite,full,heavy", metavar="NAMES", help="stock networks, with commas (default: %(default)s)"
    )
    parser.add_argument("--modes", default=",".join(_MODES), help="what to measure, with commas (default: %(default)s)")
    parser.add_argument("--images", type=Path, metavar="FOLDER", help="look at these images")
    parser.add_argument("--video", type=Path, metavar="FILE", help="play this video (its first 90 frames)")
    parser.add_argument("--rounds", type=int, default=9, metavar="N", help="rounds per mode (default: %(default)s)")
    parser.add_argument(
        "--threads", type=int, metavar="N", help="posetune's threads (default: all processors, at most 4)"
    )
    parser.add_argument(
        "--backends", default="litert", metavar="NAMES",
        help="what runs posetune's networks: litert, openvino, or both with a comma (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--no-int8", action="store_true", help="leave out stock full in int8, which takes a minute to make"
    )
    parser.add_argument("--no-mediapipe", action="store_true", help="measure posetune alone")
    parser.add_argument("--chart", type=Path, metavar="FILE", help="draw a bar chart: FILE.svg or FILE.png")
    add_json(parser, "the figures")


def run(args: argparse.Namespace) -> int:
    from posetune.backends.base import BACKENDS, default_threads
    from posetune.errors import PosetuneError
    from posetune.measure import bench, bench_setup, bench_show

    modes = words(args.modes)
    unknown = [mode for mode in modes if mode not in bench.MODES]
    if unknown or not modes:
        raise PosetuneError(
            f"There is no mode {', '.join(unknown) or 'to measure'}; there are {', '.join(bench.MODES)}."
        )
    if args.rounds < 1:
        raise PosetuneError(f"--rounds must be at least 1, not {args.rounds}.")
    if args.chart is not None and args.chart.suffix.lower() not in (".svg", ".png"):
        raise PosetuneError(f"Cannot draw {args.chart}: the name must end in .svg or .png.")
    if args.chart is not None and find_spec("matplotlib") is None:
        raise PosetuneError("--chart needs matplotlib: pip install 'posetune[train]', or leave --chart out.")
    names, backends = words(args.stock), words(args.backends)
    wrong = [name for name in backends if name not in BACKENDS]
    if wrong or not backends:
        raise PosetuneError(f"There is no backend {', '.join(wrong) or 'to measure'}; there are {', '.join(BACKENDS)}.")
    int8 = None if args.no_int8 or "full" not in names else _int8()
    contenders = bench_setup.contenders(args.models, not args.no_mediapipe, names, backends, int8)
    with tempfile.TemporaryDirectory(prefix="posetune-bench-") as folder:
        pictures, clip = Path(folder) / "pictures", Path(folder) / "clip"
        report = bench.measure(
            contenders,
            bench_setup.own_pictures(args.images) if args.images else bench_setup.sample_pictures(pictures),
            bench_setup.own_clip(args.video, clip) if args.video else bench_setup.sample_clip(clip),
            modes=modes,
            rounds=args.rounds,
            threads=args.threads or default_threads(),
        )
    if args.json is not None:
        args.json.write(report.to_json())
    if args.chart:
        bench_show.write_chart(report, args.chart)
    print(bench_show.table(report, contenders))
    return 0


def _int8() -> Callable[[bytes], bytes] | None:
    """What makes a network with int8 layers; None, and a word of why, where torch is missing."""
    if find_spec("torch") is None:
        print("Without int8: making it needs torch (pip install 'posetune[train]').", file=sys.stderr)
        return None
    from posetune.export.int8.choose import mixed
    from posetune.graph.flatbuffer import Graph
    from posetune.measure import bench_setup

    def make(network: bytes) -> bytes:
        size = Graph(network).inputs[0].shape[1]
        print(f"Making full in int8 at {size} px, as an export would, but untuned …", file=sys.stderr, flush=True)
        return mixed(network, bench_setup.sample_crops(size))

    return make
