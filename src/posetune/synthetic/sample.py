"""The sample set that posetune ships: synthetic people, a few hundred small pictures, in one archive.

``scripts/make_sample.py`` makes it with the generator of this package. Splits: train, val, test (two hard scenes, other people in
test than in train) and ``ordinary`` (people standing, walking, sitting, to see what a network forgets).
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from importlib import resources
from pathlib import Path

import numpy as np

from posetune.errors import PosetuneError
from posetune.files import write_bytes
from posetune.opencv import cv2

_ARCHIVE = ("assets", "sample.zip")


def write_sample(folder: str | Path) -> dict[str, int]:
    """Write the sample set as a COCO folder (``images/``, ``annotations/<split>.json``); images by split.

    Writing it again over itself is fine. Raises PosetuneError if ``folder`` holds something else or cannot be written.
    """
    folder = Path(folder)
    if folder.exists() and not folder.is_dir():
        raise PosetuneError(f"{folder} is a file; give a new or empty folder for the sample set.")
    file = resources.files("posetune.synthetic").joinpath(*_ARCHIVE)
    counts = {}
    with resources.as_file(file) as path, zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        theirs = [p for p in folder.glob("annotations/*.json") if f"annotations/{p.name}" not in names]
        if theirs:
            raise PosetuneError(
                f"{folder} already holds another data set ({theirs[0].name}); give a new or empty folder."
            )
        # Labels last: a folder that has them has everything.
        for name in sorted(names, key=lambda n: n.endswith(".json")):
            content = archive.read(name)
            write_bytes(folder / name, content)
            if name.endswith(".json"):
                counts[Path(name).stem] = len(json.loads(content)["images"])
    return counts


def ordinary_pictures(split: str = "ordinary_train") -> Iterator[np.ndarray]:
    """(H, W, 3) uint8 RGB pictures of ordinary people out of the archive, without writing anything: replay for training."""
    file = resources.files("posetune.synthetic").joinpath(*_ARCHIVE)
    with resources.as_file(file) as path, zipfile.ZipFile(path) as archive:
        for image in json.loads(archive.read(f"annotations/{split}.json"))["images"]:
            data = np.frombuffer(archive.read(f"images/{image['file_name']}"), np.uint8)
            picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
            assert picture is not None
            yield picture[..., ::-1].copy()
