"""Names for points that have none, from a network's own answers: each column of points is held against each of the 33.

A column belongs to the landmark that it lies nearest to over many people, all columns together (``data.assignment``). Where
another landmark would do nearly as well, nothing is named: a wrong name ruins a network in silence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from posetune.data.answers import by_image
from posetune.data.assignment import assign
from posetune.data.formats.writing import box_around
from posetune.data.found import HULL_MARGIN
from posetune.data.people import Person
from posetune.errors import PosetuneError
from posetune.geometry import SMALLEST_TORSO, torso_px
from posetune.landmarks import COUNT, INDEX, NAMES, REGIONS
from posetune.runtime.boxes import boxes_of
from posetune.runtime.landmarker import Landmarker

#: So many people are needed, and a column needs so many of them; more people than these are not looked at.
MIN_PEOPLE, MIN_A_COLUMN, MOST_PEOPLE = 20, 10, 80
#: Another name for a column must make the sum of median distances larger by so much, in torsos …
MARGIN = 0.05
#: … and so many of the draws of people (bootstrap) must give the same name.
STABLE, _DRAWS = 0.95, 100
#: A column farther than this from its landmark, in torsos, is none of the 33: networks and people agree better on faces.
_FARTHEST, _FARTHEST_FACE = 0.4, 0.15
#: Of landmarks that lie by each other, people label the first if they label one.
_CLUSTERS = tuple(
    tuple(INDEX[f"{side}_{part}"] for part in parts)
    for side in ("left", "right")
    for parts in (
        ("eye", "eye_inner", "eye_outer"),
        ("wrist", "thumb", "index", "pinky"),
        ("ankle", "heel", "foot_index"),
    )
)
_MOUTH = (INDEX["mouth_left"], INDEX["mouth_right"])
#: By so much, in torsos, a landmark that is not the first of its cluster has to lie nearer.
_SECOND = 0.1


@dataclass(frozen=True)
class Column:
    """What a column of points was found to be. ``landmark``: one of the 33, None: none of them; ``distance``: median, in
    torsos; ``rival``: the name that comes next, and by how much, in torsos, the sum is larger with it; ``stable``: share of the
    draws of people with the same name; ``people``: how many have the point; ``sure``: whether all of that suffices.
    """

    landmark: str | None
    distance: float
    rival: str | None
    margin: float
    stable: float
    people: int

    @property
    def sure(self) -> bool:
        return self.margin >= MARGIN and self.stable >= STABLE and self.people >= MIN_A_COLUMN


def distances(
    people: Sequence[Person], landmarker: Landmarker, progress: Callable[[int], None] | None = None
) -> np.ndarray:
    """(N, K, 33) from each point of each person to each landmark of the network's answer, in torsos of the answer; NaN where
    the point is not labelled. Only the people whom the network finds in their boxes.

    Raises PosetuneError if an image is missing or damaged.
    """
    found = []
    done = 0
    for image, members in by_image(people):
        rgb = image.read()
        for i in members:
            person = people[i]
            points = person.keypoints[person.labelled, :2]
            box = None if person.bbox_from is not None else person.bbox
            box = box_around(points, HULL_MARGIN) if box is None else box
            pose = next(landmarker.poses_in(rgb, boxes_of([box.tolist()])), None)
            if pose is not None:
                torso = torso_px(pose.landmarks_px, np.ones(COUNT, bool))
                if torso > SMALLEST_TORSO:
                    between = person.keypoints[:, None, :2] - pose.landmarks_px[None, :, :2]
                    away = np.linalg.norm(between, axis=-1) / torso
                    away[~person.labelled] = np.nan
                    found.append(away)
        done += len(members)
        if progress is not None:
            progress(done)
    count = people[0].skeleton.count if people else 0
    return np.array(found).reshape(-1, count, COUNT)


def sampled(people: Sequence[Person], seed: int = 0) -> list[Person]:
    """The people to look at: with points enough, from as many images as there are."""
    usable = [p for p in people if not p.ignore and p.labelled.sum() >= max(3, p.skeleton.count // 3)]
    order = np.random.default_rng(seed).permutation(len(usable))
    seen: dict[int, int] = {}
    ranked: list[tuple[int, int, Person]] = []
    for i in order:
        image = id(usable[i].image)
        seen[image] = seen.get(image, 0) + 1
        ranked.append((seen[image], len(ranked), usable[i]))  # one of each image first
    return [person for _, _, person in sorted(ranked, key=lambda r: r[:2])[:MOST_PEOPLE]]


def name_columns(away: np.ndarray, seed: int = 0) -> list[Column]:
    """What each column is. ``away``: (N, K, 33) as :func:`distances` gives it.

    Raises PosetuneError for fewer than MIN_PEOPLE people.
    """
    if len(away) < MIN_PEOPLE:
        raise PosetuneError(
            f"A network found {len(away)} of the people, and names are looked for over at least {MIN_PEOPLE}; name the points with "
            "--names FILE."
        )
    cost = _costs(away)
    chosen = assign(cost)
    total = _sum(cost, chosen)
    rng = np.random.default_rng(seed)
    draws = [assign(_costs(away[rng.integers(0, len(away), len(away))])) for _ in range(_DRAWS)]
    columns = []
    for k, at in enumerate(chosen):
        other = cost.copy()
        other[k, _alike(at, chosen, k)] = _NEVER
        second = assign(other)
        landmark = NAMES[at] if at < COUNT else None
        same = [
            draw[k] == at or (at < COUNT and draw[k] in _alike(at, draw, k)) or min(draw[k], at) >= COUNT
            for draw in draws
        ]
        columns.append(
            Column(
                landmark,
                float(_median(away)[k, at]) if at < COUNT else float(_median(away)[k].min()),
                NAMES[second[k]] if second[k] < COUNT else None,
                _sum(other, second) - total,
                float(np.mean(same)),
                int(np.isfinite(away[:, k, 0]).sum()),
            )
        )
    return columns


_NEVER = 1e3


def _costs(away: np.ndarray) -> np.ndarray:
    """(K, 33 + K): median distances of columns to landmarks, then what it costs to be none of them."""
    cost = _median(away)
    for cluster in _CLUSTERS:
        cost[:, list(cluster[1:])] += _SECOND
    cost[:, list(_MOUTH)] += _SECOND / 2
    face = np.isin(np.arange(COUNT), REGIONS["face"])
    # A point of the face is near or it is none: everything beyond its limit is as far as anything.
    cost = np.where(face & (_median(away) > _FARTHEST_FACE), cost + _FARTHEST, cost)
    return np.concatenate([cost, np.full((len(cost), len(cost)), _FARTHEST)], axis=1)


def _median(away: np.ndarray) -> np.ndarray:
    """(K, 33), far off where nobody has the point."""
    known = np.isfinite(away).any(axis=0)
    with np.errstate(all="ignore"):
        return np.where(known, np.nanmedian(np.where(known, away, 0.0), axis=0), 10.0)


def _sum(cost: np.ndarray, chosen: np.ndarray) -> float:
    return float(cost[np.arange(len(chosen)), chosen].sum())


def _alike(at: int, chosen: np.ndarray, column: int) -> list[int]:
    """The landmark ``at`` and those of its cluster, of which no other column is one: nobody can tell which of them is meant, and
    the first is taken. To be none of the 33 is one thing, however often.
    """
    if at >= COUNT:
        return [at, *range(COUNT, COUNT + len(chosen))]
    for cluster in _CLUSTERS:
        if at in cluster:
            others = {int(c) for k, c in enumerate(chosen) if k != column}
            return [at] if others & set(cluster) else list(cluster)
    return [at]


def table(columns: Sequence[Column]) -> str:
    """For people to look over: a line a column."""
    lines = [f"{'':>3}  {'name':18} {'distance':>8}  {'next':18} {'margin':>6} {'stable':>6} {'people':>6}"]
    for i, c in enumerate(columns, 1):
        doubt = "" if c.sure else "  not sure"
        lines.append(
            f"{i:>3}  {c.landmark or '(none of the 33)':18} {c.distance:8.3f}  {c.rival or '(none of the 33)':18} "
            f"{c.margin:6.2f} {100 * c.stable:5.0f}% {c.people:6}{doubt}"
        )
    lines.append(
        "Of points that lie by each other (an eye and its corners; wrist, thumb, index, pinky; ankle, heel, foot_index) a set with "
        "one of them is taken to have the first."
    )
    return "\n".join(lines)


def refuse_if_unsure(columns: Sequence[Column], where: str) -> None:
    """Raises PosetuneError if a single column is not sure: points belong together, and half a naming is a wrong one."""
    doubtful = [
        f"{i} ({c.landmark or 'none of the 33'} or {c.rival or 'none of the 33'})"
        for i, c in enumerate(columns, 1)
        if not c.sure
    ]
    if doubtful:
        more = f" and {len(doubtful) - 5} more" if len(doubtful) > 5 else ""
        raise PosetuneError(
            f"{where}: not sure of {len(doubtful)} of {len(columns)} points: {', '.join(doubtful[:5])}{more}. A name is "
            f"taken if the next one is farther off by {MARGIN} torsos and {100 * STABLE:.0f} % of the draws agree; name the "
            "points with --names FILE."
        )
