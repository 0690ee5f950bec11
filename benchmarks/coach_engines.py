"""The coach of browsers beside that of Python, on people who were found in videos.

    python benchmarks/coach_engines.py PREDICTIONS.json …

Each file is what ``posetune predict VIDEO`` wrote. For each exercise: the repetitions that both count, and how far times,
values and verdicts differ. Needs Node.js.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the tests' helpers

from tests.helpers.javascript_coach import coached_in_node

from posetune.cli.clip import people_of
from posetune.coach.coach import Coach
from posetune.coach.errors import stock_errors
from posetune.coach.exercise import library
from posetune.coach.ranges import default_ranges
from posetune.coach.sample import Sample
from posetune.progress import to_terminal
from posetune.runtime.pose import Pose
from posetune.serve.pool.picture import person


def main(paths: list[Path]) -> None:
    streams = [_largest(path) for path in paths]
    with tempfile.TemporaryDirectory() as folder:
        content = [[(t, person(p, default_ranges())) for t, p in stream] for stream in streams]
        began = time.perf_counter()
        found = coached_in_node(content, Path(folder) / "run")
        seconds = time.perf_counter() - began
    frames = sum(map(len, streams))
    differ, worst_s, worst = 0, 0.0, 0.0
    for path, stream, others in zip(paths, streams, found, strict=True):
        told = []
        for exercise, other in zip(library().values(), others, strict=True):
            coach = Coach(exercise, stock_errors())
            for time_s, pose in stream:
                coach.see(Sample.of(pose, time_s))
            coach.end()
            mine = [r.to_json() for r in coach.repetitions]
            theirs = other["repetitions"]
            if mine or theirs:
                told.append(f"{exercise.name} {len(mine)} and {len(theirs)}")
            if len(mine) != len(theirs):
                differ += 1
                continue
            for a, b in zip(mine, theirs, strict=True):
                worst_s = max(worst_s, abs(a["start"] - b["start"]), abs(a["end"] - b["end"]))
                for name, check in a["checks"].items():
                    differ += check["status"] != b["checks"][name]["status"]
                    if "value" in check:
                        worst = max(worst, abs(check["value"] - b["checks"][name]["value"]))
        print(f"{path.parent.name:24} {', '.join(told) or 'nothing'}")
    print(
        f"{frames} frames; {differ} counts or verdicts differ; times by {worst_s:.4f} s, values by {worst:.4f} at most"
    )
    print(f"Node.js: {1e3 * seconds / frames / len(library()):.3f} ms a frame and exercise, with reading")


def _largest(path: Path) -> list[tuple[float, Pose]]:
    """The first person of each picture: both engines see the same."""
    return [(t, people[0]) for t, people in people_of(path, "", to_terminal()) if people]


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main([Path(name) for name in sys.argv[1:]])
