"""Keypoint sets: the points that a network gives or a label file names, and what one has to know about them.

MediaPipe's 33 are one such set, :data:`BLAZEPOSE`; a user's labels define others. A point of a set that means one of
the 33 (by name) keeps what is known of it: body measures, joint angles and OKS sigmas work on any set.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from posetune import landmarks
from posetune.errors import PosetuneError
from posetune.landmarks import Angle

#: The OKS sigma of a point that is none of COCO's 17 and for which the label file says nothing: about COCO's mean.
DEFAULT_SIGMA = 0.07

_SIDES = (("left", "right"), ("Left", "Right"), ("LEFT", "RIGHT"))
_LETTERS = (("l", "r"), ("L", "R"))
_SIDE_WORD = re.compile(r"(?<![A-Za-z])(left|right|Left|Right|LEFT|RIGHT)(?![a-z])|(?<=[a-z])(Left|Right)(?![a-z])")


@dataclass(frozen=True, eq=False)
class Skeleton:
    """A keypoint set of K points.

    ``names``: (K,) as the labels have them. ``edges``: the lines of a drawing, pairs of positions. ``flip``: (K,) the
    position that each becomes when the image is mirrored; an involution. ``sigmas``: (K,) OKS sigmas, NaN for points
    that OKS leaves out.
    """

    names: tuple[str, ...]
    edges: tuple[tuple[int, int], ...]
    flip: np.ndarray
    sigmas: np.ndarray

    @property
    def count(self) -> int:
        """K."""
        return len(self.names)

    @cached_property
    def body(self) -> dict[int, int]:
        """Position → which of the 33 it means, for those that mean one."""
        return landmarks.match_names(self.names)[0]

    @cached_property
    def face(self) -> frozenset[int]:
        """The positions of points of the face, which are drawn small."""
        return frozenset(i for i, landmark in self.body.items() if landmark in landmarks.REGIONS["face"])

    @cached_property
    def angles(self) -> tuple[Angle, ...]:
        """The joint angles whose three points are in the set, as positions in it."""
        place = {landmark: i for i, landmark in self.body.items()}
        return tuple(
            Angle(angle.name, place[angle.a], place[angle.b], place[angle.c])
            for angle in landmarks.ANGLES
            if {angle.a, angle.b, angle.c} <= place.keys()
        )

    def side_of(self, position: int) -> str:
        """ "left", "right" or "middle": on which side of the person a point lies."""
        if self.flip[position] == position:
            return "middle"
        canonical = landmarks.canonical_name(self.names[position])
        if canonical is not None:
            return landmarks.side_of(landmarks.INDEX[canonical])
        # Of two partners that no name tells apart, the first counts as left.
        name = self.names[position]
        return _named_side(name) or ("left" if position < self.flip[position] else "right")

    def from_body(self, values: np.ndarray, missing: float = np.nan) -> np.ndarray:
        """(…33 along axis 0…) values of the 33 → (K, …) in this set's order, ``missing`` where none of the 33 is meant."""
        if self is BLAZEPOSE:
            return values
        taken = np.full((self.count, *values.shape[1:]), missing, values.dtype)
        taken[list(self.body)] = values[list(self.body.values())]
        return taken

    def to_body(self, values: np.ndarray, missing: float = 0.0) -> np.ndarray:
        """(K, …) values of this set → (33, …) of MediaPipe's, ``missing`` where the set has no such point."""
        if self is BLAZEPOSE:
            return values
        taken = np.full((landmarks.COUNT, *values.shape[1:]), missing, values.dtype)
        taken[list(self.body.values())] = values[list(self.body)]
        return taken

    def taken_from(self, other: Skeleton, values: np.ndarray) -> np.ndarray:
        """(K', …) float values of another set → (K, …) in this set's order, NaN where the other has no such point.

        Points are the same if they have the same name or mean the same of the 33.
        """
        if other is self or self.same_points(other):
            return values
        named = {name: i for i, name in enumerate(other.names)}
        meant = {landmark: i for i, landmark in other.body.items()}
        taken = np.full((self.count, *values.shape[1:]), np.nan, values.dtype)
        for i, name in enumerate(self.names):
            source = named.get(name, meant.get(self.body.get(i, -1)))
            if source is not None:
                taken[i] = values[source]
        return taken

    def same_points(self, other: Skeleton) -> bool:
        """Whether both have the same names in the same order."""
        return self.names == other.names

    def as_json(self) -> dict[str, Any]:
        """For the metadata of a network; :meth:`from_json` reads it."""
        return {
            "keypoints": list(self.names),
            "edges": [list(edge) for edge in self.edges],
            "flip": [int(i) for i in self.flip],
            "sigmas": [None if np.isnan(s) else round(float(s), 5) for s in self.sigmas],
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Skeleton:
        """Raises ValueError, KeyError or TypeError if it is not what :meth:`as_json` gives."""
        names = tuple(str(n) for n in content["keypoints"])
        flip = np.array([int(i) for i in content["flip"]])
        sigmas = np.array([np.nan if s is None else float(s) for s in content["sigmas"]])
        edges = tuple((int(a), int(b)) for a, b in content["edges"])
        count = len(names)
        if not count or len(flip) != count or len(sigmas) != count or len(set(names)) != count:
            raise ValueError("names, flip partners and sigmas do not go together")
        if sorted(flip) != list(range(count)) or any(not 0 <= i < count for edge in edges for i in edge):
            raise ValueError("a position lies outside the keypoints")
        return cls(names, edges, flip, sigmas)


def infer(
    names: Sequence[str],
    *,
    where: str = "the labels",
    edges: Sequence[Sequence[int]] | None = None,
    flip_pairs: Sequence[Sequence[str]] | None = None,
    sigmas: Mapping[str, float] | None = None,
) -> Skeleton:
    """The keypoint set of a label file's names, with everything that is not given worked out.

    ``edges``: pairs of positions; without them those of MediaPipe's skeleton whose two points are there.
    ``flip_pairs``: pairs of names that change places in a mirrored image; for the other names "left" and "right" (or l
    and r before or behind) are swapped. Where ``flip_pairs`` is given, a side without its partner stays where it is.
    ``sigmas``: name → OKS sigma; else COCO's for its 17 points and :data:`DEFAULT_SIGMA`. ``where`` names the file in
    errors.

    Raises PosetuneError: no names, a name twice, a position or name that is not there, a side without its partner.
    """
    names = tuple(names)
    if not names:
        raise PosetuneError(f"{where}: no keypoint has a name.")
    twice = next((n for n in names if names.count(n) > 1), None)
    if twice is not None:
        raise PosetuneError(f"{where}: the keypoint {twice} stands twice; give every keypoint its own name.")
    body = landmarks.match_names(names)[0]
    place = {landmark: i for i, landmark in body.items()}
    if edges is None:
        lines = [(place[a], place[b]) for a, b in landmarks.EDGES if a in place and b in place]
    else:
        lines = [(int(a), int(b)) for a, b in edges]
        wrong = next((i for line in lines for i in line if not 0 <= i < len(names)), None)
        if wrong is not None:
            raise PosetuneError(f"{where}: its skeleton has keypoint {wrong + 1}, and there are {len(names)}.")
    oks = {landmark: float(s) for landmark, s in zip(landmarks.COCO17, landmarks.COCO17_SIGMAS, strict=True)}
    values = [
        float(sigmas[name]) if sigmas and name in sigmas else oks.get(body.get(i, -1), DEFAULT_SIGMA)
        for i, name in enumerate(names)
    ]
    return Skeleton(names, tuple(lines), _flip(names, flip_pairs, where), np.array(values))


def _flip(names: tuple[str, ...], pairs: Sequence[Sequence[str]] | None, where: str) -> np.ndarray:
    flip = np.arange(len(names))
    if pairs is not None:
        for a, b in pairs:
            for name in (a, b):
                if name not in names:
                    raise PosetuneError(f"{where}: flip_pairs has {name}, which is not among the keypoints.")
            flip[names.index(a)], flip[names.index(b)] = names.index(b), names.index(a)
    said = {name for pair in pairs or () for name in pair}
    for i, name in enumerate(names):
        partners = [] if name in said else [p for p in _mirrored(name) if p not in said]
        there = [partner for partner in partners if partner in names]
        if there:
            flip[i] = names.index(there[0])
        elif pairs is None and partners and _named_side(name):
            raise PosetuneError(
                f"{where}: {name} has no partner {partners[0]} for mirrored images; label that too, or say in the "
                'category which points change places: "flip_pairs": [["a", "b"], …] (an empty list: no others).'
            )
    if not (flip[flip] == np.arange(len(names))).all():
        raise PosetuneError(f'{where}: the sides of its keypoints are not clear; say "flip_pairs" in the category.')
    return flip


def _mirrored(name: str) -> list[str]:
    """What ``name`` may be called on the other side; empty if it has none."""
    for a, b in _SIDES:
        for one, other in ((a, b), (b, a)):
            if one in name:
                return [name.replace(one, other)]
    found = []
    for a, b in _LETTERS:
        for one, other in ((a, b), (b, a)):
            for separator in "_- .":
                if name.startswith(one + separator):
                    found.append(other + name[1:])
                if name.endswith(separator + one):
                    found.append(name[:-1] + other)
            if len(name) > 2 and name[0] == one == one.upper() and name[1].isupper() and name[2].islower():
                found.append(other + name[1:])
    return found


def _named_side(name: str) -> str:
    """ "left" or "right" where the word stands in the name ("leftEye", not "upright_bar"), else ""."""
    found = _SIDE_WORD.search(name)
    return found.group().lower() if found else ""


def _blazepose() -> Skeleton:
    sigmas = np.full(landmarks.COUNT, np.nan)
    sigmas[list(landmarks.COCO17)] = landmarks.COCO17_SIGMAS
    return Skeleton(landmarks.NAMES, landmarks.EDGES, landmarks.FLIP, sigmas)


#: MediaPipe's 33 landmarks.
BLAZEPOSE = _blazepose()
