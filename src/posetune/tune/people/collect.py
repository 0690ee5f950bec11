"""From the user's folder to training subjects: splits, suspects, replay pool. Says what it found."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from posetune import stock
from posetune._version import __version__
from posetune.data.contradictions import find_contradiction
from posetune.data.dataset import Dataset, has_split, load_dataset, load_train_and_val, splits_besides, warnings_of
from posetune.data.detector_crops import completed, why_no_crop
from posetune.data.people import ImageRecord, Person
from posetune.data.rulings import FILE as RULINGS_FILE
from posetune.data.rulings import Rulings
from posetune.data.split_record import SplitRecord, recorded
from posetune.doctor.examine import examine
from posetune.errors import PosetuneError
from posetune.graph.points import has_own_points
from posetune.landmarks import COUNT, NAMES
from posetune.progress import Progress
from posetune.runtime.images import IMAGE_SUFFIXES
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.load import of_networks
from posetune.stock import Networks, cache
from posetune.tune.config import TrainConfig
from posetune.tune.people.samples import Subject, subject_of, unlabelled_subject
from posetune.tune.run_folder import PSEUDO_LABELS

Say = Callable[[str], None]


@dataclasses.dataclass(frozen=True)
class Material:
    """What a run learns from, chooses on, and is held by."""

    train: list[Subject]
    val: list[Subject]
    replay: list[Subject]


# Splits of the sample set: ordinary people to look at, and others to hold to stock's answers.
_ORDINARY, _ORDINARY_TRAIN = "ordinary", "ordinary_train"
_SMALLEST_TORSO = 10.0  # image px: smaller people are not scored (docs/reference/measures.md) and teach nothing


def base_networks(base: str) -> Networks:
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


def gather(config: TrainConfig, landmarks: bytes, detector: bytes, folder: Path, say: Say) -> Material:
    """Everything that a run needs, from labels, from unlabelled images (``config.unlabelled``), or from both.

    ``landmarks``, ``detector``: the base networks. ``folder``: of the run, where frames of unlabelled videos and
    pseudo-labels are kept.
    """
    train: list[Subject] = []
    val: list[Subject] = []
    held_back: set[Path] = set()
    held_out: list[ImageRecord] = []
    root: Path | None = None
    if config.data is not None:
        train_set, val_set = load_splits(config, Landmarker(landmarks, detector), say)
        held_out, root = [p.image for p in val_set.usable], train_set.root
        train = training_subjects(train_set, landmarks, detector, config, say)
        val = validation_subjects(val_set, config.val_people, config.seed)
        if config.unlabelled:
            held_back = _held_back(config, val_set)
    if config.unlabelled:
        from posetune.tune.people.pseudo_labels import hold_out, scaled

        pseudo = _pseudo_labelled(config, held_back, folder, say)
        if train:
            pseudo = scaled(pseudo, _typical_labels(train))
        else:
            pseudo, val = hold_out(pseudo, config.val_share, config.seed)
            say(f"Learning from {len(pseudo)} of them, choosing on {len(val)} by the teacher's word.")
            held_out = [s.image for s in val]
        train += pseudo
    record_split(config, [s.image for s in train], held_out, root, folder)
    return Material(train, val, replay_subjects(config, landmarks, detector, _typical_labels(train), say))


def record_split(
    config: TrainConfig,
    trained_on: Sequence[ImageRecord],
    held_out: Sequence[ImageRecord],
    root: Path | None,
    folder: Path,
) -> None:
    """Write into the run folder ``folder`` what is trained on and what is held out: an image for each person. ``root``: the
    labelled set's folder.
    """
    before = SplitRecord.of_run(config.base)
    SplitRecord(
        config.data,
        config.train_split,
        config.val_split,
        config.data is not None and not has_split(config.data, config.val_split),
        recorded(trained_on, root),
        recorded(held_out, root),
        (*before.trained_on, *before.trained_on_before) if before is not None else (),
    ).save(folder)


def _held_back(config: TrainConfig, val: Dataset) -> set[Path]:
    """The images that nothing may be learnt from, with labels or without: those of ``val``, which may be a part of the train
    split, and of all other splits of the user's set.
    """
    data = Path(config.data or "")
    others = splits_besides(data, (config.train_split, config.val_split))
    sets = [val, *(load_dataset(data, name, require_images=False) for name in others)]
    return {image.path.resolve() for dataset in sets for image in dataset.images}


def _pseudo_labelled(config: TrainConfig, held_back: set[Path], folder: Path, say: Say) -> list[Subject]:
    """Whoever the teacher is sure of in images that are not ``held_back``; asked once for a run folder, however often the
    run is resumed.
    """
    from posetune.data.teacher import VIEWS
    from posetune.data.unlabelled import unlabelled_images
    from posetune.tune.people.pseudo_labels import keep, kept, pseudo_labelled

    teacher = stock.resolve(config.teacher)
    if has_own_points(teacher.landmarks):
        raise PosetuneError(f"The teacher {config.teacher} has points of its own; it must give MediaPipe's 33.")
    found = unlabelled_images(config.unlabelled, folder / "frames", say)
    records = [record for record in found if record.path.resolve() not in held_back]
    if len(records) < len(found):
        say(
            f"{len(found) - len(records)} of them are not learnt from: they belong to validation or to another split of "
            f"{config.data}."
        )
    if not records:
        raise PosetuneError(
            f"All unlabelled images belong to validation or to another split of {config.data}; give others."
        )
    state = [(str(r.path.resolve()), r.path.stat().st_size) for r in records]
    content = hashlib.sha256(
        teacher.landmarks + teacher.detector + (teacher.corrector or b"") + repr((state, VIEWS)).encode()
    ).hexdigest()
    asked = f"{content} drawings={config.drawings} posetune={__version__}"
    subjects = kept(folder / PSEUDO_LABELS, asked)
    if subjects is not None:
        say(f"Pseudo-labels: {len(subjects)} people, as kept in {folder / PSEUDO_LABELS}.")
        return subjects
    subjects = pseudo_labelled(of_networks(teacher), records, say, drawings=config.drawings)
    keep(folder / PSEUDO_LABELS, asked, subjects)
    return subjects


def _typical_labels(subjects: Sequence[Subject]) -> float:
    """How many labels a person has in the mean."""
    return float(np.mean([s.weight.sum() for s in subjects]))


def believed(dataset: Dataset, landmarker: Landmarker, config: TrainConfig) -> Dataset:
    """``dataset``, unless all its labels contradict ``landmarker``, the base, in a way that has a likely cause.

    Raises PosetuneError then, except with ``config.trust_labels``.
    """
    found = None if config.trust_labels else find_contradiction(dataset, landmarker, Path(config.base).name)
    if found is not None:
        raise PosetuneError(
            f"{dataset.name}: {found.text} Correct the labels; or train on them as they are with --trust-labels "
            "(trust_labels: true)."
        )
    return dataset


def ruled(dataset: Dataset, say: Say) -> Dataset:
    """``dataset`` without the labels that its suspects.json rules to be wrong."""
    rulings = Rulings.beside(dataset.root)
    dropped, kept = rulings.count(dataset, "drop"), rulings.count(dataset, "keep")
    if dropped or kept:
        say(f"{dataset.name}: by {RULINGS_FILE}, suspected labels of {kept} people are kept and of {dropped} dropped.")
    return rulings.dropped(dataset)


def load_splits(config: TrainConfig, landmarker: Landmarker, say: Say) -> tuple[Dataset, Dataset]:
    """The sets to train on and to choose on. Where there is no ``val``, whole groups of train are split off. ``landmarker``:
    the base, which the labels are compared with, and whose detector gives crops where labels imply none.
    """
    data = Path(config.data or "")

    def complete(dataset: Dataset) -> Dataset:
        return ruled(completed(believed(dataset, landmarker, config), landmarker, say), say)

    train, val = load_train_and_val(
        data, config.train_split, config.val_split, config.val_share, config.seed, say, complete
    )
    for warning in warnings_of(train, val):
        say(warning)
    for dataset in (train, val):
        if not worth(dataset):
            raise PosetuneError(
                f"{dataset.name} has no person to use: {_why_nobody(dataset)}; posetune data check {config.data} says more."
            )
    if train.dropped_names:
        say(f"Points without a counterpart among the 33, left out: {', '.join(train.dropped_names)}.")
    known = [NAMES[i] for i in np.flatnonzero(train.labelled_landmarks)]
    say(
        f"Training on {len(worth(train))} people, choosing on {len(worth(val))}; {len(known)} of 33 points labelled; "
        "what has no label is held to the stock network's answer."
    )
    return train, val


def _why_nobody(dataset: Dataset) -> str:
    people = [p for p in dataset.people if not p.ignore]
    if people and any(p.crop is None for p in people):
        return (
            f"{why_no_crop(people)}, where a hip and a shoulder are needed, and the detector did not find them either"
        )
    return f"labels for a shoulder and a hip and a torso of more than {_SMALLEST_TORSO:.0f} px are needed"


def worth(dataset: Dataset) -> list[Person]:
    """The people that teach something: usable, and large enough."""
    # A torso that cannot be measured (one diagonal point missing) is no reason to leave someone out of training.
    return [p for p in dataset.usable if not p.torso <= _SMALLEST_TORSO]


def validation_subjects(val: Dataset, most: int, seed: int) -> list[Subject]:
    """The people that the run looks at: those of the crop protocol, at most ``most``, chosen by ``seed``."""
    people = [p for p in val.usable if p.torso > _SMALLEST_TORSO] or worth(val)
    order = np.random.default_rng([seed, 3]).permutation(len(people))[:most]
    return [subject_of(people[i]) for i in sorted(order)]


def training_subjects(
    train: Dataset, landmarks: bytes, detector: bytes, config: TrainConfig, say: Say
) -> list[Subject]:
    """The people to learn from, with labels trusted as far as they deserve it."""
    people = worth(train)
    if not config.suspects:
        return [subject_of(p) for p in people]
    from posetune.tune.people.label_trust import trust_of

    trust = trust_of(dataclasses.replace(train, people=tuple(people)), landmarks, detector, say)
    return [subject_of(p, w) for p, w in zip(people, trust, strict=True)]


def replay_subjects(config: TrainConfig, landmarks: bytes, detector: bytes, labels: float, say: Say) -> list[Subject]:
    """Other people, against forgetting: from the user's folder, and rendered ones from the sample set that posetune brings.

    ``labels``: how many labels one of the run's own people has; with ``replay.synthetic_points`` one of ``replay.synthetic``
    counts for no more.
    """
    subjects: list[Subject] = []
    if config.replay.share == 0:
        return subjects
    if config.replay.folder is not None:
        subjects += _people_in(Path(config.replay.folder), landmarks, detector, say)
    if config.replay.sample_set:
        ordinary = _sample_set()
        say(f"Replay: {len(ordinary)} rendered people of the sample set are held to the stock network's answers.")
        subjects += ordinary
    if config.replay.synthetic:
        rendered = _rendered(config.replay.synthetic)
        if config.replay.synthetic_points:
            weight = np.full(COUNT, min(1.0, labels / COUNT), np.float32)
            subjects += [subject_of(p, weight) for p in rendered]
        else:
            subjects += [_depth_only(p) for p in rendered]
        what = "labels" if config.replay.synthetic_points else "depth"
        say(f"Replay: {len(rendered)} people rendered in all scenes, with their exact {what}.")
    return subjects


def _people_in(folder: Path, landmarks: bytes, detector: bytes, say: Say) -> list[Subject]:
    """Whoever stock MediaPipe finds in a folder of unlabelled images."""
    if not folder.is_dir():
        raise PosetuneError(f"The replay folder {folder} does not exist; give a folder of unlabelled images.")
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in IMAGE_SUFFIXES)
    landmarker = Landmarker(landmarks, detector)
    subjects, damaged = [], 0
    for path in paths:
        record = ImageRecord(path.name, path, 0, 0, path.stem)
        try:
            image = record.read()
        except PosetuneError:
            damaged += 1
            continue
        subjects += [unlabelled_subject(record, pose.crop) for pose in landmarker.predict(image)]
    if not subjects:
        raise PosetuneError(f"No person was found in the {len(paths)} images of the replay folder {folder}.")
    say(
        f"Replay: {len(subjects)} people in {len(paths)} images of {folder}"
        + (f", {damaged} damaged." if damaged else ".")
    )
    return subjects


def _sample_set() -> list[Subject]:
    """The ordinary people of the sample set's training side, held to stock: their exact labels would pull the network to the
    renderer's notion of a joint and cost skill (docs/lab/results/rendered-people.md).
    """
    people = worth(load_dataset(_sample_folder(), _ORDINARY_TRAIN))
    return [unlabelled_subject(p.image, p.crop) for p in people if p.crop is not None]


def _rendered(count: int) -> list[Person]:
    """The people in ``count`` pictures of all scenes in turn, rendered into the cache folder on first use.

    They are of the population's training side, so that the sample set's held-out people stay unlike them.
    """
    from posetune.synthetic import scenes
    from posetune.synthetic.generate import Order, generate, pick_renderer

    renderer, _ = pick_renderer("auto")
    folder = cache.folder() / f"synthetic-{__version__}-{renderer}"
    order = Order(scenes.names(), count, 320, 21, f"first{count}", population=(0.0, 0.6), renderer=renderer)
    with Progress(None, "people rendered") as progress:
        generate(order, folder, progress=progress)
    return worth(load_dataset(folder, order.split))


def _depth_only(person: Person) -> Subject:
    """Somebody rendered to learn z and world landmarks from. Their points in the picture are neither taught, since a
    renderer's notion of a joint is not that of who labels photographs, nor held to stock, which errs on hard scenes.
    """
    from posetune.tune.people.label_trust import DISTRUSTED

    subject = subject_of(person, np.full(COUNT, DISTRUSTED, np.float32))
    return dataclasses.replace(subject, visible=np.full(COUNT, np.nan, np.float32))


def ordinary_subjects() -> list[Subject]:
    """The ordinary people of the sample set that nothing is trained on, with their true labels."""
    return [subject_of(p) for p in worth(load_dataset(_sample_folder(), _ORDINARY))]


def _sample_folder() -> Path:
    """The sample set, unpacked into the cache folder on first use."""
    from posetune.synthetic.sample import write_sample

    folder = cache.folder() / f"sample-{__version__}"
    if not all((folder / "annotations" / f"{name}.json").exists() for name in (_ORDINARY, _ORDINARY_TRAIN)):
        write_sample(folder)
    return folder
