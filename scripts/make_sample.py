"""Make the sample set that posetune ships: src/posetune/synthetic/assets/sample.zip.

    python scripts/make_sample.py [--out FILE] [--work FOLDER]

``FOLDER`` keeps what is rendered, so that a stopped run goes on. The archive is the same byte for byte on one
machine with one version of the generator; the one that is shipped was made by commit 63fd89e.
"""

from __future__ import annotations

import argparse
import tempfile
import zipfile
from pathlib import Path

from posetune.files import replacing
from posetune.progress import to_terminal
from posetune.synthetic.generate import Order, generate

OUT = Path(__file__).parents[1] / "src/posetune/synthetic/assets/sample.zip"
HARD, ORDINARY = ("station", "mat"), ("stand", "walk", "sit")
#: split → scenes, pictures, seed, part of the population. Nobody of the test side has the build of anybody trained on.
SPLITS = {
    "train": (HARD, 240, 11, (0.0, 0.6)),
    "val": (HARD, 60, 12, (0.6, 0.72)),
    "test": (HARD, 120, 13, (0.72, 1.0)),
    "ordinary": (ORDINARY, 60, 14, (0.72, 1.0)),
    "ordinary_train": (ORDINARY, 120, 15, (0.0, 0.6)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT)
    parser.add_argument("--work", type=Path)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = args.work or Path(temporary)
        for split, (scenes, count, seed, population) in SPLITS.items():
            order = Order(scenes, count, 320, seed, split, population=population, quality=(62, 80))
            with to_terminal().counting(f"{split} images", count) as counter:
                generate(order, folder, counter=counter)
        pack(folder, args.out)
    print(f"{args.out}: {args.out.stat().st_size / 1e6:.2f} MB")


def pack(folder: Path, out: Path) -> None:
    """Put ``images/`` and ``annotations/`` of the splits into one archive, without times, so that it is repeatable."""
    files = sorted((folder / "images").glob("*.jpg")) + [folder / "annotations" / f"{s}.json" for s in SPLITS]
    with replacing(out) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        for file in files:
            entry = zipfile.ZipInfo(file.relative_to(folder).as_posix(), (1980, 1, 1, 0, 0, 0))
            kind = zipfile.ZIP_DEFLATED if file.suffix == ".json" else zipfile.ZIP_STORED
            archive.writestr(entry, file.read_bytes(), kind, 9)


if __name__ == "__main__":
    main()
