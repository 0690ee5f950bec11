"""What a teacher's views are worth, on people with labels: by how far they agree, and as a judge of the labels.

    python benchmarks/study_teacher.py DIR[:SPLIT,SPLIT] [--teacher heavy] [--networks full,heavy,RUN…] [--people N]

Crop protocol, mean over all labelled points, crop px. Prints

- the error of the teacher's plain look, of the mean of that and its mirror image, and of the mean of all its views;
- how many points have which spread between the views, and how far off their mean is (docs/lab/results/distillation.md);
- the error of every network on the labels as they are; on labels where those that the teacher contradicts (its views
  within 2 px of each other, the label more than 12 px away) are replaced by the teacher's mean; and without them
  (docs/lab/results/what-bounds-accuracy.md). The second favours the teacher and whoever resembles it.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Sequence

import numpy as np

from posetune import stock
from posetune.data.dataset import load_dataset
from posetune.data.people import ImageRecord, Person
from posetune.data.teacher import VIEWS, View, views_of
from posetune.landmarks import COUNT
from posetune.measure.metrics import scorable
from posetune.progress import to_terminal
from posetune.runtime.load import of_networks

EDGES = (0.0, 1.0, 2.0, 3.0, 4.5, 6.0, 9.0, 15.0, np.inf)
SURE_PX, DOUBT_PX = 2.0, 12.0


class People:
    """Labelled people as arrays: ``points`` (N, 33, 2) image px, ``labelled`` (N, 33), ``px`` (N, 1) crop px an image px."""

    def __init__(self, people: list[Person]) -> None:
        self.people = people
        self.points = np.array([p.keypoints[:, :2] for p in people])
        self.labelled = np.array([p.labelled for p in people])
        self.px = np.array([256 / p.crop.side for p in people if p.crop is not None])[:, None]

    def distance(self, points: np.ndarray, to: np.ndarray | None = None) -> np.ndarray:
        """(N, 33) crop px, NaN where there is no label."""
        found = np.linalg.norm(points - (self.points if to is None else to), axis=-1) * self.px
        return np.where(self.labelled, found, np.nan)

    def answers(self, model: str, views: Sequence[View]) -> np.ndarray:
        """(N, V, 33, 2) image px: what ``model`` says of each person in each view."""
        landmarker = of_networks(stock.resolve(model))
        found = []
        with to_terminal().counting(f"people looked at by {model}", len(self.people)) as counter:
            for person in self.people:
                assert person.crop is not None
                seen = views_of(landmarker, ImageRecord.read(person.image), person.crop, views)
                found.append([pose.landmarks_px[:COUNT, :2] for pose in seen])
                counter.step()
        return np.array(found, np.float64)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", metavar="DIR[:SPLIT,SPLIT]")
    parser.add_argument("--teacher", default="heavy")
    parser.add_argument("--networks", default="full,heavy", help="whose errors to show, with commas")
    parser.add_argument("--people", type=int, help="so many people, evenly spread over the splits")
    args = parser.parse_args()
    folder, _, splits = args.data.partition(":")
    chosen = [p for split in (splits or "val").split(",") for p in load_dataset(folder, split).usable if scorable(p)]
    if args.people is not None and args.people < len(chosen):
        chosen = [chosen[i] for i in np.linspace(0, len(chosen) - 1, args.people).astype(int)]
    people = People(chosen)

    views = people.answers(args.teacher, VIEWS)
    for name, points in (
        ("one look", views[:, 0]),
        ("and its mirror image", views[:, :2].mean(1)),
        (f"all {len(VIEWS)} views", views.mean(1)),
    ):
        errors = people.distance(points)
        print(f"{args.teacher}, {name:22}: {np.nanmean(errors):6.2f}, median {np.nanmedian(errors):.2f}")

    middle = views.mean(1)
    spread = np.linalg.norm(views - middle[:, None], axis=-1).mean(1) * people.px
    off = people.distance(middle)
    total = people.labelled.sum()
    print(f"\nspread of the views of {len(chosen)} people: share of the labelled points, mean error of their mean")
    for low, high in itertools.pairwise(EDGES):
        of = people.labelled & (spread >= low) & (spread < high)
        if of.any():
            print(f"  {low:4.1f} … {high:<4} {of.sum() / total:5.0%} {off[of].mean():6.1f}")

    doubt = people.labelled & (spread < SURE_PX) & (off > DOUBT_PX)
    relabelled = np.where(doubt[..., None], middle, people.points)
    print(f"\nlabels in doubt: {doubt.sum()} of {total}; mean error as labelled, relabelled, left out")
    for model in args.networks.split(","):
        points = people.answers(model, VIEWS[:1])[:, 0]
        plain = people.distance(points)
        shown = (np.nanmean(plain), np.nanmean(people.distance(points, relabelled)), np.nanmean(plain[~doubt]))
        print(f"  {model:30} " + " ".join(f"{value:6.2f}" for value in shown))


if __name__ == "__main__":
    main()
