"""Other people, against forgetting: held to stock's answers, or known exactly because they are rendered."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from posetune._version import __version__
from posetune.data.dataset import load_dataset
from posetune.data.people import Person
from posetune.data.unlabelled import found_in, images_in
from posetune.errors import PosetuneError
from posetune.landmarks import COUNT
from posetune.progress import Reporter
from posetune.runtime.landmarker import Landmarker
from posetune.stock import Networks, cache
from posetune.tune.config import TrainConfig
from posetune.tune.people.label_trust import DISTRUSTED
from posetune.tune.people.labelled import trainable_people
from posetune.tune.people.samples import Subject, subject_of, typical_labels, unlabelled_subject
from posetune.tune.people.surroundings import surroundings

# Splits of the sample set: ordinary people to look at, and others to hold to stock's answers.
_ORDINARY, _ORDINARY_TRAIN = "ordinary", "ordinary_train"


def replay_subjects(config: TrainConfig, networks: Networks, own: Sequence[Subject], report: Reporter) -> list[Subject]:
    """Other people, against forgetting: from the user's folder, rendered ones from the sample set that posetune brings, and
    places besides the people in the run's own pictures.

    ``own``: the run's own people. With ``replay.synthetic_points`` one of ``replay.synthetic`` counts for no more than one of
    them.
    """
    subjects: list[Subject] = []
    if config.replay.share == 0:
        return subjects
    if config.replay.folder is not None:
        subjects += _people_in(config.replay.folder, networks, report)
    if config.replay.sample_set:
        ordinary = _sample_set()
        report.say(
            f"Replay: {len(ordinary)} rendered people of the sample set are held to the stock network's answers."
        )
        subjects += ordinary
    if config.replay.surroundings:
        beside = surroundings(own, config.replay.surroundings, config.seed)
        report.say(f"Replay: {len(beside)} places besides the labelled people in the run's own pictures.")
        subjects += beside
    if config.replay.synthetic:
        rendered = _rendered(config.replay.synthetic, report)
        if config.replay.synthetic_points:
            weight = np.full(COUNT, min(1.0, typical_labels(own) / COUNT), np.float32)
            subjects += [subject_of(p, weight) for p in rendered]
        else:
            subjects += [_depth_only(p) for p in rendered]
        what = "labels" if config.replay.synthetic_points else "depth"
        report.say(f"Replay: {len(rendered)} people rendered in all scenes, with their exact {what}.")
    return subjects


def _people_in(folder: str, networks: Networks, report: Reporter) -> list[Subject]:
    """Whoever stock MediaPipe finds in a folder of unlabelled images."""
    records = images_in(folder, "replay")
    landmarker = Landmarker(networks.landmarks, networks.detector)
    subjects, damaged = [], 0
    with report.counting("images searched", len(records)) as counter:
        for record, poses in found_in(landmarker, records):
            counter.step()
            damaged += poses is None
            subjects += [unlabelled_subject(record, pose.crop) for pose in poses or []]
    if not subjects:
        raise PosetuneError(f"No person was found in the {len(records)} images of the replay folder {folder}.")
    report.say(
        f"Replay: {len(subjects)} people in {len(records)} images of {folder}"
        + (f", {damaged} damaged." if damaged else ".")
    )
    return subjects


def _sample_set() -> list[Subject]:
    """The ordinary people of the sample set's training side, held to stock: their exact labels would pull the network to the
    renderer's notion of a joint and cost skill (docs/lab/results/rendered-people.md).
    """
    people = trainable_people(load_dataset(sample_folder(), _ORDINARY_TRAIN))
    return [unlabelled_subject(p.image, p.crop) for p in people if p.crop is not None]


def _rendered(count: int, report: Reporter) -> list[Person]:
    """The people in ``count`` pictures of all scenes in turn, rendered into the cache folder on first use.

    They are of the population's training side, so that the sample set's held-out people stay unlike them.
    """
    from posetune.synthetic import scenes
    from posetune.synthetic.generate import Order, generate, pick_renderer

    renderer, _ = pick_renderer("auto")
    folder = cache.folder() / f"synthetic-{__version__}-{renderer}"
    order = Order(scenes.names(), count, 320, 21, f"first{count}", population=(0.0, 0.6), renderer=renderer)
    with report.counting("pictures rendered") as counter:
        generate(order, folder, counter=counter)
    return trainable_people(load_dataset(folder, order.split))


def _depth_only(person: Person) -> Subject:
    """Somebody rendered to learn z and world landmarks from. Their points in the picture are neither taught, since a
    renderer's notion of a joint is not that of who labels photographs, nor held to stock, which errs on hard scenes.
    """
    subject = subject_of(person, np.full(COUNT, DISTRUSTED, np.float32))
    return dataclasses.replace(subject, visible=np.full(COUNT, np.nan, np.float32))


def ordinary_subjects() -> list[Subject]:
    """The ordinary people of the sample set that nothing is trained on, with their true labels."""
    return [subject_of(p) for p in trainable_people(load_dataset(sample_folder(), _ORDINARY))]


def sample_folder() -> Path:
    """The sample set, unpacked into the cache folder on first use."""
    from posetune.synthetic.sample import write_sample

    folder = cache.folder() / f"sample-{__version__}"
    if not all((folder / "annotations" / f"{name}.json").exists() for name in (_ORDINARY, _ORDINARY_TRAIN)):
        cache.check_writable()
        write_sample(folder)
    return folder


def prepare_pool(config: TrainConfig) -> None:
    """Unpack the sample set if the run will need it: a cache folder that cannot be written to is said now, not after minutes.

    Raises PosetuneError, which says how to name another.
    """
    replayed = config.replay.share > 0
    if replayed and config.replay.synthetic:
        cache.check_writable()
    if (replayed and config.replay.sample_set) or "auto" in (config.blend, config.heatmap_bias):
        sample_folder()
