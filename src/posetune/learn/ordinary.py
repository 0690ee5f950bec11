"""Ordinary people for a guard: rendered once into the cache folder, so many that "no worse" can be shown of a network."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from posetune._version import __version__
from posetune.data.dataset import load_dataset
from posetune.data.people import Person
from posetune.files import write_json
from posetune.progress import Reporter
from posetune.stock import cache
from posetune.synthetic.generate import Order, generate, pick_renderer

#: How many pictures are rendered, with some 950 people: the change of a tuned network's error is known to ±1 to 2 % then, less than
#: the 4 % that are asked for (docs/lab/results/learning.md).
PICTURES = 600
_SCENES = ("stand", "walk", "sit")
#: The population, seed, size and quality of pictures. No training is rendered from these builds (tune/people/replay.py), and
#: nothing else with this seed: the sample set's ordinary people, on whom a trainer chooses, are others.
_POPULATION, _SEED, _SIZE, _QUALITY = (0.6, 1.0), 31, 320, (62, 80)
_NOTE = "complete.json"


def ordinary_people(pictures: int, report: Reporter) -> Sequence[Person]:
    """Those in so many pictures; rendered on first use, or where the files in the cache are not what was written.

    What was stopped goes on where it stopped. Raises PosetuneError where the cache folder cannot be written.
    """
    folder = cache.folder() / f"ordinary-{__version__}-{pictures}"
    split = _complete(folder, report)
    if not split:
        split = _render(folder, pictures, report)
    return load_dataset(folder, split).people


def _render(folder: Path, pictures: int, report: Reporter) -> str:
    """The name of the split."""
    cache.check_writable()
    renderer, remark = pick_renderer("auto")
    if remark:
        report.say(remark)
    # The renderer is in the names of the pictures: each makes its own of the same people.
    split = f"ordinary-{renderer}"
    order = Order(_SCENES, pictures, _SIZE, _SEED, split, population=_POPULATION, renderer=renderer, quality=_QUALITY)
    report.say(f"Ordinary people to guard are rendered, once, into {folder}.")
    with report.counting("pictures rendered", pictures) as counter:
        generate(order, folder, counter=counter)
    write_json(folder / _NOTE, {"split": split, "sha256": _contents(folder, split)})
    return split


def _complete(folder: Path, report: Reporter) -> str:
    """The name of the split, where the folder has all that was written into it; "" where it is to be rendered. What is damaged is
    removed, and said.
    """
    try:
        note = json.loads((folder / _NOTE).read_text())
        split, written = str(note["split"]), note["sha256"]
        if _contents(folder, split) == written:
            return split
    except FileNotFoundError:
        if not (folder / _NOTE).exists():
            return ""  # never begun, or stopped on the way
    except (OSError, ValueError, KeyError, TypeError):
        pass
    report.say(f"The rendered ordinary people in {folder} are damaged, and are rendered anew.")
    shutil.rmtree(folder, ignore_errors=True)
    return ""


def _contents(folder: Path, split: str) -> str:
    """The sha256 of the labels and of every picture of a split."""
    found = hashlib.sha256((folder / "annotations" / f"{split}.json").read_bytes())
    for path in sorted((folder / "images").glob(f"{split}*")):
        found.update(path.name.encode() + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()
