"""Learning without labels: whoever a teacher network finds in images and videos, with its pseudo-labels."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import astuple, replace
from pathlib import Path

import numpy as np

from posetune import stock
from posetune._version import __version__
from posetune.data.drawings import SIDE, is_drawing
from posetune.data.people import ImageRecord
from posetune.data.predictions import Predictions
from posetune.data.split import MOST_SPLIT_OFF, choose_groups
from posetune.data.teacher import VIEWS, pseudo_labels
from posetune.data.unlabelled import find_people, unlabelled_images
from posetune.errors import PosetuneError
from posetune.files import NPZ_ERRORS, replacing
from posetune.geometry import Crop
from posetune.graph.points import has_own_points
from posetune.landmarks import COUNT
from posetune.progress import Reporter
from posetune.runtime.landmarker import Landmarker
from posetune.runtime.load import of_networks
from posetune.tune.config import TrainConfig
from posetune.tune.people.predicted import predicted_subjects
from posetune.tune.people.samples import Subject
from posetune.tune.run_folder import PSEUDO_LABELS

_NOTHING = np.full(COUNT, np.nan, np.float32)


def teachers_labels(config: TrainConfig, held_back: set[Path], folder: Path, report: Reporter) -> list[Subject]:
    """Whoever the teacher is sure of in images that are not ``held_back``; asked once for a run folder, however often the
    run is resumed. A teacher may be a file of predictions (.json) that another program made.
    """
    if Path(config.teacher).suffix.lower() == ".json":
        predictions = Predictions.read(config.teacher)
        return predicted_subjects(predictions, _records(config, held_back, folder, report), report.say)
    teacher = stock.resolve(config.teacher)
    if has_own_points(teacher.landmarks):
        raise PosetuneError(f"The teacher {config.teacher} has points of its own; it must give MediaPipe's 33.")
    records = _records(config, held_back, folder, report)
    state = [(str(r.path.resolve()), r.path.stat().st_size) for r in records]
    content = hashlib.sha256(
        teacher.landmarks + teacher.detector + (teacher.corrector or b"") + repr((state, VIEWS)).encode()
    ).hexdigest()
    asked = f"{content} drawings={config.drawings} posetune={__version__}"
    subjects = kept(folder / PSEUDO_LABELS, asked)
    if subjects is not None:
        report.say(f"Pseudo-labels: {len(subjects)} people, as kept in {folder / PSEUDO_LABELS}.")
        return subjects
    subjects = pseudo_labelled(of_networks(teacher), records, report, drawings=config.drawings)
    keep(folder / PSEUDO_LABELS, asked, subjects)
    return subjects


def _records(config: TrainConfig, held_back: set[Path], folder: Path, report: Reporter) -> list[ImageRecord]:
    """The unlabelled images that may be learnt from."""
    found = unlabelled_images(config.unlabelled, folder / "frames", report.say)
    records = [record for record in found if record.path.resolve() not in held_back]
    if len(records) < len(found):
        report.say(
            f"{len(found) - len(records)} of them are not learnt from: they belong to validation or to another split of "
            f"{config.data}."
        )
    if not records:
        raise PosetuneError(
            f"All unlabelled images belong to validation or to another split of {config.data}; give others."
        )
    return records


def pseudo_labelled(
    teacher: Landmarker, records: Sequence[ImageRecord], report: Reporter, most_people: int = 5, drawings: bool = False
) -> list[Subject]:
    """The people that ``teacher`` finds in the images, as training subjects with its pseudo-labels.

    Left out are people about whom its views disagree (wrong detections, posters), single points likewise, and who seems to be
    drawn, unless ``drawings`` are to be learnt too.

    Raises PosetuneError if nobody is left.
    """
    with report.counting("images searched", len(records)) as counter:
        found, damaged = find_people(teacher, records, most_people, counter.step)
    with report.counting("people looked at", len(found)) as counter:
        labels = pseudo_labels(teacher, found, ImageRecord.read, counter.at)
    subjects, drawn = [], 0
    for (record, crop), points, trust, good in zip(
        found, labels.points_px, labels.trust, labels.believable, strict=True
    ):
        if not good:
            continue
        if not drawings and is_drawing(crop.cut(record.read(), SIDE), crop.to_crop(points, SIDE)):
            drawn += 1
            continue
        subjects.append(_subject(record, crop, points, trust))
    if not subjects:
        raise PosetuneError(
            f"The teacher is sure of nobody in the {len(records)} unlabelled images; they need people of 100 px or more"
            + (f". {drawn} who seem to be drawn were left out; --set drawings=true keeps them." if drawn else ".")
        )
    kept = np.mean([np.mean(s.weight > 0) for s in subjects])
    report.say(
        f"Pseudo-labels: {len(subjects)} of {len(found)} people found are believable, with {kept:.0%} of their points"
        + (f"; {drawn} who seem to be drawn left out (drawings=true keeps them)" if drawn else "")
        + (f"; {damaged} damaged images left out." if damaged else ".")
    )
    return subjects


def _subject(record: ImageRecord, crop: Crop, points: np.ndarray, trust: np.ndarray) -> Subject:
    return Subject(record, crop, points, trust, _NOTHING, None, f"{record.path.name} (pseudo-labels)")


def keep(file: Path, asked: str, subjects: Sequence[Subject]) -> None:
    """Write pseudo-labels into ``file``; ``asked``: what they depend on.

    Arrays: "asked"; "path", "id", "group" (N,); "crop" (N, 5) cx, cy, side (image px), angle (radians), mirror;
    "points_px" (N, 33, 2) image px; "trust" (N, 33).

    Raises PosetuneError if the file cannot be written.
    """
    images = [s.image for s in subjects]
    with replacing(file) as temporary, temporary.open("wb") as stream:
        np.savez_compressed(
            stream,
            asked=asked,
            path=[str(i.path.resolve()) for i in images],
            id=[str(i.id) for i in images],
            group=[i.group for i in images],
            crop=np.array([astuple(s.crop) for s in subjects], np.float64),
            points_px=np.array([s.keypoints for s in subjects]),
            trust=np.array([s.weight for s in subjects]),
        )


def kept(file: Path, asked: str) -> list[Subject] | None:
    """What :func:`keep` wrote, so that a resumed run need not ask the teacher again; None if it is not there, damaged, or
    answers something else.
    """
    try:
        with np.load(file, allow_pickle=False) as content:
            known = {name: content[name] for name in content.files}
        if str(known["asked"]) != asked:
            return None
        columns = (known[name] for name in ("path", "id", "group", "crop", "points_px", "trust"))
        subjects = []
        for path, name, group, (cx, cy, side, angle, mirror), points, trust in zip(*columns, strict=True):
            record = ImageRecord(str(name), Path(str(path)), 0, 0, str(group))
            crop = Crop(float(cx), float(cy), float(side), float(angle), bool(mirror))
            subjects.append(_subject(record, crop, points, trust))
        return subjects
    except NPZ_ERRORS:
        return None


def hold_out(subjects: Sequence[Subject], share: float, seed: int) -> tuple[list[Subject], list[Subject]]:
    """Divide into those to learn from and those to choose on: whole groups (videos) apart, about ``share`` held out.

    Where there is one group only, or each is too large to be held out, the last people stand for it.
    """
    sizes = Counter(s.image.group for s in subjects)
    held = choose_groups(sizes, share, seed) if len(sizes) > 1 else set()
    if not held or sum(sizes[group] for group in held) > max(MOST_SPLIT_OFF, 1.5 * share) * len(subjects):
        cut = max(1, round(len(subjects) * (1 - share)))
        return list(subjects[:cut]), list(subjects[cut:]) or list(subjects[-1:])
    return [s for s in subjects if s.image.group not in held], [s for s in subjects if s.image.group in held]


def scaled(subjects: Sequence[Subject], points: float) -> list[Subject]:
    """The same subjects, each counting in the loss as somebody with ``points`` fully trusted labels does at most."""
    result = []
    for subject in subjects:
        total = float(subject.weight.sum())
        factor = min(1.0, points / total) if total > 0 else 1.0
        result.append(replace(subject, weight=(subject.weight * factor).astype(np.float32)))
    return result
