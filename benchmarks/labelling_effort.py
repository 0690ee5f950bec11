"""How many actions and seconds it takes to bring pre-labels of real pictures to what people labelled, in the page.

    python benchmarks/labelling_effort.py SET SPLIT --count 20 --model heavy

SET has labels by people. Pictures with one person each are drawn from it, labelled by ``posetune label`` and corrected in
``posetune annotate`` by somebody who knows the truth (tests/helpers/ideal_labeller.py), in Chromium. Visibility is left alone: sets
use v in their own ways. Needs the extras serve and dev.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # the tests' helpers

import numpy as np
from playwright.sync_api import sync_playwright
from tests.helpers.ideal_labeller import TOLERANCE, label
from tests.helpers.server import running

from posetune.cli import main as posetune
from posetune.data.dataset import load_dataset
from posetune.data.people import Person
from posetune.label.review import Review


def alone(folder: Path, split: str, count: int) -> dict[str, Person]:
    """Name without ending → the person, of ``count`` pictures in which one person is labelled."""
    people: dict[str, list[Person]] = {}
    for person in load_dataset(folder, split).usable:
        people.setdefault(person.image.path.stem, []).append(person)
    single = sorted(name for name, members in people.items() if len(members) == 1)
    chosen = np.random.default_rng(0).choice(single, min(count, len(single)), replace=False)
    return {name: people[name][0] for name in sorted(chosen)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("set", type=Path)
    parser.add_argument("split")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--model", default="heavy")
    args = parser.parse_args()
    people = alone(args.set, args.split, args.count)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / "in").mkdir()
        for person in people.values():
            shutil.copy(person.image.path, folder / "in")
        if posetune(
            ["label", str(folder / "in"), "--out", str(folder / "set"), "--every", "1s", "--model", args.model]
        ):
            sys.exit(1)
        with Review.open(folder / "set") as review, running(folder / "data", review=review) as server:
            truth = {}
            for name in review.index.names:
                told = review.image(name)
                stem = next(stem for stem in people if stem in Path(name).stem)
                if told.people:
                    true = people[stem].keypoints.copy()
                    seen = np.array([p.v for p in told.people[0].points])
                    true[:, 2] = np.where(true[:, 2] > 0, np.where(seen > 0, seen, 2), 0)
                    truth[name] = true
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
                page = browser.new_page(viewport={"width": 1500, "height": 1000})
                page.goto(f"{server.url}/annotate")
                page.wait_for_selector("html[data-status=ready]")
                effort = label(page, truth)
                browser.close()
    actions, seconds = effort.median
    print(
        f"{len(truth)} of {len(people)} pictures in which {args.model} found somebody; points moved beyond {TOLERANCE} torsos"
    )
    print(f"actions: median {actions:g}, mean {np.mean(effort.actions):.1f}; each picture: {sorted(effort.actions)}")
    print(f"seconds by the keystroke-level model: median {seconds:.1f}, mean {np.mean(effort.seconds):.1f}")


if __name__ == "__main__":
    main()
