"""``posetune bench [MODEL …]``."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

from posetune.cli.common import add_json, check_writable, words
from posetune.errors import PosetuneError, pip_install
from posetune.progress import to_terminal

_MODES = ("network", "video", "image", "cold_start")  # measure.bench.MODES, which need not be imported to parse


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = (
        "Every network runs in MediaPipe and in posetune, stock full in posetune at 192 px and in int8 as well: median ms a "
        "step, steps a second, peak memory in MB. Without --images "
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
    from posetune.backends.base import default_threads
    from posetune.measure import bench, bench_setup, bench_show

    modes, names, backends = _checked(args)
    report = to_terminal()
    with tempfile.TemporaryDirectory(prefix="posetune-bench-") as folder:
        # What the user gave is read first: a mistake is known before anything is fetched or made.
        most = args.rounds * bench.LONGEST_BLOCK + bench.LONGEST_BLOCK
        pictures = bench_setup.own_pictures(args.images, most, report) if args.images else None
        clip = bench_setup.own_clip(args.video, Path(folder) / "clip") if args.video else None
        int8 = None if args.no_int8 or "full" not in names else _int8()
        contenders = bench_setup.contenders(args.models, not args.no_mediapipe, names, backends, int8)
        found = bench.measure(
            contenders,
            pictures or bench_setup.sample_pictures(Path(folder) / "pictures"),
            clip or bench_setup.sample_clip(Path(folder) / "clip"),
            modes=modes,
            rounds=args.rounds,
            threads=args.threads or default_threads(),
            report=report,
        )
    if args.json is not None:
        args.json.write(found.to_json())
    if args.chart:
        bench_show.write_chart(found, args.chart)
    print(bench_show.table(found, contenders))
    return 0


def _checked(args: argparse.Namespace) -> tuple[list[str], list[str], list[str]]:
    """``(modes, stock networks, backends)``. Raises PosetuneError for what is not there, or cannot be measured or written."""
    from posetune.backends.base import BACKENDS
    from posetune.measure import bench
    from posetune.stock import LANDMARK_NAMES

    modes, names, backends = words(args.modes), words(args.stock), words(args.backends)
    for what, given, known, needed in (
        ("mode", modes, bench.MODES, True),
        ("stock network", names, LANDMARK_NAMES, not args.models),
        ("backend", backends, BACKENDS, True),
    ):
        unknown = [name for name in given if name not in known]
        if unknown or (needed and not given):
            raise PosetuneError(
                f"There is no {what} {', '.join(unknown) or 'to measure'}; there are {', '.join(known)}."
            )
    if args.rounds < 1:
        raise PosetuneError(f"--rounds must be at least 1, not {args.rounds}.")
    if args.threads is not None and args.threads < 1:
        raise PosetuneError(f"--threads must be at least 1, not {args.threads}.")
    if args.chart is not None:
        if args.chart.suffix.lower() not in (".svg", ".png"):
            raise PosetuneError(f"Cannot draw {args.chart}: the name must end in .svg or .png.")
        if find_spec("matplotlib") is None:
            raise PosetuneError(f"--chart needs matplotlib: {pip_install('train')}, or leave --chart out.")
        check_writable(args.chart)
    if not args.no_mediapipe and find_spec("mediapipe") is None:
        raise PosetuneError(
            f"Comparing needs mediapipe, which is not installed: {pip_install('mediapipe')}, or leave it out "
            "with --no-mediapipe."
        )
    if "openvino" in backends and find_spec("openvino") is None:
        raise PosetuneError(f"--backends openvino needs openvino: {pip_install('openvino')}, or leave it out.")
    return modes, names, backends


def _int8() -> Callable[[bytes], bytes] | None:
    """What makes a network with int8 layers; None, and a word of why, where torch is missing."""
    if find_spec("torch") is None:
        print(f"Without int8: making it needs torch ({pip_install('train')}).", file=sys.stderr)
        return None
    from posetune.export.int8.choose import mixed
    from posetune.graph.flatbuffer import Graph
    from posetune.measure import bench_setup

    def make(network: bytes) -> bytes:
        size = Graph(network).inputs[0].shape[1]
        print(f"Making full in int8 at {size} px, as an export would, but untuned …", file=sys.stderr, flush=True)
        return mixed(network, bench_setup.sample_crops(size))

    return make
