"""The last choices of a run, made on people that nothing was trained on: how much of the tuned weights to keep, and how
readily the heatmap may speak.

The way between stock and tuned weights trades skill for memory: by layers (``graph.torch.merge``), which forgets less than a
straight line for the same skill (docs/lab/results/skill-and-forgetting.md). And training on labels that no one can place exactly
makes heatmaps broad and their peaks low, so that MediaPipe, which trusts peaks of 0.5 and more, uses them less than it should; a
constant added to their logits puts that right.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from torch import Tensor

from posetune.graph.torch.network import Network
from posetune.tune.crop_protocol import in_torch, measured
from posetune.tune.people.batches import BatchMaker, BatchPlan
from posetune.tune.people.collect import Material
from posetune.tune.people.replay import ordinary_subjects
from posetune.tune.people.samples import Subject
from posetune.tune.people.surroundings import surroundings
from posetune.tune.training.trainer import Trainer

if TYPE_CHECKING:
    from posetune.tune.session import Session

_SHARES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.7, 0.6, 0.5)
#: How much the error on the sample set's ordinary people, whom training has not seen, may grow in any case …
_GROWTH = 0.01
#: … and as a share of what is gained on validation. How rendered people and everyday photos go together differs from network
#: to network (docs/lab/results/weightlifting.md), so this is a bound on the trade and no forecast.
_TRADE = 0.25
#: What was learnt from n people is taken to at most about n / (n + this): of 26 people, 70 % of the weights by layers gain nearly
#: what 80 % on a straight line do, and forget half as much (docs/lab/results/skill-and-forgetting.md).
_PRIOR = 12
#: The last part of the way gains least, as a run ends near the best place along it, and costs as much memory as any other
#: part: 0.3 to 1 % less gained on weightlifting for 1.4 % less forgotten, in each of two runs (docs/lab/results/weightlifting.md).
_MOST = 0.9
#: A gain measured on n people counts n / (n + this).
_DOUBT = 10
_BIASES = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5)  # logits
#: Biases whose errors differ by less than this share are equal, as far as so few people can tell.
_FLAT = 0.003
#: Crops on which layers are looked at: of the user's people, of others, and of places besides the user's people; so many at once.
_OWN, _OTHERS, _PLACES, _READ = 48, 48, 32, 8
_VAL_PEOPLE = 150  # of val: two numbers are chosen on them


@dataclass(frozen=True)
class Choice:
    """``share``: of the tuned weights against stock's. ``heatmap_bias``: added to the logits of the 33 heatmaps."""

    share: float
    heatmap_bias: float = 0.0


def choose(session: Session, trainer: Trainer, weights: Sequence[Tensor], people: Material) -> Choice:
    """Put ``weights`` (the best of the run) in place and choose what the configuration leaves open of ``blend`` and
    ``heatmap_bias``.

    The bias: the one with the least sum of the errors on ``people.val`` and on ordinary rendered people, each relative to
    stock's, or the middle one of those that are equal to it, since chance decides between them.
    The share: the largest at which, with its bias, the error on those people grows by no more than :data:`_GROWTH`, or by
    :data:`_TRADE` of what is gained on val (less, where that is few people); smaller ones are taken as long as val itself gets
    better by them, as where few people taught poses of many kinds. val may be empty: nothing is gained then, and the bias is
    0. Where few people were learnt from the share is smaller, and it is :data:`_MOST` at most, unless what the weights are
    blended with is no network that anybody uses (a resized one, untuned).
    """
    trainer.use(weights)
    config, val = trainer.config, people.val
    if config.blend == "auto" or 0 < float(config.blend) < 1:
        _weigh(session, trainer, people)
    free_bias = config.heatmap_bias == "auto" and len(val) > 0
    biases = _BIASES if free_bias else (0.0 if config.heatmap_bias == "auto" else float(config.heatmap_bias),)
    if config.blend != "auto" and len(biases) == 1:
        return Choice(float(config.blend), biases[0])
    most = _MOST if trainer.reference is trainer.stock else 1.0
    shares = _shares(len(people.train), most) if config.blend == "auto" else (float(config.blend),)
    ordinary = ordinary_subjects()
    some = [val[i] for i in np.random.default_rng([config.seed, 4]).permutation(len(val))[:_VAL_PEOPLE]]
    with session.report.counting(
        "crops, blend and heatmaps searched", (1 + len(shares)) * (len(ordinary) + len(some))
    ) as counter:

        def errors(network: Network, subjects: Sequence[Subject], biases: Sequence[float]) -> np.ndarray:
            answerer = in_torch(network, trainer.device, biases)
            return measured(answerer, subjects, session.cache, trainer.pool, counter).mean_px

        tried = _tried(trainer, shares, biases, (ordinary, some), errors)
    if free_bias:
        session.say(
            f"Heatmap logits raised by {biases[tried.best]:g}: {tried.domain_error / tried.domain[0] - 1:+.1%} error on "
            f"validation, {tried.ordinary[tried.best] / tried.ordinary[0] - 1:+.1%} on ordinary people."
        )
    session.say(
        f"Ordinary people (rendered, unseen): error {tried.ordinary[tried.best] - 1:+.1%} against stock with "
        f"{tried.share:.0%} of the tuned weights, the rest stock's: that is kept, and it is why the file's error on validation "
        "is not the best that was seen."
    )
    return Choice(tried.share, biases[tried.best])


def _weigh(session: Session, trainer: Trainer, people: Material) -> None:
    """Let the way between stock and tuned be one layer by layer, by what excites a layer on the user's people and what on others.
    Not where there are none, nor from a network that nobody uses (a resized one, untuned).
    """
    if not people.replay or trainer.reference is not trainer.stock:
        return
    config, size = session.config, trainer.network.input_size
    beside = surroundings(people.train, _PLACES, config.seed)
    # Rendered people alone do not read as photographs do.
    others = [people.replay[i] for i in np.random.default_rng([config.seed, 6]).permutation(len(people.replay))]
    plan = BatchPlan(_READ, 0.0, size, config.augment, config.seed)
    with session.report.counting("crops, layers looked at", _OWN + _OTHERS + len(beside)) as counter:

        def crops(subjects: Sequence[Subject], count: int) -> Iterator[Tensor]:
            make = BatchMaker(subjects, [], plan, session.cache)
            for step in range(count // _READ if subjects else 0):
                yield make(step).images
                counter.step(by=_READ)

        trainer.weigh(crops(people.train, _OWN), chain(crops(others, _OTHERS), crops(beside, len(beside))))


def _tried(
    trainer: Trainer,
    shares: Sequence[float],
    biases: Sequence[float],
    people: tuple[Sequence[Subject], Sequence[Subject]],
    errors: Callable[[Network, Sequence[Subject], Sequence[float]], np.ndarray],
) -> _Tried:
    """The share to keep, see :func:`choose`. ``people``: ordinary ones, and some of val; ``errors``: of a network on some of
    them, for each bias.
    """
    ordinary, some = people
    stock = float(errors(trainer.stock, ordinary, (0.0,))[0])
    stock_domain = float(errors(trainer.stock, some, (0.0,))[0]) if some else 1.0
    kept: _Tried | None = None
    for share in shares:
        network = trainer.blended(share)
        general = errors(network, ordinary, biases) / stock
        domain = errors(network, some, biases) / stock_domain if some else np.ones(len(biases))
        tried = _Tried(share, _middle_of_the_least(domain + general), domain, general)
        better = kept is not None and tried.allowed(len(some)) and tried.domain_error < kept.domain_error
        if kept is not None and kept.allowed(len(some)) and not better:
            break
        kept = tried
    assert kept is not None
    return kept


class _Tried(NamedTuple):
    """A share with its best bias; the errors relative to stock's, for every bias."""

    share: float
    best: int
    domain: np.ndarray
    ordinary: np.ndarray

    @property
    def domain_error(self) -> float:
        return float(self.domain[self.best])

    def allowed(self, people: int) -> bool:
        """Whether ordinary people allow it, if ``people`` say what is gained."""
        gain = (1 - self.domain_error) * people / (people + _DOUBT)
        return bool(self.ordinary[self.best] <= 1 + max(_GROWTH, _TRADE * gain))


def _middle_of_the_least(errors: np.ndarray) -> int:
    """The place of the least of ``errors``, or the middle place of those that are hardly larger."""
    least = np.flatnonzero(errors <= errors.min() * (1 + _FLAT))
    return int(least[len(least) // 2])


def _shares(people: int, most: float) -> tuple[float, ...]:
    """The shares to try, the largest first, for weights learnt from so many people: at most ``most``."""
    most = min(most, people / (people + _PRIOR) + 0.03)  # to the nearest of them
    return tuple(share for share in _SHARES if share <= most) or _SHARES[-1:]
