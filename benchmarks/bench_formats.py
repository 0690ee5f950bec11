"""Time and memory of reading and writing each format, at growing numbers of people: whether they grow in proportion.

    python benchmarks/bench_formats.py [--people 1000 10000 100000] [--formats coco cvat yolo labelstudio]

Two people an image, 17 points each. Each step runs in a process of its own; time is the processor's (user and system), memory the
most that the process held beyond what it held before it began. Pictures are links to one small file.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, nargs="+", default=[1000, 10_000, 100_000])
    parser.add_argument("--formats", nargs="+", default=["coco", "cvat", "yolo", "labelstudio"])
    parser.add_argument("--step", nargs=3, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.step:
        print(json.dumps(step(*args.step)))
        return
    print(f"{'people':>7} {'format':12} {'write s':>8} {'ms each':>8} {'MB':>6} {'read s':>8} {'ms each':>8} {'MB':>6}")
    for people in args.people:
        with tempfile.TemporaryDirectory() as folder:
            make(Path(folder) / "set", people)
            for to in args.formats:
                write, read = (run(what, Path(folder), to) for what in ("write", "read"))
                cells = [f"{c['s']:8.1f} {1000 * c['s'] / people:8.3f} {c['mb']:6.0f}" for c in (write, read)]
                print(f"{people:7} {to:12} {' '.join(cells)}", flush=True)


def run(what: str, folder: Path, to: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, __file__, "--step", what, str(folder), to], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def step(what: str, folder: str, to: str) -> dict[str, float]:
    from posetune.data.convert import read_parts
    from posetune.data.formats.reading import NONE, Reading
    from posetune.data.formats.table import written
    from posetune.data.formats.writing import Part, unique_names
    from posetune.progress import Reporter

    how = Reading(require=NONE)
    out = Path(folder) / to
    parts = read_parts(Path(folder) / "set", how, Reporter()) if what == "write" else {}
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    if what == "write":
        names = unique_names(list(parts.values()), with_suffix=to in ("coco", "labelstudio"))
        write = written()[to].write
        assert write is not None
        write([Part(s, d, n) for (s, d), n in zip(parts.items(), names, strict=True)], out)
    else:
        (out / "images").mkdir(exist_ok=True)
        place = out / "images" / ("train" if to == "yolo" else "")
        if not place.exists() or to != "yolo":
            place.rmdir() if place.exists() else None
            place.symlink_to(Path(folder) / "set" / "images")
        parts = read_parts(out, how, Reporter())
    seconds = time.process_time() - began
    assert sum(len(d.people) for d in parts.values()) > 0
    return {"s": seconds, "mb": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024}


def make(folder: Path, people: int) -> None:
    """A COCO set of so many people."""
    import cv2

    from posetune.landmarks import COCO17, NAMES

    rng = np.random.default_rng(0)
    (folder / "images").mkdir(parents=True)
    (folder / "annotations").mkdir()
    cv2.imwrite(str(folder / "one.png"), np.zeros((48, 64, 3), np.uint8))
    images, rows = [], []
    for i in range(people // 2):
        name = f"{rng.integers(1 << 60):015x}.png"
        (folder / "images" / name).symlink_to(folder / "one.png")
        images.append({"id": i, "file_name": name, "width": 64, "height": 48})
        for k in range(2):
            points = np.column_stack([rng.uniform(2, 46, (17, 2)).round(2), rng.integers(0, 3, 17)])
            points[0, 2] = 2
            points[points[:, 2] == 0] = 0
            rows.append({"id": 2 * i + k + 1, "image_id": i, "category_id": 1, "keypoints": points.ravel().tolist(),
                         "bbox": [1, 1, 46, 46], "area": 900})  # fmt: skip
    content = {
        "images": images,
        "annotations": rows,
        "categories": [{"id": 1, "name": "person", "keypoints": [NAMES[i] for i in COCO17]}],
    }
    (folder / "annotations" / "train.json").write_text(json.dumps(content))


if __name__ == "__main__":
    main()
