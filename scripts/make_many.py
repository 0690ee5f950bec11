"""Train "many", the detector for everyone, on rendered pictures alone, and put it into the package.

    python scripts/make_many.py WORK [--add DIR:SPLIT …] [--look DIR:SPLIT …] [--steps 6000] [--resume] [--ship]

WORK: where pictures and run are kept. The sample set (train, test, ordinary_train) is always learnt from; --add: more
rendered sets, as of ``posetune data synth`` and ``scripts/make_wide_views.py`` (its ``wide`` and ``empty``): crowds, small
people, pictures without anybody. Labels must be complete: where nobody is labelled, the detector is taught that nobody is
there. Chosen on the sample set's val and what --look gives.

--ship writes src/posetune/stock/assets/many.tflite and, beside it, many.json: what it was made of and how. Only rendered
pictures may go into it: it is published.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from posetune._version import __version__
from posetune.files import write_bytes, write_text
from posetune.progress import Reporter
from posetune.stock import cache, detector_of
from posetune.synthetic.sample import write_sample
from posetune.tune.callbacks import usual
from posetune.tune.detector.config import load_detector_config
from posetune.tune.detector.train import train_detector
from posetune.tune.session import Start

ASSETS = Path(__file__).parents[1] / "src/posetune/stock/assets"
#: Beside the defaults. Many small people, and pictures in which nobody is; the rate is lowered over the last third.
SETTINGS = {
    "others": "nobody",
    "ema": 0.995,
    "score_bias": 0.0,
    "patience": 0,
    "validations": 20,
    "kept": 4000,
    "replay": {"share": 0.15},
    "sample": {"whole": 0.35, "mosaic": 0.2, "empty": 0.1, "most_cells": 5, "blur": 0.1},
}


def gather(sources: list[tuple[Path, str]], out: Path, name: str) -> None:
    """One split out of several; images are copied under names that tell where they are from."""
    merged: dict[str, Any] = {"images": [], "annotations": []}
    for folder, split in sources:
        content = json.loads((folder / "annotations" / f"{split}.json").read_text(encoding="utf-8"))
        merged["categories"] = content["categories"]
        place = {image["id"]: len(merged["images"]) + n for n, image in enumerate(content["images"], 1)}
        for image in content["images"]:
            file = f"{folder.name}-{split}-{image['file_name']}"
            (out / "images").mkdir(parents=True, exist_ok=True)
            if not (out / "images" / file).exists():
                shutil.copy(folder / "images" / image["file_name"], out / "images" / file)
            merged["images"].append({**image, "id": place[image["id"]], "file_name": file})
        for row in content["annotations"]:
            merged["annotations"].append(
                {**row, "id": len(merged["annotations"]) + 1, "image_id": place[row["image_id"]]}
            )
    write_text(out / "annotations" / f"{name}.json", json.dumps(merged))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("work", type=Path)
    parser.add_argument("--add", metavar="DIR:SPLIT", nargs="*", default=[])
    parser.add_argument("--look", metavar="DIR:SPLIT", nargs="*", default=[])
    parser.add_argument("--steps", type=int, default=6000)
    parser.add_argument("--threads", type=int)
    parser.add_argument("--resume", action="store_true")
    parser.add_argument("--ship", action="store_true")
    args = parser.parse_args()

    sample, data, run = args.work / "sample", args.work / "data", args.work / "run"
    write_sample(sample)
    more, look = (
        [(Path(t.rpartition(":")[0]), t.rpartition(":")[2]) for t in given] for given in (args.add, args.look)
    )
    gather([(sample, split) for split in ("train", "test", "ordinary_train")] + more, data, "train")
    gather([(sample, "val"), *look], data, "val")
    given = {**SETTINGS, "data": str(data), "out": str(run), "steps": args.steps, "threads": args.threads}
    start = Start(args.resume, Reporter(lambda t: print(t, flush=True)), usual(()))
    result = train_detector(load_detector_config(None, given), start)
    if args.ship and not result.interrupted:
        content = result.detector.read_bytes()
        made_of = {
            "what": "MediaPipe Pose's detector (Google LLC, Apache-2.0), trained on for people who are many, small or bent",
            "licence": "Apache-2.0",
            "sha256": cache.sha256(content),
            "base_sha256": cache.sha256(detector_of("stock")),
            "posetune": __version__,
            "command": " ".join(["python", *sys.argv]),
            "learned_from": ["the sample set: train, test, ordinary_train", *args.add],
            "summary": json.loads((run / "summary.json").read_text(encoding="utf-8")),
        }
        write_bytes(ASSETS / "many.tflite", content)
        write_text(ASSETS / "many.json", json.dumps(made_of, indent=1) + "\n")
        print(f"{ASSETS / 'many.tflite'}: {len(content)} bytes")


if __name__ == "__main__":
    main()
