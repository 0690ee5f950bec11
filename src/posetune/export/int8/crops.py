"""The crops that an int8 network is fitted on and those that its loss is measured on: never the same people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posetune.data.dataset import find_splits, keep_for_validation, load_dataset
from posetune.data.reviewed import labels_seen
from posetune.data.unlabelled import found_in, images_in
from posetune.errors import PosetuneError
from posetune.geometry import SMALLEST_TORSO
from posetune.progress import Reporter, Say
from posetune.runtime.landmarker import Landmarker
from posetune.tune.crop_protocol import plain_crop
from posetune.tune.people.samples import ImageCache, Subject, subject_of, unlabelled_subject

#: As many crops as the ranges, the equalisation and the sensitivities need; more hardly change them.
FIT_MOST, CHECK_MOST = 96, 96
_FEWEST = 8


@dataclass(frozen=True, eq=False)
class Calibration:
    """``fit``: people to fit on; ``check``: others, to measure on. ``labelled``: whether ``check`` has true points."""

    fit: tuple[Subject, ...]
    check: tuple[Subject, ...]
    labelled: bool
    source: str

    def fit_crops(self, size: int) -> np.ndarray:
        """(N, size, size, 3) uint8."""
        cache = ImageCache()
        return np.stack([plain_crop(s, cache, size).pixels for s in self.fit])


def load(folder: str | Path, landmarks: bytes, detector: bytes, seed: int, report: Reporter) -> Calibration:
    """The calibration people of a data set folder, a COCO file, or a folder of unlabelled images.

    With labels: fitted on ``train`` and measured on ``val``; where there is no ``val``, on people split off as in training.
    Without: whoever the float network finds, every third of them to measure on.

    Raises PosetuneError if there are too few people.
    """
    folder = Path(folder)
    random = np.random.default_rng([seed, 8])
    labelled = folder.is_file() or any((folder / "annotations").glob("*.json"))
    if labelled:
        fit, check = _labelled(folder, seed, report.say)
    else:
        people = _found(folder, landmarks, detector, random, report)
        fit, check = [s for i, s in enumerate(people) if i % 3], people[::3]
    fit, check = _some(fit, FIT_MOST, random), _some(check, CHECK_MOST, random)
    if min(len(fit), len(check)) < _FEWEST:
        raise PosetuneError(
            f"{folder} has {len(fit)} people to calibrate on and {len(check)} others to measure on; {_FEWEST} of each "
            "are the least, and a hundred are better."
        )
    kind = "labelled people" if labelled else "people found by the float network, unlabelled"
    report.say(f"Calibrating on {len(fit)} and measuring on {len(check)} {kind} of {folder}.")
    return Calibration(tuple(fit), tuple(check), labelled, str(folder))


def _labelled(folder: Path, seed: int, say: Say) -> tuple[list[Subject], list[Subject]]:
    splits = [folder.stem] if folder.is_file() else find_splits(folder)
    first = labels_seen(load_dataset(folder, splits[0]), say)
    if "val" in splits and len(splits) > 1 and splits[0] != "val":
        check = labels_seen(load_dataset(folder, "val"), say)
    else:
        first, check, how = keep_for_validation(first, 0.4, seed)
        say(f"No split 'val': {len(check.usable)} of the people, {how}, are measured on.")
    fit, scored = ([subject_of(p) for p in d.usable if p.torso > SMALLEST_TORSO] for d in (first, check))
    return fit, scored


def _found(
    folder: Path, landmarks: bytes, detector: bytes, random: np.random.Generator, report: Reporter
) -> list[Subject]:
    """People in unlabelled images, until there are enough; images in random order."""
    records = images_in(folder, "calibration")
    some = (records[i] for i in random.permutation(len(records)))
    people: list[Subject] = []
    with report.counting("images searched") as counter:
        for record, poses in found_in(Landmarker(landmarks, detector), some):
            people += [unlabelled_subject(record, pose.crop) for pose in poses or []]
            counter.step()
            if len(people) >= FIT_MOST + CHECK_MOST:
                break
    return people


def _some(subjects: Sequence[Subject], most: int, random: np.random.Generator) -> list[Subject]:
    chosen = sorted(random.permutation(len(subjects))[:most])
    return [subjects[i] for i in chosen]
