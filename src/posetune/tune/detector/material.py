"""What a detector's run learns from, is held by and looks at."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from posetune.data.dataset import Dataset, load_dataset, load_train_and_val
from posetune.data.found import match_found
from posetune.data.unlabelled import images_in
from posetune.errors import PosetuneError
from posetune.progress import Say
from posetune.tune.detector.config import DetectorConfig
from posetune.tune.detector.scenes import Circles, Scene, scenes_of
from posetune.tune.detector.score import Looked
from posetune.tune.people.collect import record_split
from posetune.tune.people.replay import sample_folder
from posetune.tune.run import Run

#: Splits of the sample set that the detector is held to the base on: ordinary people, and bent, lying, crouching ones.
_HELD = ("ordinary_train", "train")
_HELD_PART = 0.7  # of a circle's radius
#: Of so many training pictures the base detector is asked whom it sees; where it finds more than this share of the labelled people
#: besides them, not everybody seems to be labelled.
ASKED, _PARTIAL = 100, 0.25


@dataclass(frozen=True, eq=False)
class Material:
    """What a run learns from, is held by, and looks at: ``val`` of the user's, and ``ordinary`` pictures that it must not lose.
    ``val_set``: the labels of ``val``, with all their points.
    """

    train: list[Scene]
    held: list[Scene]
    val: list[Scene]
    ordinary: list[Scene]
    val_set: Dataset


def collect_scenes(run: Run, config: DetectorConfig) -> Material:
    """Labelled pictures, pictures against forgetting, and both kinds to look at. Says what it found, and notes in the run folder
    which pictures are learned from and which are held out.
    """
    say = run.say
    sets = load_train_and_val(
        Path(config.data or ""), config.train_split, config.val_split, config.val_share, config.seed, say
    )
    for dataset in sets:
        for warning in dataset.warnings:
            say(warning)
    train, val = (scenes_of(dataset, config.others) for dataset in sets)
    people = sum(len(s.people) for s in train)
    if not people:
        raise PosetuneError(
            f"{sets[0].name} has no person to teach a detector: a hip and a shoulder must be labelled; posetune data check "
            f"{config.data} says more."
        )
    # A picture without people counts as one with one: that nobody is in it was learned, too.
    learned, held_out = ([s.image for s in scenes for _ in range(max(1, len(s.people)))] for scenes in (train, val))
    record_split(run, learned, held_out, sets[0].root)
    _say_what_is_taught(train, say)
    order = np.random.default_rng([config.seed, 3]).permutation(len(val))[: config.val_pictures]
    held, ordinary = [], []
    if config.replay.sample_set:
        sample = sample_folder()
        held += [_held(s) for split in _HELD for s in scenes_of(load_dataset(sample, split))]
        ordinary = scenes_of(load_dataset(sample, "ordinary"), "nobody")
    if config.replay.folder is not None:
        held += [Scene(r, Circles.none()) for r in images_in(config.replay.folder, "replay")]
    if held and config.replay.share:
        say(f"Replay: {len(held)} pictures are held to what the base detector says of them.")
    return Material(train, held if config.replay.share else [], [val[i] for i in sorted(order)], ordinary, sets[1])


def _say_what_is_taught(train: list[Scene], say: Say) -> None:
    people, empty = sum(len(s.people) for s in train), sum(not len(s.people) for s in train)
    ignored = sum(len(s.ignored) for s in train)
    say(
        f"Teaching a detector {people} people in {len(train)} pictures"
        + (f"; {empty} pictures show nobody" if empty else "")
        + (
            f"; {ignored} regions (people marked to be ignored, or without a labelled hip or shoulder) teach nothing"
            if ignored
            else ""
        )
        + "."
    )


def unlabelled(looked: Looked, pictures: int) -> str:
    """What becomes of people whom nobody labelled. ``looked``: pictures of the ``pictures`` that are trained on."""
    found = labelled = 0
    for sample, says in zip(looked.samples, looked.base_says, strict=True):
        circles = sample.people
        torsos = np.maximum(np.linalg.norm(circles.shoulder - circles.hip, axis=1), circles.radius / 4)
        found += int(match_found(circles.hip, torsos, says, sample.ignored).false.sum())
        labelled += len(circles)
    remedy = "label everybody, mark others to be ignored, or add --partial"
    if found > _PARTIAL * labelled:
        among = "these pictures" if len(looked.samples) == pictures else f"{len(looked.samples)} of these pictures"
        return (
            f"The base detector alone finds {found} people in {among} whom nobody labelled, beside {labelled} who are: not "
            f"everybody seems to be labelled, and this teaches the detector to miss the others; {remedy}."
        )
    return f"Whoever is not labelled and not found by the base detector is taught as nobody: {remedy}."


def _held(scene: Scene) -> Scene:
    """A picture of known people whose labels are not taught: where one is whom the base misses, that nobody is there is not
    taught either.
    """
    r = _HELD_PART * scene.people.radius[:, None]
    around = np.concatenate([scene.people.hip - r, scene.people.hip + r], axis=1)
    return Scene(scene.image, Circles.none(), np.concatenate([scene.ignored, around]))
