"""``posetune train --method corrector``: a small model behind the unmodified network, in seconds.

The network stays as it is; what it answers on the labelled people is the material (kept in the cache folder, so that a
second run asks nothing). A ridge regression, a support vector regression and a small perceptron are fitted on the
training people, and the validation people decide which of them, with which setting, and how much of it: from nothing at
all over the constant offset to the whole model. So the result is never worse on them than the constant offset.
"""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from posetune import stock
from posetune._version import __version__
from posetune.data.answer_cache import cached_answers
from posetune.data.answers import Answers
from posetune.data.people import Dataset, Person
from posetune.errors import PosetuneError
from posetune.files import write_bytes
from posetune.geometry import SIZE
from posetune.graph.points import has_own_points
from posetune.progress import Reporter
from posetune.runtime.corrector import Corrector, Gate, Layer, body_features
from posetune.runtime.landmarker import Landmarker
from posetune.tune.config import TrainConfig
from posetune.tune.methods.corrector.fit import (
    Candidate,
    Material,
    candidates,
    fit_constant,
    fit_gate,
    one_thread,
    predict,
)
from posetune.tune.people.collect import record_split
from posetune.tune.people.label_trust import trust_from
from posetune.tune.people.labelled import load_splits, trainable_people
from posetune.tune.run import Start, TrainResult
from posetune.tune.run_folder import MODEL
from posetune.tune.session import Session

STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
AMOUNTS = (1.0, 0.75, 0.5, 0.25, 0.0)
#: A landmark with fewer trusted labels than this is left where the network put it.
FEWEST_LABELS = 5


@dataclass(frozen=True, eq=False)
class Choice:
    """What may be taken: a kind of model ("constant": none) with its setting, how much of it, and what the folds say.

    ``score``: over the folds, see :func:`choose`; ``error``: over all points on validation; both crop px.
    """

    kind: str
    setting: str
    models: tuple[tuple[Layer, ...], ...]
    gate: Gate | None
    strength: float
    amount: float
    score: float
    error: float

    def line(self) -> dict[str, Any]:
        """For the log of the run."""
        return {
            "kind": "candidate", "model": self.kind, "setting": self.setting, "strength": self.strength,
            "amount": self.amount, "val_px": self.error, "score_px": self.score,
        }  # fmt: skip


def train(config: TrainConfig, start: Start) -> TrainResult:
    """Train a corrector behind ``config.base`` and leave it, with its network, in the run folder ``config.out``.

    Of ``config`` it uses data, splits, base, out, seed, threads and suspects. Returns the validation errors of the network
    alone and of both together.

    Raises PosetuneError for unusable data, a base that has a corrector already, or an unwritable folder.
    """
    if config.size != SIZE:
        raise PosetuneError(f"A corrector stands behind the network as it is: leave out size {config.size}.")
    session = Session.open(config, start, correctable_networks)
    train_set, val_set = _people(session)
    begun = time.monotonic()
    asker = _Asker(session)
    views, val_views = asker.both_views(train_set, "training people"), asker.both_views(val_set, "validation people")
    seconds = time.monotonic() - begun

    trust = np.ones((len(train_set.people), 33))
    if config.suspects:
        answers = [np.concatenate([a.points_px, a.visibility[..., None]], axis=-1) for a in views]
        trust = trust_from(train_set, np.stack(answers), session.say)
    landmarks = _learnable(train_set, trust)
    material = material_of(train_set.people, views, trust, landmarks)
    val = material_of(val_set.people, val_views[:1], np.ones((len(val_set.people), 33)), landmarks)
    with one_thread():
        chosen, constant, tried = choose(material, val, landmarks, config.seed, session.report)
    for choice in tried:
        session.emit(choice.line())
    corrector = _corrector(session, chosen, constant, landmarks, len(train_set.people))
    return _close(session, corrector, chosen, _errors(corrector, val_set, val_views[0]), {
        "train_people": len(train_set.people), "val_people": len(val_set.people), "seconds_asking": round(seconds, 2),
    })  # fmt: skip


def correctable_networks(base: str) -> stock.Networks:
    """What ``base`` names, if a corrector can stand behind it."""
    networks = stock.resolve(base)
    if networks.corrector is not None:
        raise PosetuneError(f"{base} has a corrector already; give the network it stands behind as --base.")
    if has_own_points(networks.landmarks):
        raise PosetuneError(f"{base} has points of its own, and a corrector moves MediaPipe's 33; give another --base.")
    return networks


def _people(session: Session) -> tuple[Dataset, Dataset]:
    """Those to learn from and those to choose on; written into the run folder, too."""
    train_set, val_set = (
        dataclasses.replace(s, people=tuple(trainable_people(s)))
        for s in load_splits(session.config, session.networks, session.report)
    )
    learned, held_out = ([p.image for p in s.people] for s in (train_set, val_set))
    record_split(session, learned, held_out, train_set.root)
    return train_set, val_set


def _corrector(session: Session, chosen: Choice, constant: np.ndarray, landmarks: np.ndarray, people: int) -> Corrector:
    """What counts is the file, rounded as it is."""
    about = {
        "kind": chosen.kind, "setting": chosen.setting, "base": session.networks.name,
        "base_sha256": session.networks.sha256, "posetune": __version__, "train_people": people,
    }  # fmt: skip
    made = Corrector(landmarks, constant, chosen.models, chosen.strength, chosen.amount, about, chosen.gate)
    return Corrector.from_bytes(made.to_bytes())


def _errors(corrector: Corrector, val: Dataset, answers: Answers) -> tuple[float, float, float]:
    """Validation errors, crop px: of the network alone, with the constant offset, with the corrector."""
    constant = dataclasses.replace(corrector, strength=0.0, amount=1.0, gate=None)
    alone, offset, whole = (
        file_error_px(c, val.people, answers) for c in (dataclasses.replace(corrector, amount=0.0), constant, corrector)
    )
    return alone, offset, whole


def _close(
    session: Session, corrector: Corrector, chosen: Choice, errors: tuple[float, float, float], figures: dict[str, Any]
) -> TrainResult:
    file, (base_px, constant_px, tuned_px) = session.folder / stock.RUN_CORRECTOR, errors
    write_bytes(session.folder / MODEL, session.networks.landmarks, durable=True)
    corrector.save(file)
    session.say(
        f"{file} ({len(corrector.to_bytes()) / 1000:.1f} kB): {chosen.kind}, {chosen.strength:.0%} of it "
        f"against the constant offset, {chosen.amount:.0%} applied; on validation {tuned_px:.2f} crop px, the network "
        f"alone {base_px:.2f}, with a constant offset {constant_px:.2f}."
    )
    return session.close(file, {
        "method": session.config.method, "base": session.config.base, "kind": chosen.kind, "setting": chosen.setting,
        "strength": chosen.strength, "amount": chosen.amount, "base_px": base_px, "constant_px": constant_px,
        "tuned_px": tuned_px, **figures, "interrupted": False,
    })  # fmt: skip


def choose(
    material: Material, val: Material, landmarks: np.ndarray, seed: int, report: Reporter
) -> tuple[Choice, np.ndarray, list[Choice]]:
    """``(choice, constant offset (K, 2), the best of every candidate)``.

    Two folds decide, each by the mean over groups of their mean errors, so that one long video does not decide alone: the
    validation people, who see what was fitted on all of ``material``; and the two halves of ``material``, divided by
    group, each of which sees what was fitted on the other. Whoever is worse on validation than the constant offset, over
    all points, is out.
    """
    folds = _Folds.of(material, val, landmarks, seed)
    limit = min(error_px(val, amount * folds.constants[0]) for amount in AMOUNTS)
    tried = [folds.best_of("constant", "", (), folds.constants, (0.0,))]
    learnt_by: dict[str, list[np.ndarray]] = {}
    for candidate in _counted(candidates(seed), report):
        choice, learnt = folds.fitted(candidate)
        if all(choice.score < t.score for t in tried if t.kind == candidate.kind):
            learnt_by[candidate.kind] = learnt
        tried.append(choice)
    # The best of each kind together: their mistakes are not the same.
    members = [_best_of_kind(tried, kind) for kind in learnt_by]
    mean = [np.mean(column, axis=0) for column in zip(*learnt_by.values(), strict=True)]
    setting = ", ".join(f"{m.kind} {m.setting}" for m in members)
    tried.append(folds.best_of("mean", setting, tuple(m.models[0] for m in members), mean, STRENGTHS))
    _say_the_best(tried, report)
    allowed = [t for t in tried if t.error <= limit or t.kind == "constant"]
    return min(allowed, key=lambda t: t.score), folds.constants[0], tried


@dataclass(frozen=True, eq=False)
class _Folds:
    """``pairs``: what is learnt from, and what is looked at with it. Of each: the constant offset (K, 2) that is learnt, the
    material with its mirror images, the gate, and ``passed``, (M, 1, 1): how much of a model the gate lets through.
    """

    pairs: list[tuple[Material, Material]]
    constants: list[np.ndarray]
    mirrored: list[Material]
    gates: list[Gate]
    passed: list[np.ndarray]

    @classmethod
    def of(cls, material: Material, val: Material, landmarks: np.ndarray, seed: int) -> _Folds:
        """Validation first, then the two halves of ``material``."""
        halves = two_halves(material.groups, seed)
        pairs = [(material, val), *((material.take(~half), material.take(half)) for half in halves)]
        mirrored = [taught.with_mirror_images(landmarks) for taught, _ in pairs]
        gates = [fit_gate(taught.features) for taught in mirrored]
        passed = [gate(tested.features)[:, None, None] for gate, (_, tested) in zip(gates, pairs, strict=True)]
        return cls(pairs, [fit_constant(taught) for taught, _ in pairs], mirrored, gates, passed)

    def fitted(self, candidate: Candidate) -> tuple[Choice, list[np.ndarray]]:
        """The best of a candidate, and the offsets that it has learnt, in each fold."""
        layers_of = [candidate.fit(taught) for taught in self.mirrored]
        learnt = [predict(layers, tested.features) for layers, (_, tested) in zip(layers_of, self.pairs, strict=True)]
        return self.best_of(candidate.kind, candidate.setting, (layers_of[0],), learnt, STRENGTHS), learnt

    def best_of(
        self,
        kind: str,
        setting: str,
        models: tuple[tuple[Layer, ...], ...],
        learnt: Sequence[np.ndarray],
        strengths: Sequence[float],
    ) -> Choice:
        """The best strength and amount of a model whose offsets in each fold are ``learnt``."""
        val, gate = self.pairs[0][1], self.gates[0] if models else None
        options = []
        for strength, amount in itertools.product(strengths, AMOUNTS):
            moves = [amount * ((1 - strength) * c + strength * x) for c, x in zip(self.constants, learnt, strict=True)]
            if models:
                moves = [m * p for m, p in zip(moves, self.passed, strict=True)]
            errors = [group_error_px(tested, m) for (_, tested), m in zip(self.pairs, moves, strict=True)]
            score = errors[0] if len(errors) == 1 else (errors[0] + float(np.mean(errors[1:]))) / 2
            options.append(Choice(kind, setting, models, gate, strength, amount, score, error_px(val, moves[0])))
        return min(options, key=lambda choice: choice.score)


def _best_of_kind(tried: Sequence[Choice], kind: str) -> Choice:
    return min((t for t in tried if t.kind == kind), key=lambda t: t.score)


def _say_the_best(tried: Sequence[Choice], report: Reporter) -> None:
    """A line for each kind of model."""
    for kind in dict.fromkeys(t.kind for t in tried):
        t = _best_of_kind(tried, kind)
        what = f"{kind}, {t.setting}" if t.setting else kind
        report.say(
            f"{what}: {t.error:.2f} crop px on validation, score {t.score:.2f} (strength {t.strength:g}, amount {t.amount:g})."
        )


def _counted(all_of_them: Sequence[Candidate], report: Reporter) -> Iterator[Candidate]:
    with report.counting("models fitted", len(all_of_them)) as counter:
        for candidate in all_of_them:
            yield candidate
            counter.step(candidate.kind)


def two_halves(groups: np.ndarray, seed: int) -> list[np.ndarray]:
    """Two (M,) masks, each other's complement, of about as many answers, that share no group; none for one group."""
    names, counts = np.unique(groups.astype(str), return_counts=True)
    if len(names) < 2:
        return []
    first: set[str] = set()
    order = np.random.default_rng(seed).permutation(len(names))
    filled = 0
    for i in sorted(order, key=lambda i: -counts[i]):  # the large ones first: the halves come out nearly equal
        if filled + counts[i] / 2 <= counts.sum() / 2 and len(first) < len(names) - 1:
            first.add(str(names[i]))
            filled += int(counts[i])
    half = np.isin(groups.astype(str), sorted(first))
    return [half, ~half]


def material_of(people: tuple[Person, ...], views: list[Answers], trust: np.ndarray, landmarks: np.ndarray) -> Material:
    """What there is to learn: each of ``views`` (a network's answers to ``people``) beside the labels.

    ``trust``: (N, 33) weights of the labels. Whoever gives no body frame is left out.
    """
    parts: list[list[np.ndarray]] = []
    keypoints = np.array([p.keypoints for p in people])
    sides = np.array([np.nan if p.crop is None else p.crop.side for p in people])
    groups = np.array([p.group for p in people], dtype=object)
    for answers in views:
        features, frames = body_features(answers.points_px, answers.visibility)
        moves = keypoints[:, landmarks, :2] - answers.points_px[:, landmarks, :2]
        labelled = keypoints[:, landmarks, 2] > 0
        targets = frames.to_body(moves) * labelled[..., None]
        unit_px = np.linalg.norm(frames.axes[:, :, 0], axis=1) * SIZE / sides
        kept = np.isfinite(features).all(axis=1) & np.isfinite(unit_px)
        weight = trust[:, landmarks] * labelled
        parts.append([array[kept] for array in (features, targets, weight, unit_px, groups)])
    return Material(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def error_px(material: Material, moves: np.ndarray) -> float:
    """Mean over labelled points of what is left after ``moves``, (K, 2) or (M, K, 2) body units, in crop px."""
    distance = np.linalg.norm(material.targets - moves, axis=-1) * material.unit_px[:, None]
    return float(distance[material.weight > 0].mean())


def file_error_px(corrector: Corrector, people: tuple[Person, ...], answers: Answers) -> float:
    """Mean over labelled points of the error of ``answers`` as ``corrector`` moves them, in crop px."""
    moved = answers.points_px[..., :2] + corrector.offsets(answers.points_px, answers.visibility)
    keypoints = np.array([p.keypoints for p in people])
    sides = np.array([np.nan if p.crop is None else p.crop.side for p in people])
    distance = np.linalg.norm(moved - keypoints[..., :2], axis=-1) * (SIZE / sides)[:, None]
    return float(distance[keypoints[..., 2] > 0].mean())


def group_error_px(material: Material, moves: np.ndarray) -> float:
    """The mean over groups of :func:`error_px`."""
    distance = np.linalg.norm(material.targets - moves, axis=-1) * material.unit_px[:, None]
    known = material.weight > 0
    sums = np.bincount(material.member, np.where(known, distance, 0).sum(axis=1))
    counts = np.bincount(material.member, known.sum(axis=1))
    return float((sums[counts > 0] / counts[counts > 0]).mean())


def _learnable(dataset: Dataset, trust: np.ndarray) -> np.ndarray:
    """(K,) the landmarks with enough labels to learn from."""
    labelled = np.array([p.labelled for p in dataset.people]) & (trust > 0.5)
    landmarks = np.flatnonzero(labelled.sum(axis=0) >= FEWEST_LABELS)
    if not landmarks.size:
        raise PosetuneError(
            f"{dataset.name} has no landmark with at least {FEWEST_LABELS} labels; a corrector has nothing to learn."
        )
    return landmarks


class _Asker:
    """Asks the network, only what the cache does not know."""

    def __init__(self, session: Session) -> None:
        networks = session.networks
        self._landmarker = Landmarker(networks.landmarks, networks.detector, threads=session.config.threads)
        self._sha256, self._report = networks.sha256, session.report

    def both_views(self, dataset: Dataset, what: str) -> list[Answers]:
        """The answers on each crop and on its mirror image: two looks at one label."""
        views = []
        for mirrored in (False, True):
            with self._report.counting(f"{what}, mirrored" if mirrored else what, len(dataset.people)) as counter:
                views.append(
                    cached_answers(
                        self._landmarker, self._sha256, dataset.people, mirrored=mirrored, progress=counter.at
                    )
                )
        return views
