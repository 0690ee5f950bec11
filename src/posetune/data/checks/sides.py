"""Left and right exchanged: in the whole body, the arms or the legs. Judged by evidence, which is counted in logarithms of odds.

Two witnesses. Networks that looked at the person several ways (``looks.Looks``): each look says how much likelier its points are if
the label is exchanged than if it is right, with an error that is the larger the less the looks agree and the worse they fit this
person at all. And the label's own geometry: whoever has the shoulders' left and right one way round has the hips' the same way,
unless turned by more than a right angle between them; and of whom the face is seen, the left side is on the right of the picture.

How well that works, and on what: docs/lab/results/suspects.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from posetune.data.checks.finding import Finding, who
from posetune.data.checks.looks import Looks
from posetune.data.people import Person
from posetune.data.suspects import SWAP_TEXTS
from posetune.landmarks import COUNT, FLIP, INDEX, LEFT_HIP, LEFT_SHOULDER, REGIONS, RIGHT_HIP, RIGHT_SHOULDER

#: How many people have sides exchanged, and in which way, is estimated from the set itself, beginning with one of so many people
#: beside it. Evidence has to outweigh that share: in a set where hardly anybody has, what looks exchanged is more likely the
#: network's mistake.
_BEGIN_EXCHANGED, _BEGIN_PEOPLE = 1.0, 12.0
#: One way is never taken for rarer than this, all together never for more frequent.
_RAREST, _MOST_FREQUENT = 0.001, 0.2
#: The error of a network that is sure, in torsos; that of one that is not grows with its looks' spread and its misfit.
_ERROR = 0.1
#: A point lies anywhere, whatever the label, in so many cases: no single point decides.
_STRAY = 0.02
#: Networks see the person at all if their points lie so near, the mean over points and looks in torsos, with sides as they are or
#: exchanged.
_FITS = 0.5
#: A single look is worth no more than this: networks take backs for fronts, and say so with every point.
_MOST = 6.0
#: Shoulders and hips one way round speak against an exchange of arms or legs alone with this much, the other way round for it. In
#: four sets looked at they are one way round in 94 to 100 of 100 people.
_TWIST = 3.0
#: … in full where the product of both widths is far above this (torsos²).
_TWIST_WIDTH = 0.03
#: Whose nose and eyes are seen faces us (of 120 such labels 119 have the left side where it is then); whose are not, turns the
#: back, or hides them: three in four.
_FACE_SEEN, _FACE_HIDDEN = 3.0, 1.0
#: … in full where shoulders and hips are much wider than this (torsos), in sets where of so many people, at least, the face is
#: seen, and of so many it is not: there v means something.
_FACE_WIDTH, _FACES_DIFFER = 0.1, 0.05

#: Limbs that cross, where exchanged they would not, speak for an exchange from that joint on, such that do not, against it, with
#: this much: of right labels 1 to 3 in 100 have crossed thighs, next to none crossed upper arms.
_CROSSED = 2.5
#: … in full where exchanged limbs would be much more than this shorter or longer (torsos).
_CROSSED_LENGTH = 0.1

_FACE = [INDEX["nose"], INDEX["left_eye"], INDEX["right_eye"]]


@dataclass(frozen=True)
class Exchange:
    """One way in which sides may be exchanged. ``kind``: of the finding. ``pairs``: the left one of each pair of points.
    ``share``: of all exchanges, before a set is looked at: whole bodies and limbs most of all. ``hangs_on``: the left one of the
    pair that stays and that the limb hangs on, for limbs that are exchanged from a joint on.
    """

    kind: str
    pairs: tuple[int, ...]
    share: float
    hangs_on: int | None = None


def _left(*regions: str) -> tuple[int, ...]:
    return tuple(i for region in regions for i in REGIONS[region] if i < FLIP[i])


_LEGS, _ARMS = (LEFT_HIP, *_left("legs", "feet")), (LEFT_SHOULDER, *_left("arms", "hands"))
#: The ways, and what they are called.
EXCHANGES = {
    "all": Exchange("swap_all", (*_ARMS, *_LEGS), 0.4),
    "arms": Exchange("swap_arms", _ARMS, 0.15),
    "legs": Exchange("swap_legs", _LEGS, 0.15),
    "elbows": Exchange("swap_arms", _ARMS[1:], 0.1, LEFT_SHOULDER),
    "wrists": Exchange("swap_arms", _ARMS[2:], 0.05, INDEX["left_elbow"]),
    "knees": Exchange("swap_legs", _LEGS[1:], 0.1, LEFT_HIP),
    "ankles": Exchange("swap_legs", _LEGS[2:], 0.05, INDEX["left_knee"]),
}


@dataclass(frozen=True)
class Evidence:
    """``total``: for each of :data:`EXCHANGES` that can be told the logarithm of the odds for it against the label as it is, if
    both were as frequent.
    """

    total: dict[str, float]

    @property
    def strongest(self) -> float:
        return max(self.total.values(), default=-np.inf)


def find_swaps(people: Sequence[Person], looks: Looks) -> dict[int, Finding]:
    """Position in ``people`` → the finding, for those whose sides are more likely exchanged than not."""
    faces = faces_tell(people)
    evidence = [swap_evidence(person, *looks.of(i), faces) for i, person in enumerate(people)]
    odds = np.array([[e.total.get(name, -np.inf) for name in EXCHANGES] for e in evidence]).reshape(-1, len(EXCHANGES))
    each = chances(odds, shares_of(odds))
    sure = each.sum(axis=1)
    findings = {}
    for i in np.flatnonzero(sure >= 0.5).tolist():
        person, name = people[i], list(EXCHANGES)[int(each[i].argmax())]
        kind = EXCHANGES[name].kind
        findings[i] = Finding(
            kind,
            f"{who(person)}: {SWAP_TEXTS[kind]}",
            float(sure[i]),
            image=person.image,
            person=person,
            points=tuple(int(j) for left in told_pairs(person, name) for j in (left, FLIP[left])),
            answer_px=looks.of(i)[0].mean(axis=0),
        )
    return findings


def shares_of(odds: np.ndarray) -> np.ndarray:
    """(H,) the shares of people exchanged in each way that explain ``odds``, (N, H) the logarithms of the evidence (−inf: none):
    the mean of what they make of each person, again and again (expectation maximisation of the shares of a mixture).
    """
    begin = _BEGIN_EXCHANGED * np.array([exchange.share for exchange in EXCHANGES.values()])
    shares = begin / _BEGIN_PEOPLE
    for _ in range(50):
        shares = (chances(odds, shares).sum(axis=0) + begin) / (len(odds) + _BEGIN_PEOPLE)
        shares = np.maximum(shares * min(1.0, _MOST_FREQUENT / shares.sum()), _RAREST)
    return shares


def chances(odds: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """(N, H) 0…1: how likely each way is, if so large a share of all people has sides exchanged so; the rest is that nothing is."""
    weights = shares * np.exp(np.clip(odds, -50, 50))
    return weights / (1 - shares.sum() + weights.sum(axis=1, keepdims=True))


def doubtful(people: Sequence[Person], looks: Looks) -> list[int]:
    """Positions of those for whose exchange anything speaks: a second network should be asked about them."""
    faces = faces_tell(people)
    return [i for i, person in enumerate(people) if swap_evidence(person, *looks.of(i), faces).strongest > 0]


def told_pairs(person: Person, name: str) -> list[int]:
    """The pairs of an exchange, by their left ones, of which both points are labelled."""
    return [i for i in EXCHANGES[name].pairs if person.labelled[i] and person.labelled[FLIP[i]]]


def faces_tell(people: Sequence[Person]) -> bool:
    """Whether v of the face tells who faces us: there are people of both kinds."""
    seen = [_face_seen(person) for person in people]
    counts = seen.count(True), seen.count(False)
    return min(counts) >= max(2, _FACES_DIFFER * sum(counts))


def swap_evidence(person: Person, points: np.ndarray, visibility: np.ndarray, faces: bool = False) -> Evidence:
    """What speaks for an exchange. ``points``: (V, 33, 2) image px, V looks; ``visibility``: (V, 33) 0…1; ``faces``: whether v of
    the face tells anything, see :func:`faces_tell`.
    """
    scale = person.torso if np.isfinite(person.torso) else person.side_torso
    paired = told_pairs(person, "all")
    if not len(points) or not paired or not scale > 0 or not _seen_at_all(person, points, scale):
        return Evidence({})
    for_exchange = _by_point(person, points, visibility, scale, np.array([*paired, *FLIP[paired]]))
    total = {}
    for name, exchange in EXCHANGES.items():
        told = told_pairs(person, name)
        if told:
            by_look = for_exchange[:, [*told, *FLIP[told]]].sum(axis=1) / 2
            total[name] = float(np.clip(by_look, -_MOST, _MOST).mean()) + _crossing(person, exchange, scale)
    for name in ("arms", "legs"):
        if name in total:
            total[name] += _twist(person, scale)
    if faces and "all" in total:
        total["all"] += _facing(person, scale)
    return Evidence(total)


def _seen_at_all(person: Person, points: np.ndarray, scale: float) -> bool:
    """Whether the looks fit the label, whichever way round its arms and its legs are."""
    apart: list[float] = []
    for name in ("arms", "legs"):
        told = told_pairs(person, name)
        which = [*told, *FLIP[told]] if told else []
        readings = (person.keypoints[which, :2], person.keypoints[FLIP[which], :2])
        distances = [
            np.minimum(np.linalg.norm(points[:, which] - r, axis=-1) / scale, 1).mean(axis=0) for r in readings
        ]
        apart += min(distances, key=lambda d: float(d.sum())).tolist() if told else []
    return float(np.mean(apart)) <= _FITS


def _by_point(
    person: Person, points: np.ndarray, visibility: np.ndarray, scale: float, which: np.ndarray
) -> np.ndarray:
    """(V, 33): log-likelihood of each look's points if sides are exchanged, less that of the label as it is; 0 for others than
    ``which``. What a network takes for hidden weighs less.
    """
    label, exchanged = person.keypoints[:, :2], person.keypoints[FLIP, :2]
    to_label = np.linalg.norm(points - label, axis=-1) / scale
    to_exchanged = np.linalg.norm(points - exchanged, axis=-1) / scale
    misfit = np.median(np.minimum(to_label, to_exchanged)[:, which])
    spread = np.linalg.norm(points - points.mean(axis=0), axis=-1)
    error = np.sqrt(_ERROR**2 + misfit**2 + (spread**2).mean(axis=0) / scale**2)

    def likelihood(distance: np.ndarray) -> np.ndarray:
        return np.log((1 - _STRAY) * np.exp(-(distance**2) / (2 * error**2)) + _STRAY)

    evidence = np.zeros((len(points), COUNT))
    evidence[:, which] = ((likelihood(to_exchanged) - likelihood(to_label)) * visibility)[:, which]
    return evidence


def _twist(person: Person, scale: float) -> float:
    """Positive where shoulders and hips are labelled the opposite way round, across the trunk; 0 where that cannot be told."""
    shoulders, hips = _widths(person)
    return float(-_TWIST * np.tanh(shoulders * hips / scale**2 / _TWIST_WIDTH))


def _crossing(person: Person, exchange: Exchange, scale: float) -> float:
    """Positive where the limbs that hang on a joint cross, negative where they would if they were exchanged; 0 for exchanges of
    whole limbs, and where that cannot be told.
    """
    if exchange.hangs_on is None:
        return 0.0
    upper, lower = exchange.hangs_on, exchange.pairs[0]
    if not person.labelled[[upper, FLIP[upper], lower, FLIP[lower]]].all():
        return 0.0
    points = person.keypoints[:, :2]
    tops, ends = points[[upper, FLIP[upper]]], points[[lower, FLIP[lower]]]
    as_it_is = np.linalg.norm(tops - ends, axis=1).sum()
    exchanged = np.linalg.norm(tops - ends[::-1], axis=1).sum()
    return float(-_CROSSED * np.tanh((exchanged - as_it_is) / scale / _CROSSED_LENGTH))


def _facing(person: Person, scale: float) -> float:
    """Positive where the trunk is labelled as one that turns its back, and the face is seen, or the other way round."""
    seen, width = _face_seen(person), sum(_widths(person)) / 2 / scale
    if seen is None:
        return 0.0
    return float((-_FACE_SEEN if seen else _FACE_HIDDEN) * np.tanh(width / _FACE_WIDTH))


def _face_seen(person: Person) -> bool | None:
    """Whether nose and both eyes are visible; None if some are, or the label does not tell."""
    visible = person.keypoints[_FACE, 2] == 2
    return bool(visible.all()) if visible.all() or not visible.any() else None


def _widths(person: Person) -> tuple[float, float]:
    """How far the left shoulder and the left hip lie to the right of their partners, image px, as seen with the shoulders above the
    hips: positive of somebody who faces us. 0 where the trunk is not labelled.
    """
    if not person.labelled[[LEFT_SHOULDER, RIGHT_SHOULDER, LEFT_HIP, RIGHT_HIP]].all():
        return 0.0, 0.0
    points = person.keypoints[:, :2]
    up = points[[LEFT_SHOULDER, RIGHT_SHOULDER]].mean(axis=0) - points[[LEFT_HIP, RIGHT_HIP]].mean(axis=0)
    across = np.array([-up[1], up[0]]) / max(np.hypot(*up), 1e-9)
    shoulders, hips = points[LEFT_SHOULDER] - points[RIGHT_SHOULDER], points[LEFT_HIP] - points[RIGHT_HIP]
    return float(shoulders @ across), float(hips @ across)
