"""Whom a run learns from, chooses on, and is held by. Says what it found."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from pathlib import Path

from posetune import stock
from posetune.data.dataset import Dataset, has_split, load_dataset, splits_besides
from posetune.data.people import ImageRecord
from posetune.data.split_record import SplitRecord, recorded
from posetune.doctor.examine import examine
from posetune.errors import PosetuneError
from posetune.graph.points import has_own_points
from posetune.stock import Networks
from posetune.tune.config import TrainConfig
from posetune.tune.people.labelled import load_splits, training_subjects, validation_subjects
from posetune.tune.people.prelabels import prelabel_subjects
from posetune.tune.people.pseudo_labels import hold_out, scaled, teachers_labels
from posetune.tune.people.replay import prepare_pool, replay_subjects
from posetune.tune.people.samples import Subject, typical_labels
from posetune.tune.people.second_look import Suspected
from posetune.tune.run import LandmarkRun, Run


@dataclasses.dataclass(frozen=True)
class Material:
    """What a run learns from, chooses on, and is held by. ``suspected``: those of ``train`` with labels in doubt."""

    train: list[Subject]
    val: list[Subject]
    replay: list[Subject]
    suspected: Suspected | None = None

    def counts(self) -> dict[str, int]:
        """For the summary of a run."""
        return {"train_people": len(self.train), "val_people": len(self.val), "replay_people": len(self.replay)}


def trainable_networks(base: str) -> Networks:
    """What ``base`` names (as in ``stock.resolve``), if its weights can be trained.

    Raises PosetuneError for a network with points of its own, one with a corrector behind it, and a damaged one.
    """
    networks = stock.resolve(base)
    if has_own_points(networks.landmarks):
        raise PosetuneError(f"{base} has a head of its own already; give the network it was built on as --base.")
    if networks.corrector is not None:
        raise PosetuneError(f"{base} has a corrector behind it; give the network it stands behind as --base.")
    if not networks.is_stock:  # a damaged file must be refused before its offsets are followed
        examine(networks.landmarks, None, base)
    return networks


def collect(session: LandmarkRun) -> Material:
    """Everybody that a run needs, from labels, from unlabelled images (``unlabelled``), or from both."""
    with session.ranks.in_turn(session.folder.path):
        return _collect(session)


def _collect(session: LandmarkRun) -> Material:
    config, networks, report = session.config, session.networks, session.report
    prepare_pool(config)
    train: list[Subject] = []
    val: list[Subject] = []
    not_taught: set[Path] = set()
    held_out: list[ImageRecord] = []
    root: Path | None = None
    suspected: Suspected | None = None
    if config.data is not None:
        train_set, val_set = load_splits(config, networks, report)
        held_out, root = [p.image for p in val_set.usable], train_set.root
        train, suspected = training_subjects(train_set, networks, config, report)
        val = validation_subjects(val_set, config.val_people, config.seed)
        if config.use_prelabels:
            train += prelabel_subjects(config, val_set, train, report.say)
        if config.unlabelled:
            not_taught = _held_back(config, val_set)
    if config.unlabelled:
        pseudo = teachers_labels(config, not_taught, session.folder.path, report)
        if train:
            pseudo = scaled(pseudo, typical_labels(train))
        else:
            pseudo, val = hold_out(pseudo, config.val_share, config.seed)
            report.say(f"Learning from {len(pseudo)} of them, choosing on {len(val)} by the teacher's word.")
            held_out = [s.image for s in val]
        train += pseudo
    record_split(session, [s.image for s in train], held_out, root)
    return Material(train, val, replay_subjects(config, networks, train, report), suspected)


def record_split(
    session: Run, trained_on: Sequence[ImageRecord], held_out: Sequence[ImageRecord], root: Path | None
) -> None:
    """Write into the run folder what is trained on and what is held out: an image for each person. ``root``: the labelled
    set's folder.
    """
    config = session.config
    before = SplitRecord.of_run(config.base)
    SplitRecord(
        config.data,
        config.train_split,
        config.val_split,
        config.data is not None and not has_split(config.data, config.val_split),
        recorded(trained_on, root),
        recorded(held_out, root),
        (*before.trained_on, *before.trained_on_before) if before is not None else (),
    ).save(session.folder.path)


def _held_back(config: TrainConfig, val: Dataset) -> set[Path]:
    """The images that nothing may be learnt from, with labels or without: those of ``val``, which may be a part of the train
    split, and of all other splits of the user's set.
    """
    data = Path(config.data or "")
    others = splits_besides(data, (config.train_split, config.val_split))
    sets = [val, *(load_dataset(data, name, require_images=False) for name in others)]
    return {image.path.resolve() for dataset in sets for image in dataset.images}
